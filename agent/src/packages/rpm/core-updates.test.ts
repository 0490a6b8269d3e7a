import { describe, expect, it } from "vitest";
import type { Run } from "../run.ts";
import { cameAfter, coreReasons, startedAt } from "./core-updates.ts";

const FIRST = (ticks: number) => `1 (system d) :) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 ${ticks} 17 18`;
const answering =
  (exitCode: number | undefined, stdout: string, stderr = ""): Run =>
  async () => ({ exitCode, stdout, stderr, timedOut: false });

describe("rpm's core packages", () => {
  it("are compared with the start of the first process, whatever it calls itself", () => {
    expect(startedAt("cpu 1 2\nbtime 1700000000\nprocesses 7\n", FIRST(250))).toBe(1_700_000_002.5);
    expect(startedAt("cpu 1 2\n", FIRST(250))).toBeUndefined();
    expect(startedAt("btime 1700000000\n", "nothing")).toBeUndefined();
  });

  it("want a reboot when they came after it, each once", () => {
    const told = "package systemd is not installed\n100 glibc\n300 glibc\n300 dbus\n";
    expect(cameAfter(told, 200)).toEqual(["glibc", "dbus"]);
    expect(cameAfter(told, 300)).toEqual([]);
  });

  it("are told by name, are none where rpm knows none of them, and are no “none” where rpm fails", async () => {
    const now = Math.ceil(Date.now() / 1000);
    expect(await coreReasons(answering(5, `package glibc is not installed\n${now} linux-firmware\n`))).toEqual([
      "linux-firmware changed since the machine started",
    ]);
    expect(await coreReasons(answering(6, "package glibc is not installed\n"))).toEqual([]);
    await expect(coreReasons(answering(undefined, ""))).rejects.toThrow(/does not tell/);
    await expect(coreReasons(answering(1, "", "error: cannot open Packages database in /var/lib/rpm"))).rejects.toThrow(/cannot open/);
  });
});
