import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compareChecks } from "./check-samples.ts";
import { filesOutside, listedByDpkg, listLayer } from "./files-outside.ts";
import { noFindings } from "./findings.ts";
import { differences, digestOf, type Fingerprint, listening, takeFingerprint } from "./fingerprint.ts";
import { hangs, type Pulse, SILENCE_MS } from "./hang.ts";
import { blindTo, judge } from "./judge.ts";
import { limitsFor } from "./limits.ts";
import { submountsOf } from "./mounts.ts";
import { parseStat, treeOf } from "./process-times.ts";
import { touched } from "./services.ts";

const folder = mkdtempSync(join(tmpdir(), "rehearsal-"));
afterAll(() => rmSync(folder, { recursive: true }));
const GIB = 1024 ** 3;

describe("a look at the machine before and after", () => {
  it("is none where rpm does not tell what is installed, and says why", async () => {
    const rpm = join(folder, "rpm");
    writeFileSync(rpm, "");
    const asked: string[][] = [];
    const answering = (stderr: string, exitCode: number | undefined) =>
      takeFingerprint(async (argv) => {
        asked.push([...argv]);
        return { exitCode, stdout: "bash-5.2-1.x86_64 1 abc\n", stderr } as Awaited<ReturnType<Parameters<typeof takeFingerprint>[0]>>;
      }, rpm);
    await expect(answering("error: cannot open Packages database in /var/lib/rpm\n", 1)).rejects.toThrow(
      "rpm does not tell what is installed: error: cannot open Packages database in /var/lib/rpm",
    );
    await expect(answering("", undefined)).rejects.toThrow("rpm does not tell what is installed: it did not end well");
    // Nothing else was looked at once it had failed.
    expect(asked.map((argv) => argv.slice(0, 2))).toEqual([
      [rpm, "-qa"],
      [rpm, "-qa"],
    ]);
  });
});

describe("a transaction that hangs", () => {
  const every = (seconds: number, outputBytes: (s: number) => number, cpuMs: (s: number) => number): Pulse[] =>
    Array.from({ length: seconds + 1 }, (_, s) => ({ atMs: s * 1000, outputBytes: outputBytes(s), cpuMs: cpuMs(s), busy: false }));
  const limit = SILENCE_MS / 1000;

  it("prints nothing and computes nothing for the whole of the silence", () => {
    expect(
      hangs(
        every(
          limit,
          () => 10,
          () => 50,
        ),
      ),
    ).toBe(true);
    expect(
      hangs(
        every(
          limit - 1,
          () => 10,
          () => 50,
        ),
      ),
    ).toBe(false);
  });
  it("is not one that prints, nor a quiet one that computes, as a module being built does", () => {
    expect(
      hangs(
        every(
          600,
          (s) => s,
          () => 0,
        ),
      ),
    ).toBe(false);
    expect(
      hangs(
        every(
          600,
          () => 10,
          (s) => s * 900,
        ),
      ),
    ).toBe(false);
  });
  it("is not one that an overloaded machine lets wait for the processor or the disk", () => {
    const starved = every(
      limit,
      () => 10,
      () => 50,
    ).map((p, i) => ({ ...p, busy: i % 3 === 0 }));
    expect(hangs(starved)).toBe(false);
  });
  it("is not told before anything was looked at", () => expect(hangs([])).toBe(false));
});

describe("limits", () => {
  it("take a layer on disk where there are loop devices, and never more than half of what is spare", () => {
    const made = limitsFor({ memoryBytes: 8 * GIB, diskBytes: 10 * GIB, loopDevices: true, processors: 4 });
    expect(made).toMatchObject({ ok: true, value: { layer: { kind: "loop", bytes: 5 * GIB }, memoryBytes: 2 * GIB } });
  });
  it("put the layer into memory elsewhere, and count it there", () => {
    const made = limitsFor({ memoryBytes: 4 * GIB, diskBytes: 10 * GIB, loopDevices: false, processors: 1 });
    expect(made).toMatchObject({ ok: true, value: { layer: { kind: "tmpfs", bytes: GIB }, memoryBytes: 2 * GIB, cpuPercent: 50 } });
  });
  it("say no to a machine that has no room for a copy", () => {
    expect(limitsFor({ memoryBytes: GIB / 4, diskBytes: 10 * GIB, loopDevices: true, processors: 1 })).toMatchObject({
      ok: false,
      problem: { code: "no-room" },
    });
  });
});

