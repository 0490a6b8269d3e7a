import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EndpointAction } from "@breakwater/shared/command";
import { type Instant, ok } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Trust } from "../execution/index.ts";
import type { RehearseRequest } from "../executor/protocol.ts";
import type { PackageManager } from "../packages/index.ts";
import { readLeft } from "./clone.ts";
import { createRehearsals } from "./rehearsals.ts";
import { MAX_OUTPUT_BYTES, transact } from "./transact.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "unruly-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("a script in a copy", () => {
  it("that prints without end is ended, and called that", async () => {
    const log = join(directory, "log");
    writeFileSync(log, "earlier\n");
    const ran = await transact({ argv: ["/bin/sh", "-c", "yes 'Continue? [y/n]'"], env: { PATH: "/usr/bin:/bin" } }, log);
    expect(ran).toMatchObject({ exit: "hung", hung: true, flooded: true });
    expect(ran.output).toContain("Continue? [y/n]");
    expect(ran.output.length).toBeLessThan(10_000);
  });

  it("that prints much and comes to its end is let be", async () => {
    const argv = ["/bin/sh", "-c", `head -c ${MAX_OUTPUT_BYTES / 2} /dev/zero; echo done`] as const;
    const ran = await transact({ argv, env: { PATH: "/usr/bin:/bin" } }, join(directory, "log"));
    expect(ran).toMatchObject({ exit: "exited 0", hung: false, flooded: false });
    expect(ran.output.endsWith("done\n")).toBe(true);
  });

  it("holds nobody by what it lays where findings are read", () => {
    const at = (name: string) => join(directory, name);
    writeFileSync(at("findings.json"), "{}");
    execFileSync("mkfifo", [at("pipe")]);
    symlinkSync("/etc/passwd", at("link"));
    writeFileSync(at("large"), "");
    truncateSync(at("large"), 3 * 1024 ** 3);
    mkdirSync(at("folder"));
    expect(["findings.json", "pipe", "link", "large", "folder", "missing"].map((name) => readLeft(at(name)))).toEqual([
      "{}",
      "",
      "",
      "",
      "",
      "",
    ]);
  });
});

describe("rehearsals", () => {
  const request = (executionId: string): RehearseRequest => ({
    ...{ id: 1, op: "rehearse", executionId, action: "", planHeader: "", proof: [], approvals: [], notAfter: "" },
  });
  const rehearsals = () =>
    createRehearsals({
      stateDir: directory,
      manager: {} as PackageManager,
      trust: {
        verifyRehearsal: async () => ok({ action: {} as EndpointAction, header: {}, digest: "d" }),
      } as unknown as Trust,
      brakes: { look: async () => {}, haltOn: () => undefined, mayBegin: () => ok(undefined) },
      // Each fails at its first look at the machine, and says so.
      run: async () => ({ exitCode: 1, stdout: "", stderr: "nothing runs here", timedOut: false }),
      clock: { now: () => Date.parse("2026-01-01T00:00:00Z") as Instant },
      log: createLogger("test", "silent"),
      owner: () => undefined,
      emit: () => {},
    });

  it("of which nobody takes the answers come to an end, and go on once he does", async () => {
    const all = rehearsals();
    let begun = 0;
    for (let refused = false; !refused && begun < 200; begun++) {
      const answer = await all.rehearse(request(`ex_${begun}`));
      refused = !answer.ok && answer.problem.message.includes("never acknowledged");
      await expect.poll(() => all.idle, { interval: 1 }).toBe(true);
    }
    expect(begun).toBe(101);
    all.acknowledge("ex_0", 1_000);
    expect(await all.rehearse(request("ex_again"))).toMatchObject({ ok: true });
    await expect.poll(() => all.idle, { interval: 1 }).toBe(true);
  });

  it("that cannot be written down were never heard of", async () => {
    const all = rehearsals();
    writeFileSync(join(directory, "rehearsals"), "no directory");
    await expect(all.rehearse(request("ex_1"))).rejects.toThrow();
    expect(all.list()).toEqual([]);
    rmSync(join(directory, "rehearsals"));
    expect(await all.rehearse(request("ex_1"))).toMatchObject({ ok: true, value: { replay: false } });
    await expect.poll(() => all.idle).toBe(true);
  });
});
