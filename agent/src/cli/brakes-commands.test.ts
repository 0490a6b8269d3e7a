import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const PATIENCE_MS = 120_000;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "breakwater-brakes-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function agent(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", MAIN, ...argv], {
    encoding: "utf8",
    env: {
      ...process.env,
      BREAKWATER_AGENT_STATE_DIR: join(folder, "state"),
      BREAKWATER_AGENT_CONFIG_DIR: join(folder, "config"),
      BREAKWATER_EXECUTOR_SOCKET: join(folder, "absent.sock"),
      ...env,
    },
  });
  return { status, stdout, stderr };
}

describe("the brakes' commands", () => {
  it(
    "say in words why a halt cannot be read",
    () => {
      const missing = agent(["halt", join(folder, "missing.json")]);
      expect(missing).toMatchObject({ status: 1, stdout: "" });
      expect(missing.stderr).toMatch(
        /^file-unreadable: \S+missing\.json cannot be read: there is no such file or directory \(ENOENT\)\.\n[^\n]+\n$/,
      );
      const nonsense = join(folder, "nonsense.json");
      writeFileSync(nonsense, "{}");
      expect(agent(["halt", nonsense])).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining("breakwater halt sign") });
    },
    PATIENCE_MS,
  );
  it(
    "say in words that the executor is not there, and what to look at",
    () => {
      const { status, stdout, stderr } = agent(["fuse"]);
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toMatch(
        /^executor-absent: The executor cannot be asked \(\S+: there is no such file or directory \(ENOENT\)\)\.\n[^\n]*systemctl[^\n]*\n$/,
      );
    },
    PATIENCE_MS,
  );
  it.runIf(process.getuid?.() === 0)(
    "say that the fuse was not reset where its file cannot be written",
    () => {
      const { status, stderr } = agent(["fuse", "reset"], { BREAKWATER_EXECUTOR_STATE_DIR: join(MAIN, "nowhere") });
      expect(status).toBe(1);
      expect(stderr).toMatch(/^not-reset: [^\n]+a part of the path is no directory \(ENOTDIR\)\. The fuse was NOT reset\.\n[^\n]+\n$/);
    },
    PATIENCE_MS,
  );
});
