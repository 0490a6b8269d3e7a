import { type Instant, instant } from "@breakwater/shared/core";
import type { WireInventory__Output, WirePackage__Output, WirePendingUpdate__Output } from "@breakwater/shared/wire";
import { type Store, schema } from "../store/index.ts";

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
  ...changes,
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
  problems: [],
  collectedAt: "2026-03-02T07:59:00Z",
  ...changes,
});
