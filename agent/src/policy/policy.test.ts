import { execFileSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EndpointAction, newApprovalKey } from "@breakwater/shared/command";
import { type Instant, parseInstant } from "@breakwater/shared/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  decideOrigins,
  excludedRestarts,
  formatOperatorKey,
  inOrderOf,
  loadOperatorKeys,
  loadPolicy,
  type Policy,
  parsePolicy,
  systemTimezone,
} from "./index.ts";
import { decidePolicy, decideReboot } from "./times.ts";

const at = (iso: string): Instant => parseInstant(iso) as Instant;
const action = (change: Partial<EndpointAction> = {}): EndpointAction => ({
  version: 1,
  planId: "pl_1",
  endpointId: "ep_1",
  packages: [{ manager: "apt", name: "openssl", architecture: "amd64", from: "3.0.1-1", to: "3.0.2-1" }],
  checks: [],
  restartServices: true,
  reboot: "never",
  rollback: true,
  limits: { commitConfirmMs: 0, lockWaitMs: 0, checkGraceMs: 0, downloadBytesPerSecond: 0 },
  ...change,
});
const policy = (yaml: string): Policy => parsePolicy(yaml, "Europe/Berlin").policy;
const verdict = (yaml: string, a = action(), now = at("2026-03-04T12:00:00Z")) => {
  const result = decidePolicy(policy(yaml), a, now);
  return result.ok ? "allowed" : result.problem.code;
};

