import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** The command as a person has it: a process of its own, with the shell's pipes and files. */
const COMMAND = `"${process.execPath}" "${fileURLToPath(new URL("breakwater.mjs", import.meta.url))}"`;
const PATIENCE_MS = 120_000;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "breakwater-system-io-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function shell(script: string, env: Readonly<Record<string, string>> = {}) {
  const { stdout, stderr } = spawnSync("bash", ["-c", script], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, XDG_CONFIG_HOME: folder, ...env },
  });
  return { out: stdout, err: stderr };
}
/** A problem is told in a line, with what to do in a second one; nobody is shown where in our code it was found. */
const oneLine = (message: string) => new RegExp(`^breakwater: [^\\n]*${message}[^\\n]*\\n  [^\\n]+\\n$`);

describe("a reader that stops early", () => {
  it(
    "ends the command quietly, with the status of a program that died by SIGPIPE",
    () => {
      // More than a pipe holds, so that there is something to write after the reader has gone.
      const lines = JSON.stringify({ ecosystem: "semver", a: "1.0.0", b: "1.0.0" });
      writeFileSync(join(folder, "batch"), `${lines}\n`.repeat(100_000));
      expect(shell(`${COMMAND} version compare --batch < batch | head -n 1; echo "\${PIPESTATUS[0]}"`)).toEqual({
        out: "=\n141\n",
        err: "",
      });
      expect(shell(`${COMMAND} version compare --batch < batch | wc -l; echo "\${PIPESTATUS[0]}"`)).toEqual({
        out: "100000\n0\n",
        err: "",
      });
    },
    PATIENCE_MS,
  );
  it(
    "differs from a full disk, which is a problem",
    () => {
      const { out, err } = shell(`${COMMAND} version compare semver 1.0.0 1.0.0 > /dev/full; echo $?`);
      expect(out).toBe("1\n");
      expect(err).toMatch(oneLine("Standard output cannot be written: the disk is full"));
    },
    PATIENCE_MS,
  );
});

describe("standard input", () => {
  it(
    "that is a directory is a problem told in one line",
    () => {
      for (const command of ["version compare --batch", "bulletin parse -"]) {
        const { out, err } = shell(`${COMMAND} ${command} < /; echo $?`);
        expect(out).toBe("1\n");
        expect(err).toMatch(oneLine("Standard input cannot be read: it is a directory"));
      }
    },
    PATIENCE_MS,
  );
  it(
    "is waited for where it does not block and has nothing yet",
    () => {
      const nonBlocking = `python3 -c 'import os, sys; os.set_blocking(0, False); os.execvp(sys.argv[1], sys.argv[1:])'`;
      const pair = JSON.stringify({ ecosystem: "semver", a: "1.0.0", b: "1.0.1" });
      const { out, err } = shell(`(sleep 3; echo '${pair}') | ${nonBlocking} ${COMMAND} version compare --batch`);
      expect({ out, err }).toEqual({ out: "<\n", err: "" });
    },
    PATIENCE_MS,
  );
});

describe("a file that cannot be written or read", () => {
  it(
    "is named in one line, with the reason",
    () => {
      const { out, err } = shell(`${COMMAND} key create nope/x.pem; echo $?`);
      expect(out).toBe("1\n");
      expect(err).toMatch(oneLine("nope/x.pem cannot be written: there is no such file or directory"));
    },
    PATIENCE_MS,
  );
  it(
    "is told of a bundle that is a directory, before anything is sent",
    () => {
      mkdirSync(join(folder, "feeds"));
      const { out, err } = shell(`${COMMAND} intel import feeds; echo $?`, {
        BREAKWATER_SERVER: "http://127.0.0.1:1",
        BREAKWATER_TOKEN: "x",
      });
      expect(out).toBe("1\n");
      expect(err).toMatch(oneLine("feeds is a directory; a bundle is one file"));
      expect(readdirSync(join(folder, "feeds"))).toEqual([]);
    },
    PATIENCE_MS,
  );
});
