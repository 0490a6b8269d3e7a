import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Instant } from "@breakwater/shared/core";
import type { WireInventory, WirePackage } from "@breakwater/shared/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCandidates, parseReleases } from "./apt-policy.ts";
import { loadBase, saveBase } from "./base-store.ts";
import { changelogSince } from "./changelog.ts";
import { inventoryDelta, snapshotChunks } from "./delta.ts";
import { inventoryDigest, packageKey } from "./digest.ts";
import { parseDpkgStatus } from "./dpkg-status.ts";
import { describeKernel, kernelBuild, rebootState } from "./kernel.ts";
import { describeCandidates, isSecurity, parseIndexEntries } from "./pending-updates.ts";
import { describeRepository, parseTargets } from "./repositories.ts";
import { runText } from "./run-tool.ts";
import { parseSystemctlShow } from "./services.ts";
import { createInventorySync } from "./sync.ts";

const STATUS = `Package: libharbour1
Status: hold ok installed
Source: harbour (2.0-1)
Version: 2.0-1+b3
Architecture: amd64
Section: libs
Installed-Size: 120
Maintainer: Harbour Team <harbour@packages.debian.org>
Description: quay
 Version: 9.9 is not a field, it is a description
 .

Package: gone
Status: deinstall ok config-files
Version: 1.0
Architecture: all
Maintainer: Someone <x@vendor.example>

Package: purged
Status: purge ok not-installed
Version: 1.0
Architecture: all
`;

describe("dpkg's status", () => {
  it("gives source, holds and states, and leaves out what is gone", () => {
    const packages = parseDpkgStatus(STATUS);
    expect(packages.map((p) => [p.name, p.status, p.held, p.vendor])).toEqual([
      ["gone", "config-files", false, "vendor.example"],
      ["libharbour1", "installed", true, "Debian"],
    ]);
    expect(packages[1]).toMatchObject({ sourceName: "harbour", sourceVersion: "2.0-1", version: "2.0-1+b3", installedSizeBytes: 122_880 });
  });
});

const OVERVIEW = `Package files:
 100 /var/lib/dpkg/status
     release a=now
 500 http://mirror.example/sec stable-security/main amd64 Packages
     release v=12,o=Debian,a=stable-security,n=bookworm-security,l=Debian-Security,c=main,b=amd64
     origin mirror.example
 500 http://mirror.example/deb stable/main amd64 Packages
     release v=12.1,o=Debian,a=stable,n=bookworm,l=Debian,c=main,b=amd64
Pinned packages:
`;
const POLICY = `libharbour1:
  Installed: 2.0-1+b3
  Candidate: 2.0-2
  Version table:
     2.0-2 500 (phased 20%)
        500 http://mirror.example/sec stable-security/main amd64 Packages
        500 http://mirror.example/deb stable/main amd64 Packages
 *** 2.0-1+b3 100
        100 /var/lib/dpkg/status
libc6:i386:
  Installed: (none)
  Candidate: (none)
  Version table:
`;