describe("the owner's policy", () => {
  it("observes unless its owner says otherwise", () => {
    expect(verdict("")).toBe("policy-observe");
    expect(verdict("mode: rehearse")).toBe("policy-observe");
    expect(verdict("mode: patch")).toBe("allowed");
  });

  it("treats a malformed file as observe and says so", () => {
    for (const text of [
      "mode: yolo",
      "mode: patch\nmode: patch",
      "{",
      "mode: patch\nwindow: []",
      "windows: [{days: [mon], from: 9, to: 10}]",
      "deferStarts: {services: ['db; reboot']}",
    ]) {
      const loaded = parsePolicy(text, "UTC");
      expect(loaded.policy.mode).toBe("observe");
      expect(loaded.problem?.code).toBe("policy-malformed");
    }
  });

  it("reads windows in the zone that the machine has now, not in the one that this process began with", async () => {
    const { TZ } = process.env;
    delete process.env.TZ;
    const dir = await mkdtemp(join(tmpdir(), "zone-"));
    try {
      for (const zone of ["Asia/Tokyo", "America/Argentina/Ushuaia", "Europe/Berlin"]) {
        await rm(join(dir, "localtime"), { force: true });
        await symlink(`../usr/share/zoneinfo/${zone}`, join(dir, "localtime"));
        expect(systemTimezone(join(dir, "localtime"))).toBe(zone);
      }
      const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
      await rm(join(dir, "localtime"));
      await symlink("../usr/share/zoneinfo/Middle_Earth/Bree", join(dir, "localtime"));
      expect(systemTimezone(join(dir, "localtime"))).toBe(own);
      expect(systemTimezone(join(dir, "nowhere"))).toBe(own);
      process.env.TZ = "Asia/Dubai";
      expect(systemTimezone(join(dir, "localtime"))).toBe("Asia/Dubai");
    } finally {
      if (TZ === undefined) delete process.env.TZ;
      else process.env.TZ = TZ;
      await rm(dir, { recursive: true });
    }
  });

  it("names services in an order of its own, whole or by pattern", () => {
    const { services, drain } = policy("mode: patch\ndeferStarts: {services: [db*, web.service, lb]}").deferStarts;
    expect(drain).toBe(false);
    const units = ["lb.service", "web.service", "db-b.service", "db-a.service", "db-a.socket", "cron.service"];
    expect(inOrderOf(services, units)).toEqual(["db-a.service", "db-b.service", "web.service", "lb.service"]);
    expect(inOrderOf(["*b*", "web"], units)).toEqual(["db-a.service", "db-b.service", "lb.service", "web.service"]);
  });

  it("never allows anything while the mode is not patch, whatever else the file and the action say", () => {
    fc.assert(
      fc.property(fc.constantFrom("observe", "rehearse"), fc.boolean(), fc.integer({ min: 0, max: 4e12 }), (mode, reboot, now) => {
        const result = decidePolicy(
          policy(`mode: ${mode}\nallowReboot: ${reboot}`),
          action({ reboot: reboot ? "when-needed" : "never" }),
          now as Instant,
        );
        expect(result.ok).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it("lets deny win over allow, and matches whole names", () => {
    expect(verdict("mode: patch\npackages: {allow: [open*], deny: [openssl]}")).toBe("policy-package");
    expect(verdict("mode: patch\npackages: {allow: [open]}")).toBe("policy-package");
    expect(verdict("mode: patch\npackages: {allow: ['o*s*l']}")).toBe("allowed");
  });

  it("refuses downgrades that were not allowed", () => {
    const down = action({ packages: [{ manager: "apt", name: "openssl", architecture: "amd64", from: "1:3.0-1", to: "9.9-1" }] });
    expect(verdict("mode: patch", down)).toBe("policy-package");
    expect(verdict("mode: patch\nmaxDowngrades: 1", down)).toBe("allowed");
  });

  it("counts new packages against their own limit, and never as downgrades", () => {
    const image = { manager: "apt", name: "linux-image-6.1.0-41-amd64", architecture: "amd64", from: "", to: "6.1.158-1" } as const;
    const brings = action({ packages: [image] });
    expect(verdict("mode: patch", brings)).toBe("allowed");
    expect(verdict("mode: patch\nmaxNewPackages: 0", brings)).toBe("policy-package");
    expect(verdict("mode: patch\npackages: {deny: ['linux-image-*']}", brings)).toBe("policy-package");
    expect(verdict("mode: patch\npackages: {allow: ['linux-headers-*']}", brings)).toBe("policy-package");
  });

  it("keeps to windows in the machine's zone, over midnight and over changes of the clock", () => {
    const night = "mode: patch\nwindows: [{days: [sat], from: '22:00', to: '04:00'}]";
    expect(verdict(night, action(), at("2026-03-07T20:59:59Z"))).toBe("policy-window");
    expect(verdict(night, action(), at("2026-03-07T21:00:00Z"))).toBe("allowed");
    expect(verdict(night, action(), at("2026-03-08T02:59:59Z"))).toBe("allowed");
    expect(verdict(night, action(), at("2026-03-08T03:00:00Z"))).toBe("policy-window");
    // 2026-03-29 in Berlin: 02:00 is followed by 03:00.
    const gap = "mode: patch\nwindows: [{days: [sun], from: '02:30', to: '05:00'}]";
    expect(verdict(gap, action(), at("2026-03-29T00:59:59Z"))).toBe("policy-window");
    expect(verdict(gap, action(), at("2026-03-29T01:00:00Z"))).toBe("allowed");
    // 2026-10-25: 02:00 to 03:00 comes twice.
    const twice = "mode: patch\nwindows: [{days: [sun], from: '02:00', to: '02:30'}]";
    expect(verdict(twice, action(), at("2026-10-25T00:10:00Z"))).toBe("allowed");
    expect(verdict(twice, action(), at("2026-10-25T00:40:00Z"))).toBe("policy-window");
    expect(verdict(twice, action(), at("2026-10-25T01:10:00Z"))).toBe("allowed");
  });

  it("forbids blackouts inside open windows", () => {
    const yaml = "mode: patch\nblackouts: [{from: '2026-03-04T00:00:00Z', to: '2026-03-05T00:00:00Z', name: closing}]";
    expect(verdict(yaml)).toBe("policy-window");
    expect(verdict(yaml, action(), at("2026-03-05T00:00:00Z"))).toBe("allowed");
  });

  it("allows only the origins it names", () => {
    const strict = policy("mode: patch\norigins: {allow: ['Debian:Debian-Security:*']}");
    const from = (label: string) => decideOrigins(strict, [{ name: "a", origin: "Debian", label, suite: "stable" }]).ok;
    expect([from("Debian-Security"), from("Debian")]).toEqual([true, false]);
  });
});

describe("reboots", () => {
  const MINUTE = 60_000;
  const asked = (yaml: string, change: Partial<EndpointAction> = {}, recent = 0, neededMs = 15 * MINUTE) => {
    const result = decideReboot(
      policy(`mode: patch\n${yaml}`),
      action({ reboot: "when-needed", ...change }),
      at("2026-03-04T12:00:00Z"),
      recent,
      neededMs,
    );
    return result.ok ? "allowed" : result.problem.code;
  };

  it("are the owner's to allow, and none by default", () => {
    expect(asked("")).toBe("policy-reboot");
    expect(asked("reboots: 1")).toBe("allowed");
    expect(asked("allowReboot: true")).toBe("allowed");
    expect(asked("allowReboot: true\nreboots: 0")).toBe("policy-reboot");
    expect(asked("", { reboot: "never" })).toBe("allowed");
  });

  it("are counted over a day", () => {
    expect(asked("reboots: 2", {}, 1)).toBe("allowed");
    expect(asked("reboots: 2", {}, 2)).toBe("policy-reboot");
  });

  it("need a window of the owner's that stays open for as long as they may take, and no blackout in it", () => {
    const window = (to: string) => `reboots: 1\ntimezone: UTC\nwindows: [{days: [wed], from: '11:00', to: '${to}'}]`;
    expect(asked(window("12:15"))).toBe("allowed");
    expect(asked(window("12:14"))).toBe("policy-window");
    expect(asked("reboots: 1\nblackouts: [{from: '2026-03-04T12:14:00Z', to: '2026-03-04T13:00:00Z'}]")).toBe("policy-window");
    expect(asked("reboots: 1\nblackouts: [{from: '2026-03-04T12:15:00Z', to: '2026-03-04T13:00:00Z'}]")).toBe("allowed");
  });

  it("keep to the window and the blackouts that people signed, in the endpoint's zone", () => {
    const within = (from: string, to: string, blackouts: { from: string; to: string }[] = []): Partial<EndpointAction> => ({
      rebootWithin: { limitMs: 15 * MINUTE, timezone: "Europe/Berlin", window: { days: ["wed"], from, to }, blackouts },
    });
    expect(asked("reboots: 1", within("13:00", "13:15"))).toBe("allowed");
    expect(asked("reboots: 1", within("13:00", "13:10"))).toBe("policy-window");
    expect(asked("reboots: 1", within("14:00", "15:00"))).toBe("policy-window");
    const event = [{ from: "2026-03-04T12:10:00Z", to: "2026-03-04T13:00:00Z" }];
    expect(asked("reboots: 1", within("13:00", "15:00", event))).toBe("policy-window");
  });

  it("leave services alone that the owner excludes, with or without their suffix", () => {
    const strict = policy("mode: patch\nrestarts: {exclude: ['postgresql*', redis]}");
    expect(excludedRestarts(strict, ["nginx.service", "postgresql@15-main.service", "redis.service"])).toEqual([
      "postgresql@15-main.service",
      "redis.service",
    ]);
  });
});

describe("files of the owner", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "breakwater-policy-"));
  });
  afterAll(() => rm(dir, { recursive: true }));

  it("does not take a policy that others may write", async () => {
    await writeFile(join(dir, "policy.yaml"), "mode: patch\n", { mode: 0o644 });
    expect((await loadPolicy(dir)).policy.mode).toBe("patch");
    await chmod(join(dir, "policy.yaml"), 0o664);
    expect(await loadPolicy(dir)).toMatchObject({ policy: { mode: "observe" }, problem: { code: "policy-malformed" } });
  });

  it("does not take a policy from a directory that others may write, nor through such a one", async () => {
    const [own, loose] = [join(dir, "own"), join(dir, "loose")];
    for (const d of [own, loose]) await mkdir(d);
    await writeFile(join(loose, "policy.yaml"), "mode: patch\n", { mode: 0o644 });
    expect((await loadPolicy(loose)).policy.mode).toBe("patch");
    // A link that root laid is as good as a file, so far as nobody else can change where it ends.
    await symlink(join(loose, "policy.yaml"), join(own, "policy.yaml"));
    expect((await loadPolicy(own)).policy.mode).toBe("patch");
    await chmod(loose, 0o777);
    for (const of of [loose, own])
      expect(await loadPolicy(of)).toMatchObject({
        policy: { mode: "observe" },
        problem: { code: "policy-malformed", message: expect.stringContaining(`${loose} can be written by others`) },
      });
  });

  it("waits for no pipe and swallows no flood where a policy or a key should be", async () => {
    const odd = join(dir, "odd");
    await mkdir(join(odd, "operators.d"), { recursive: true });
    execFileSync("mkfifo", ["-m", "644", join(odd, "policy.yaml"), join(odd, "operators.d", "pipe.pub")]);
    await symlink("/dev/zero", join(odd, "operators.d", "zero.pub"));
    await writeFile(join(odd, "operators.d", "large.pub"), "#".repeat(1_000_000), { mode: 0o644 });
    expect(await loadPolicy(odd)).toMatchObject({
      policy: { mode: "observe" },
      problem: { message: expect.stringContaining("no plain file") },
    });
    const { keys, problems } = await loadOperatorKeys(odd);
    expect(keys).toEqual([]);
    expect(problems).toHaveLength(3);
  });

  it("pins no key that somebody else could have laid down", async () => {
    const key = newApprovalKey();
    const places = join(dir, "places");
    const keys = join(places, "operators.d");
    await mkdir(keys, { recursive: true });
    const file = join(keys, "own.pub");
    await writeFile(file, formatOperatorKey({ ...key, owner: "ada" }), { mode: 0o644 });
    expect((await loadOperatorKeys(places)).keys).toHaveLength(1);
    await chmod(file, 0o666);
    expect(await loadOperatorKeys(places)).toMatchObject({ source: "owner", keys: [], problems: [{ code: "operator-key-unsound" }] });
    await chmod(file, 0o644);
    // A sticky bit keeps files that are there, and lets everybody add some.
    for (const mode of [0o777, 0o1777]) {
      await chmod(keys, mode);
      expect(await loadOperatorKeys(places)).toMatchObject({ source: "owner", keys: [], problems: [{ code: "operator-keys-unsound" }] });
    }
    await chmod(keys, 0o755);
    if (process.getuid?.() === 0) {
      await chown(file, 12_345, 12_345);
      expect(await loadOperatorKeys(places)).toMatchObject({ keys: [], problems: [{ message: expect.stringContaining("user 12345") }] });
    }
  });

  it("prefers the owner's keys, also when all of them are broken", async () => {
    const key = newApprovalKey();
    await mkdir(join(dir, "enrolled-operators.d"));
    await writeFile(join(dir, "enrolled-operators.d", "a.pub"), formatOperatorKey({ ...key, owner: "ada" }));
    expect(await loadOperatorKeys(dir)).toMatchObject({ source: "enrolment", keys: [{ keyId: key.keyId, owner: "ada" }] });
    await mkdir(join(dir, "operators.d"));
    await writeFile(join(dir, "operators.d", "own.pub"), "nonsense");
    expect(await loadOperatorKeys(dir)).toMatchObject({ source: "owner", keys: [], problems: [{ code: "operator-key-malformed" }] });
  });
});
