import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runTool } from "../packages/index.ts";
import { askedFor, createStarts, isOurs, policyText } from "./starts.ts";

let directory = "";
let policy = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "starts-"));
  policy = join(directory, "policy-rc.d");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const starts = () => createStarts(runTool, { policy, requests: join(directory, "requests") });
const ask = async (...args: string[]) => (await execa(policy, args, { reject: false })).exitCode;

describe("what is laid for a transaction", () => {
  it("forbids what starts a named service, in whichever words, and lets all else be done, stopping above all", async () => {
    expect(await starts().lay("ex_1", ["patroni", "postgresql*", "db@main.service"])).toBe("laid");
    for (const action of ["start", "restart", "try-restart", "force-reload", "reload-or-restart"])
      expect(await ask("patroni.service", action), action).toBe(101);
    expect(await ask("--quiet", "patroni", "start", "2")).toBe(101);
    expect(await ask("postgresql@15-main.service", "restart")).toBe(101);
    expect(await ask("db@main.service", "start")).toBe(101);
    expect(await ask("patroni.service", "stop")).toBe(104);
    expect(await ask("nginx.service", "restart")).toBe(104);
    expect(await ask("patroni2", "start")).toBe(104);
    expect(await ask("postgresql.socket", "start")).toBe(104);
    expect(await ask("--list", "patroni")).toBe(0);
    expect(await starts().requests("ex_1")).toMatch(/^patroni\.service start\n(.*\n)*db@main\.service start\n$/);
  });

  it("goes again when the transaction has ended, also when another executor laid it, and leaves nothing behind", async () => {
    await starts().lay("ex_1", ["patroni"]);
    expect(statSync(policy).mode & 0o777).toBe(0o755);
    // One that was killed in the middle of laying it leaves a part.
    writeFileSync(`${policy}.breakwater`, "half");
    await starts().release();
    expect(readdirSync(directory)).toEqual(["requests"]);
    await starts().release();
  });

  it("takes the place of one that an earlier transaction left", async () => {
    await starts().lay("ex_1", ["patroni"]);
    expect(await starts().lay("ex_2", ["haproxy"])).toBe("laid");
    expect(await ask("patroni", "start")).toBe(104);
    expect(await ask("haproxy", "start")).toBe(101);
  });
});

describe("an owner's own policy-rc.d", () => {
  it("is neither written over nor taken away, and is asked whether it forbids what is to be forbidden", async () => {
    const own = '#!/bin/sh\n[ "$1" = patroni.service ] && exit 101\nexit 0\n';
    writeFileSync(policy, own, { mode: 0o755 });
    expect(await starts().look()).toBe("other");
    expect(await starts().lay("ex_1", ["patroni"])).toBe("other");
    await starts().release();
    expect(readFileSync(policy, "utf8")).toBe(own);
    expect(existsSync(`${policy}.breakwater`)).toBe(false);
    expect(await starts().forbids("patroni.service")).toBe(true);
    expect(await starts().forbids("haproxy.service")).toBe(false);
  });

  it("is his also where he made it of ours, or where it is a link that leads nowhere", async () => {
    await starts().lay("ex_1", ["patroni"]);
    const edited = readFileSync(policy, "utf8").replace("exit 101", "exit 0");
    expect([isOurs(policyText("ex_1", ["a"], "/r")), isOurs(edited), isOurs(""), isOurs("#!/bin/sh\nexit 101\n")]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    writeFileSync(policy, edited);
    await starts().release();
    expect(readFileSync(policy, "utf8")).toBe(edited);
    rmSync(policy);
    symlinkSync("/nowhere", policy);
    expect(await starts().lay("ex_1", ["patroni"])).toBe("other");
    await starts().release();
    expect(readdirSync(directory)).toContain("policy-rc.d");
  });
});

describe("services that scripts asked for", () => {
  it("are those that were refused, and those of the same call, which deb-systemd-invoke drops with them", () => {
    const output = "/usr/sbin/policy-rc.d returned 101, not running 'restart db.service helper.service'\nSetting up db (2) ...\n";
    expect(askedFor("db.service restart\nold-style start\n", output)).toEqual(
      new Set(["db.service", "old-style.service", "helper.service"]),
    );
    expect(askedFor("", "")).toEqual(new Set());
  });
});