describe("pending updates", () => {
  it("come with origin, security, size and phasing", () => {
    const releases = parseReleases(OVERVIEW);
    const candidates = parseCandidates(POLICY);
    expect(candidates).toHaveLength(1);
    const entries = parseIndexEntries(
      "Package: libharbour1\nVersion: 2.0-2\nArchitecture: amd64\nSource: harbour\nSize: 4096\nPhased-Update-Percentage: 20\n",
    );
    const installed = new Map(parseDpkgStatus(STATUS).map((p) => [p.name, p]));
    expect(describeCandidates(candidates, installed, releases, entries)).toEqual([
      {
        ecosystem: "deb",
        name: "libharbour1",
        architecture: "amd64",
        installedVersion: "2.0-1+b3",
        candidateVersion: "2.0-2",
        sourceName: "harbour",
        sourceVersion: "2.0-2",
        origin: "Debian",
        label: "Debian-Security",
        suite: "stable-security",
        security: true,
        downloadSizeBytes: 4_096,
        phasedPercent: 20,
        held: true,
      },
    ]);
  });

  it("are security by label or suite, not by a name that only sounds like it", () => {
    const release = (label: string, suite: string) => isSecurity({ origin: "x", label, suite, codename: "" });
    expect([release("Ubuntu", "jammy-security"), release("Insecurity", "stable"), release("Debian", "stable")]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("repositories", () => {
  const [list] = parseTargets("http://m.example/deb/|stable|/var/lib/apt/lists/m.example_deb_dists_stable_main_binary-amd64_Packages\n");
  const head =
    "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\nLabel: D\nDate: Sun, 01 Mar 2026 00:00:00 UTC\nValid-Until: Sun, 08 Mar 2026 00:00:00 UTC\nSHA256:\n 00 1 a\n";
  it("are trusted, expired or never fetched", () => {
    if (!list) throw new Error("no target");
    const at = (iso: string) => Date.parse(iso) as Instant;
    expect(describeRepository(list, head, at("2026-03-02T00:00:00Z"))).toMatchObject({
      uri: "http://m.example/deb",
      state: "trusted",
      origin: "Debian",
    });
    expect(describeRepository(list, head, at("2026-03-09T00:00:00Z")).state).toBe("expired");
    expect(describeRepository(list, undefined, at("2026-03-02T00:00:00Z")).state).toBe("unreachable");
    expect(describeRepository(list, head, at("2026-03-02T00:00:00Z"), { state: "untrusted", detail: "no key" })).toMatchObject({
      state: "untrusted",
    });
  });
});

describe("services and kernels", () => {
  it("reads systemctl's blocks", () => {
    const text =
      "Id=ssh.service\nActiveState=active\nSubState=running\nMainPID=7\nNRestarts=2\nExecStart={ path=/usr/sbin/sshd ; argv[]=/usr/sbin/sshd -D }\n\nId=x.service\nActiveState=failed\n";
    expect(parseSystemctlShow(text)).toMatchObject([
      { unit: "ssh.service", mainPid: 7, restarts: 2, executable: "/usr/sbin/sshd" },
      { unit: "x.service", activeState: "failed", mainPid: 0 },
    ]);
  });

  it("read from the running kernel which build it is, where it says so", () => {
    expect(kernelBuild("#1 SMP PREEMPT_DYNAMIC Debian 6.1.94-1 (2024-06-21)", "")).toBe("6.1.94-1");
    expect(kernelBuild("#45~22.04.1-Ubuntu SMP", "Ubuntu 6.8.0-45.45~22.04.1-generic 6.8.12\n")).toBe("6.8.0-45.45~22.04.1");
    expect(kernelBuild("#1 SMP PREEMPT_DYNAMIC Thu Jan 1", "")).toBe("");
  });

  it("finds the newest kernel by dpkg's order, and nothing to restart for in a container", async () => {
    const image = (release: string) => ({
      ...(parseDpkgStatus(STATUS)[1] as Required<WirePackage>),
      name: `linux-image-${release}`,
      version: "1",
    });
    const packages = [image("6.1.0-9-amd64"), image("6.1.0-40-amd64")];
    const kernel = describeKernel(packages, "6.1.0-9-amd64");
    expect(kernel).toEqual({
      running: "6.1.0-9-amd64",
      newestInstalled: "6.1.0-40-amd64",
      package: "linux-image-6.1.0-9-amd64",
      runningVersion: "",
    });
    expect((await rebootState(kernel, "/nonexistent/flag")).needed).toBe(true);
    expect((await rebootState(describeKernel(packages, "6.8-host"), "/nonexistent/flag")).needed).toBe(false);
  });
});

describe("changelogs", () => {
  const CHANGELOG = `harbour (2.0-3) stable-security; urgency=high

  * Fix CVE-2026-1111 and cve-2026-22222. \u001b[31mred\u001b[0m

 -- A <a@x>  Mon, 01 Jan 2026 00:00:00 +0000

harbour (2.0-2) stable; urgency=low

  * Fix CVE-2026-1111.

harbour (2.0-1) stable; urgency=emergency

  * Fix CVE-2020-0001.
`;
  it("tell what is newer, with the highest urgency, and nothing that could speak to a terminal", () => {
    const part = changelogSince(CHANGELOG, "2.0-1+b3");
    expect(part).toMatchObject({ cves: ["CVE-2026-1111", "CVE-2026-22222"], urgency: "high" });
    expect(part.text).not.toContain("\u001b");
    expect(part.text).not.toContain("CVE-2020-0001");
    expect(changelogSince(CHANGELOG, "2.0-3").text).toBe("");
  });

  it("are at most 16 KiB, whatever is in them", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 500, unit: "binary" }), (text) => {
        const part = changelogSince(`h (9-1) s; urgency=low\n${text.repeat(60)}`, "1-1");
        expect(Buffer.byteLength(part.text)).toBeLessThanOrEqual(16 * 1024);
      }),
      { numRuns: 15 },
    );
  });
});

