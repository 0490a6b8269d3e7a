import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Instant, instant } from "@breakwater/shared/core";
import type { WireComponent__Output, WireInventory__Output, WirePackage__Output, WirePendingUpdate__Output } from "@breakwater/shared/wire";
import { type Store, schema } from "../store/index.ts";
import type { FeedConfig } from "./intel/index.ts";

/** A clock that stands where a test puts it. */
export function testClock(at = Date.parse("2026-03-02T08:00:00Z")) {
  let now: Instant = instant(at);
  return {
    now: () => now,
    pass: (ms: number) => {
      now = instant(now + ms);
    },
  };
}

/** An enrolled Debian 12 endpoint. */
export async function addEndpoint(store: Store, id: string, changes: Partial<typeof schema.endpoint.$inferInsert> = {}): Promise<void> {
  await store.db.insert(schema.endpoint).values({
    id,
    hostname: id,
    machineId: id,
    osId: "debian",
    osVersion: "12",
    osName: "Debian GNU/Linux 12 (bookworm)",
    architecture: "amd64",
    kernelRelease: "6.1.0-25-amd64",
    agentVersion: "0.1.0",
    enrolledAt: "2026-03-01T00:00:00.000Z",
    ...changes,
  });
}

export const wirePackage = (name: string, version: string, changes: Partial<WirePackage__Output> = {}): WirePackage__Output => ({
  ecosystem: "deb",
  name,
  version,
  architecture: "amd64",
  sourceName: "",
  sourceVersion: "",
  status: "installed",
  held: false,
  vendor: "Debian",
  section: "net",
  installedSizeBytes: 1,
  essential: false,
  module: "",
  ...changes,
});

export const wireComponent = (
  ecosystem: string,
  name: string,
  version: string,
  path: string,
  changes: Partial<WireComponent__Output> = {},
): WireComponent__Output => ({
  ecosystem,
  name,
  version,
  path,
  evidence: "package.json",
  sha1: "",
  owner: "",
  uses: [],
  reach: "",
  ...changes,
});

/** A look through the whole machine; the places are [path, code]. */
export const wireScan = (...notLooked: [string, string][]): NonNullable<WireInventory__Output["componentScan"]> => ({
  startedAt: "2026-03-02T07:50:00Z",
  endedAt: "2026-03-02T07:51:00Z",
  roots: ["/"],
  directories: 10,
  files: 100,
  bytesRead: 1_000,
  notLooked: notLooked.map(([path, code]) => ({ path, code, reason: "the agent may not read it" })),
  notLookedTotal: notLooked.length,
});

export const wireUpdate = (
  name: string,
  from: string,
  to: string,
  changes: Partial<WirePendingUpdate__Output> = {},
): WirePendingUpdate__Output => ({
  ecosystem: "deb",
  name,
  architecture: "amd64",
  installedVersion: from,
  candidateVersion: to,
  sourceName: name,
  sourceVersion: to,
  origin: "Debian",
  label: "Debian-Security",
  suite: "bookworm-security",
  security: true,
  downloadSizeBytes: 1_000,
  phasedPercent: 100,
  held: false,
  brings: [],
  bringsUnknown: false,
  ...changes,
});

export const wireInventory = (changes: Partial<WireInventory__Output> = {}): WireInventory__Output => ({
  os: null,
  packages: [],
  pendingUpdates: [],
  services: [],
  listeners: [],
  loadedPackages: [],
  kernel: null,
  reboot: null,
  repositories: [],
  hardware: null,
  components: [],
  componentScan: null,
  containerRuntimes: [],
  network: null,
  lostVersions: [],
  problems: [],
  collectedAt: "2026-03-02T07:59:00Z",
  ...changes,
});

/** The version that fixes the curl of the feeds below. */
export const CURL_FIXED = "7.88.1-10+deb12u8";

/** Three packages of one endpoint: curl and its library of one version, and tzdata, for which no update is offered. */
export const curlPackages = (version: string): WirePackage__Output[] => [
  wirePackage("curl", version),
  wirePackage("libcurl4", version, { sourceName: "curl", sourceVersion: version }),
  wirePackage("tzdata", "2025a-0"),
];

const advisory = (id: string, name: string, cves: string[], fixed: string) => ({
  id,
  upstream: cves,
  summary: `${name} - security update`,
  affected: [{ package: { ecosystem: "Debian:12", name }, ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed }] }] }],
});

/** Feed files of two vulnerabilities in curl, one of them exploited, and one in tzdata. */
export async function curlFeeds(): Promise<FeedConfig[]> {
  const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
  await writeFile(
    join(folder, "osv.json"),
    JSON.stringify([
      advisory("DSA-1-1", "curl", ["CVE-2026-1001", "CVE-2026-1002"], CURL_FIXED),
      advisory("DSA-2-1", "tzdata", ["CVE-2026-1003"], "2025b-0"),
    ]),
  );
  await writeFile(join(folder, "kev.csv"), "cveID,vulnerabilityName,dateAdded\nCVE-2026-1001,A flaw in curl,2026-02-01\n");
  return [
    { id: "osv-debian", kind: "osv", source: join(folder, "osv.json") },
    { id: "kev", kind: "kev", source: join(folder, "kev.csv") },
  ];
}

/** The pending updates that close what the feeds say of curl. */
export const curlUpdates = (): WirePendingUpdate__Output[] =>
  ["curl", "libcurl4"].map((name) => wireUpdate(name, "7.88.1-10", CURL_FIXED, { sourceName: "curl", held: name === "curl" }));