describe("submounts", () => {
  it("are cloned when they hold the machine's own files, outer ones first, and told when they are left out", () => {
    const mountinfo = [
      "24 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
      "30 24 8:3 / /var/lib rw,relatime shared:2 - xfs /dev/sda3 rw",
      "31 24 8:2 / /boot rw,relatime shared:3 - ext4 /dev/sda2 rw",
      "32 24 0:22 / /proc rw - proc proc rw",
      "33 24 0:30 / /srv/share rw - nfs4 files:/share rw",
      "34 24 0:31 / /run/user/0 rw - tmpfs tmpfs rw",
      "35 24 8:4 / /data\\040old rw - ext4 /dev/sda4 rw",
    ].join("\n");
    expect(submountsOf(mountinfo)).toEqual({ cloned: ["/boot", "/var/lib"], missing: ["/data\\040old (ext4)", "/srv/share (nfs4)"] });
  });
});

describe("the proof that the machine is untouched", () => {
  const machine: Fingerprint = {
    packages: ["status aa"],
    units: ["a.service main process 7, 0 restarts"],
    mounts: [],
    listeners: [],
    etc: [],
    kernelSettings: [],
  };
  it("names what differs and nothing when nothing does", () => {
    expect(differences(machine, machine)).toEqual([]);
    const after = { ...machine, units: ["a.service main process 9, 0 restarts"] };
    expect(differences(machine, after)).toEqual([
      "services: was a.service main process 7, 0 restarts",
      "services: now a.service main process 9, 0 restarts",
    ]);
    expect(digestOf(after)).not.toBe(digestOf(machine));
  });
  it("tells a moved line from one part to another apart", () => {
    expect(digestOf({ ...machine, packages: [], mounts: ["status aa"] })).not.toBe(digestOf(machine));
  });
  it("cuts a long list and says how much it left out", () => {
    const told = differences(machine, { ...machine, etc: Array.from({ length: 30 }, (_, i) => `/etc/${i}`) });
    expect(told).toHaveLength(21);
    expect(told.at(-1)).toBe("and 10 more");
  });
  it("reads listening sockets only", () => {
    const text = "  sl  local_address rem_address   st\n   0: 0100007F:1F90 00000000:0000 0A 0\n   1: 0100007F:1F90 0100007F:C350 01 0\n";
    expect(listening(text, "tcp")).toEqual(["tcp 0100007F:1F90"]);
  });
});

describe("checks on the copy", () => {
  const sampled = (latencyMs: number, passed: number, failures: number, detail = "") =>
    new Map([["shop", { latenciesMs: Array.from({ length: passed }, () => latencyMs), failures, detail }]]);
  it("fail when they pass before and not after", () => {
    expect(compareChecks(sampled(20, 20, 0), sampled(20, 98, 2, "HTTP 500"))).toMatchObject({
      problems: ["shop failed 2 of 100 times after the change: HTTP 500."],
      warnings: [],
    });
  });
  it("are a warning when they fail once, or take half as long again", () => {
    expect(compareChecks(sampled(20, 20, 0), sampled(20, 99, 1, "HTTP 500"))).toMatchObject({
      problems: [],
      warnings: [expect.stringContaining("once in 100")],
    });
    expect(compareChecks(sampled(20, 20, 0), sampled(41, 99, 0))).toMatchObject({
      problems: [],
      warnings: [expect.stringContaining("41 ms after the change, 20 ms before")],
    });
  });
  it("say nothing of the patch when they did not pass before it", () => {
    expect(compareChecks(sampled(0, 0, 20, "ECONNREFUSED"), sampled(0, 0, 100))).toMatchObject({
      problems: [],
      warnings: [expect.stringContaining("says nothing here")],
    });
  });
});

