import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { NOT_INSTALLED, runProgram, startProgram } from "./index.ts";

const limits = { timeoutMs: 10_000, maxBytes: 10_000 };
const sh = (script: string, more: Partial<Parameters<typeof runProgram>[2]> = {}) =>
  runProgram("sh", ["-c", script], { ...limits, ...more });
const alive = (pid: number | undefined) => existsSync(`/proc/${pid}`);

describe("a program", () => {
  it("gets exactly its environment, its directory and its input, and its outputs come back as bytes", async () => {
    const { stdout, stderr, ...end } = await sh("cat; env; pwd; printf '\\377' >&2", {
      env: { PATH: "/usr/bin:/bin", WORD: "yes" },
      cwd: "/usr",
      input: "given\n",
    });
    expect(
      stdout
        .toString()
        .split("\n")
        .filter((line) => !/^(_|SHLVL|OLDPWD)=/.test(line)),
    ).toEqual(expect.arrayContaining(["given", "WORD=yes", "/usr"]));
    expect(stdout.toString()).not.toContain(`HOME=${process.env.HOME}`);
    expect([...stderr]).toEqual([0xff]);
    expect(end).toEqual({ exitCode: 0, timedOut: false, failure: undefined });
  });

  it("has no input where none is given", async () => {
    expect((await sh("cat; echo end")).stdout.toString()).toBe("end\n");
  });

  it("that fails says with what, with both outputs up to then", async () => {
    const end = await sh("echo some; echo why >&2; exit 3");
    expect(end).toMatchObject({ exitCode: 3, failure: "failed with 3", timedOut: false });
    expect([end.stdout.toString(), end.stderr.toString()]).toEqual(["some\n", "why\n"]);
    expect(await sh("kill -9 $$")).toMatchObject({ exitCode: undefined, failure: "was ended by SIGKILL" });
    expect(await runProgram("no-such-program", [], limits)).toMatchObject({ exitCode: undefined, failure: NOT_INSTALLED });
    expect(await runProgram("/etc/passwd", [], limits)).toMatchObject({ failure: "could not be started (EACCES)" });
  });

  it("ends at its deadline, also when it does not want to", async () => {
    const polite = await runProgram("sleep", ["60"], { ...limits, timeoutMs: 50 });
    expect(polite).toMatchObject({ exitCode: undefined, timedOut: true, failure: "did not end in time" });
    const started = Date.now();
    const deaf = startProgram("sh", ["-c", "trap '' TERM; while :; do read -r x </dev/zero; done"], { ...limits, timeoutMs: 200 });
    expect((await deaf.ended).timedOut).toBe(true);
    expect(Date.now() - started).toBeLessThan(9_000);
    expect(alive(deaf.pid)).toBe(false);
  }, 15_000);

  it("that prints more than is taken is ended, and what is taken stays within the limit", async () => {
    const end = await sh("while :; do echo 0123456789; done");
    expect(end.failure).toBe("printed more than is taken");
    expect(end.stdout.length).toBeLessThanOrEqual(limits.maxBytes);
  });

  it("is not waited for by way of what it left behind: its deadline holds for that too", async () => {
    const started = Date.now();
    expect(await sh("sleep 30 & echo said", { timeoutMs: 1_000 })).toMatchObject({ timedOut: true, stdout: Buffer.from("said\n") });
    expect(await sh("sleep 30", { timeoutMs: 100 })).toMatchObject({ timedOut: true });
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  it("is ended when whoever asked for it stops, even before it began", async () => {
    const stopping = new AbortController();
    const ended = sh("sleep 60", { stopped: stopping.signal });
    stopping.abort();
    expect(await ended).toMatchObject({ failure: "was stopped", timedOut: false });
    expect(await sh("sleep 60", { stopped: stopping.signal })).toMatchObject({ failure: "was stopped" });
  });

  it("that ends without reading its input harms nobody", async () => {
    expect(await sh("exit 0", { input: "x".repeat(1_000_000) })).toMatchObject({ exitCode: 0, failure: undefined });
  });

  it("does not outlive the process that started it", async () => {
    const script = `import("${new URL("./index.ts", import.meta.url).pathname}").then(({ startProgram }) => {
      console.log(startProgram("sleep", ["60"], { timeoutMs: 60_000, maxBytes: 10 }).pid);
      setTimeout(() => process.exit(0), 50);
    });`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "-e", script]);
    for (let i = 0; i < 100 && alive(Number(stdout)); i++) await new Promise((go) => setTimeout(go, 20));
    expect(Number(stdout)).toBeGreaterThan(1);
    expect(alive(Number(stdout))).toBe(false);
  });
});