const packageArbitrary = fc.record({
  ecosystem: fc.constant("deb"),
  name: fc.constantFrom("a", "b", "c", "d", "e"),
  architecture: fc.constantFrom("amd64", "i386"),
  version: fc.constantFrom("1", "2", "3"),
  held: fc.boolean(),
});
const inventoryArbitrary = fc
  .uniqueArray(packageArbitrary, { selector: packageKey, maxLength: 8 })
  .map((packages): WireInventory => ({ packages, services: [], collectedAt: "2026-01-01T00:00:00.000Z" }));

describe("the digest", () => {
  it("is the same in any order and at any time, and ignores what changes all the time", () => {
    fc.assert(
      fc.property(inventoryArbitrary, fc.integer({ min: 0, max: 9_999 }), (inventory, n) => {
        const service = { unit: "a.service", activeState: "active", mainPid: 1, restarts: 0 };
        const listener = { protocol: "tcp", address: "::", port: 22, pid: 1 };
        const one = { ...inventory, services: [service], listeners: [listener] };
        const other = {
          ...inventory,
          packages: [...(inventory.packages ?? [])].reverse(),
          services: [{ ...service, mainPid: n, restarts: n }],
          listeners: [{ ...listener, pid: n }],
          collectedAt: new Date(n).toISOString(),
        };
        expect(inventoryDigest(other)).toBe(inventoryDigest(one));
      }),
      { numRuns: 25 },
    );
  });

  it("differs when a version, a state or an unknown differs", () => {
    const base: WireInventory = { packages: [{ ecosystem: "deb", name: "a", version: "1" }] };
    const digests = [
      base,
      { packages: [{ ecosystem: "deb", name: "a", version: "2" }] },
      { ...base, services: [{ unit: "a", activeState: "failed" }] },
      { ...base, problems: [{ collector: "x", code: "y", message: "z" }] },
    ].map(inventoryDigest);
    expect(new Set(digests).size).toBe(4);
  });
});

/** What the other side does with a delta. */
function applied(base: WireInventory, delta: ReturnType<typeof inventoryDelta>): WireInventory {
  const packages = new Map((base.packages ?? []).map((p) => [packageKey(p), p]));
  for (const key of delta.removed ?? []) packages.delete(packageKey(key));
  for (const p of delta.added ?? []) packages.set(packageKey(p), p);
  return { ...delta.facts, packages: [...packages.values()] };
}

describe("deltas", () => {
  it("lead from the one inventory to the other, with nothing that did not change", () => {
    fc.assert(
      fc.property(inventoryArbitrary, inventoryArbitrary, (a, b) => {
        const known = (inventory: WireInventory) => ({ digest: inventoryDigest(inventory), inventory });
        const delta = inventoryDelta(known(a), known(b));
        expect(inventoryDigest(applied(a, delta))).toBe(delta.digest);
        if (inventoryDigest(a) === inventoryDigest(b)) expect([delta.added, delta.removed]).toEqual([[], []]);
      }),
      { numRuns: 40 },
    );
  });

  it("cuts a snapshot into chunks of which the last has the facts", () => {
    const packages = Array.from({ length: 4_500 }, (_, i) => ({ ecosystem: "deb", name: `p${i}`, architecture: "all" }));
    const chunks = snapshotChunks({ digest: "d", inventory: { packages, collectedAt: "now" } });
    expect(chunks.map((c) => [c.index, c.last, c.part?.packages?.length, c.part?.collectedAt])).toEqual([
      [0, false, 2_000, undefined],
      [1, false, 2_000, undefined],
      [2, true, 500, "now"],
    ]);
  });
});