describe("files outside of the packages' own lists", () => {
  it("are those that are new or changed since and that no list names, also under the merged /usr", async () => {
    await mkdir(join(folder, "up/lib/x"), { recursive: true });
    await mkdir(join(folder, "up/var/log"), { recursive: true });
    for (const name of ["lib/x/own", "lib/x/stray", "old", "var/log/noise"]) writeFileSync(join(folder, "up", name), "1");
    const before = new Map([["/old", (await listLayer(new Map([[join(folder, "up"), "/"]]))).get("/old") ?? 0]]);
    const after = await listLayer(new Map([[join(folder, "up"), "/"]]));
    expect(filesOutside(before, after, new Set(["/usr/lib/x/own"]))).toEqual(["/lib/x/stray"]);
    await utimes(join(folder, "up/old"), 1, 1);
    expect(filesOutside(before, await listLayer(new Map([[join(folder, "up"), "/"]])), new Set())).toContain("/old");
  });
  it("reads the lists of the named packages only, with or without an architecture", async () => {
    await mkdir(join(folder, "info"));
    writeFileSync(join(folder, "info/libssl3:amd64.list"), "/.\n/usr/lib/libssl.so.3\n");
    writeFileSync(join(folder, "info/other.list"), "/usr/bin/other\n");
    expect([...(await listedByDpkg(["libssl3"], join(folder, "info")))]).toEqual(["/.", "/usr/lib/libssl.so.3"]);
  });
});

describe("the verdict", () => {
  const step = (name: "boot" | "apply", outcome: "ok" | "unfinished") => ({ name, outcome, seconds: 1, detail: "", output: "" });
  it("passes only when the driver said its last word and found nothing", () => {
    expect(judge(noFindings(), { kind: "done" }).verdict).toBe("passed");
    expect(judge(noFindings(), { kind: "lost", output: "" }).verdict).toBe("not-rehearsable");
  });
  it("is the first problem's, however the copy ended", () => {
    const found = { ...noFindings(), problems: [{ failureClass: "hung", message: "It hangs." }] };
    expect(judge(found, { kind: "aborted", why: "x" })).toEqual({ verdict: "failed", failureClass: "hung", reason: "It hangs." });
  });
  it("blames the change for a deadline that passed during it, and not for one before it", () => {
    expect(judge({ ...noFindings(), steps: [step("apply", "unfinished")] }, { kind: "deadline", afterMs: 1 }).verdict).toBe("failed");
    expect(judge({ ...noFindings(), steps: [step("boot", "unfinished")] }, { kind: "deadline", afterMs: 1 }).verdict).toBe(
      "not-rehearsable",
    );
  });
  it("says what a level cannot see", () => {
    expect(blindTo("chroot", ["/srv (nfs4)"]).join(" ")).toMatch(/Services are not started.*Not in the copy: \/srv/);
    expect(blindTo("booted", []).join(" ")).not.toContain("Services are not started");
  });
});

describe("processes", () => {
  it("are read whatever their name holds, with the times of children that ended", () => {
    expect(parseStat("42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 0 0 10 5 3 2 20 0 1 0 100 1 1")).toEqual({
      pid: 42,
      parent: 7,
      ticks: 20,
      busy: false,
    });
    expect(parseStat("nonsense")).toBeUndefined();
  });
  it("are found down to the last descendant", () => {
    const of = (pid: number, parent: number) => ({ pid, parent, ticks: 1, busy: false });
    expect(treeOf(2, [of(1, 0), of(2, 1), of(3, 2), of(4, 3), of(5, 1)]).map((p) => p.pid)).toEqual([2, 3, 4]);
  });
  it("that are others than before mean that their service was touched", () => {
    const unit = (name: string, mainPid: number, active = "active") => ({
      unit: name,
      active,
      sub: "running",
      restarts: 0,
      enabled: true,
      mainPid,
      transient: false,
    });
    expect(touched([unit("a", 1), unit("b", 2), unit("c", 3)], [unit("a", 1), unit("b", 9), unit("c", 3, "failed")])).toEqual(["b", "c"]);
  });
});