describe("telling the controller", () => {
  const at = (version: string): WireInventory => ({ packages: [{ ecosystem: "deb", name: "a", architecture: "all", version }] });
  const setup = (base?: WireInventory) => {
    const sent: { body: object; acknowledge: () => void }[] = [];
    const sync = createInventorySync({
      send: (_, body, acknowledge) => sent.push({ body, acknowledge }) > 0,
      discard: () => {},
      saveBase: async () => {},
      base: base && { digest: inventoryDigest(base), inventory: base },
    });
    return { sync, sent, kinds: () => sent.map((s) => Object.keys(s.body)[0]) };
  };

  it("sends all, then differences against what was acknowledged, then nothing", () => {
    const { sync, sent, kinds } = setup();
    sync.collected(at("1"));
    sent[0]?.acknowledge();
    sync.collected(at("2"));
    sync.collected(at("2"));
    expect(kinds()).toEqual(["inventorySnapshot", "inventoryDelta"]);
    expect(sync.digest()).toBe(inventoryDigest(at("1")));
    sync.collected(at("3"));
    expect(sent[2]?.body).toMatchObject({ inventoryDelta: { baseDigest: inventoryDigest(at("1")) } });
    sent[2]?.acknowledge();
    sync.collected(at("3"));
    expect(kinds()).toHaveLength(3);
    expect(sync.digest()).toBe(inventoryDigest(at("3")));
  });

  it("ignores an acknowledgement that was overtaken", () => {
    const { sync, sent } = setup(at("1"));
    sync.collected(at("2"));
    sync.collected(at("3"));
    sent[0]?.acknowledge();
    expect(sync.digest()).toBe(inventoryDigest(at("1")));
  });

  it("starts over when the controller lacks what it was thought to know", () => {
    const { sync, kinds } = setup(at("1"));
    sync.snapshotWanted();
    expect(sync.digest()).toBe("");
    sync.collected(at("1"));
    expect(kinds()).toEqual(["inventorySnapshot"]);
  });

  it("remembers over restarts, and forgets what is damaged", async () => {
    const dir = await mkdtemp(join(tmpdir(), "breakwater-base-"));
    const base = { digest: inventoryDigest(at("1")), inventory: at("1") };
    await saveBase(dir, base);
    expect(await loadBase(dir)).toEqual(base);
    await saveBase(dir, undefined);
    expect(await loadBase(dir)).toBeUndefined();
    await rm(dir, { recursive: true });
  });
});

describe("tools", () => {
  it("run with a fixed environment, a deadline and a limit, and say what went wrong", async () => {
    process.env.BREAKWATER_SECRET = "x";
    const env = await runText("env", [], { timeoutMs: 5_000 });
    expect(env.ok && env.value).toMatch(/LC_ALL=C.UTF-8/);
    expect(env.ok && env.value).not.toMatch(/BREAKWATER_SECRET/);
    const failing = async (file: string, args: string[], timeoutMs = 5_000) => {
      const answer = await runText(file, args, { timeoutMs, maxBytes: 10 });
      return answer.ok ? "" : answer.problem.message;
    };
    expect(await failing("no-such-tool", [])).toMatch(/not installed/);
    expect(await failing("sh", ["-c", "echo no >&2; exit 3"])).toMatch(/failed with 3: no/);
    expect(await failing("sleep", ["60"], 50)).toMatch(/in time/);
    expect(await failing("seq", ["1000"])).toMatch(/more than is taken/);
    const piped = await runText("echo", ["abc"], { timeoutMs: 5_000, pipeTo: ["tr", "a", "x"] });
    expect(piped).toEqual({ ok: true, value: "xbc\n" });
  });
});
