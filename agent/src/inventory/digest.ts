import { canonicalJson, sha256Hex } from "@breakwater/shared/command";
import type { WireComponent, WireInventory, WirePackage } from "@breakwater/shared/wire";

export const componentKey = ({ ecosystem = "", name = "", version = "", path = "" }: WireComponent): string =>
  [ecosystem, name, version, path].join("\n");

export const packageKey = (p: WirePackage): string => `${p.ecosystem} ${p.name} ${p.architecture}`;

/** Everything but the packages and the components. */
export function factsOf(inventory: WireInventory): WireInventory {
  const { packages: _, components: __, ...facts } = inventory;
  return facts;
}

/** A component without the process ids of those who use it. */
const lastingComponent = ({ uses, ...component }: WireComponent) => ({
  ...component,
  uses: [...new Set((uses ?? []).map(({ pid: _, ...use }) => canonicalJson(use)))].sort(),
});

/** Text that is the same as long as nothing of a component changed that means something. */
export const componentText = (component: WireComponent): string => canonicalJson(lastingComponent(component));

/** Of a look through the files: what was not looked at, and the day, so that what is told of the look never is older than that. */
const lastingScan = (scan: WireInventory["componentScan"]) =>
  scan && {
    roots: scan.roots ?? [],
    notLooked: [...new Set((scan.notLooked ?? []).map(({ path, code }) => canonicalJson({ path, code })))].sort(),
    day: (scan.endedAt ?? "").slice(0, 10),
  };

/** Of a namespace it lasts that it is another one: each start of a container makes a new one. */
const lastingListener = ({ pid: _, namespace, ...l }: NonNullable<WireInventory["listeners"]>[number]) => ({
  ...l,
  ...(namespace ? { namespace: "other" } : {}),
});

/** Neighbours count by what they are; how many were left out comes and goes. */
const lastingNetwork = (network: NonNullable<WireInventory["network"]>) => ({
  interfaces: (network.interfaces ?? []).map((i) => canonicalJson(i)).sort(),
  neighbours: network.neighbourhood ? (network.neighbourhood.neighbours ?? []).map((n) => canonicalJson(n)).sort() : null,
});

/**
 * The facts without what changes all the time and means nothing: process ids, free space, restart counters (health has
 * them), the moment of looking. Lists are sorted, so that the order in which they were found means nothing either.
 */
function lasting(inventory: WireInventory): unknown {
  const sorted = (list: readonly unknown[] | undefined) => (list ?? []).map((item) => canonicalJson(round(item))).sort();
  return {
    ...round(factsOf(inventory)),
    pendingUpdates: sorted(inventory.pendingUpdates),
    services: sorted(inventory.services?.map(({ mainPid, restarts, ...s }) => s)),
    listeners: sorted([...new Map((inventory.listeners ?? []).map(lastingListener).map((l) => [canonicalJson(l), l])).values()]),
    // What a shell loads comes and goes by the second; what services load, or what listens or waits for a restart, counts.
    loadedPackages: sorted(
      inventory.loadedPackages
        ?.filter((l) => l.units?.length || l.reach !== "none" || l.restartNeeded)
        // Its files are told along with what changes: which of them a script has mapped comes and goes.
        .map(({ pids, units, stale, files, ...l }) => ({
          ...l,
          units: [...(units ?? [])].sort(),
          // Which processes still run the old file: by name, since one that was restarted is another one.
          ...(stale?.length ? { stale: [...new Set(stale.map(({ name, unit }) => `${unit} ${name}`))].sort() } : {}),
        })),
    ),
    repositories: sorted(inventory.repositories),
    containerRuntimes: sorted(inventory.containerRuntimes),
    lostVersions: sorted(inventory.lostVersions),
    componentScan: lastingScan(inventory.componentScan ?? null),
    ...(inventory.network ? { network: lastingNetwork(inventory.network) } : {}),
    problems: sorted(inventory.problems?.map(({ collector, code }) => ({ collector, code }))),
    hardware: inventory.hardware && {
      ...round(inventory.hardware),
      fileSystems: sorted(inventory.hardware.fileSystems?.map(({ availableBytes, ...f }) => f)),
    },
    collectedAt: "",
  };
}

/** Canonical JSON holds integers only; nothing here means more than that. */
function round<T>(value: T): T {
  if (typeof value === "number") return Math.round(value) as T;
  if (Array.isArray(value)) return value.map(round) as T;
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, round(v)])) as T;
  return value;
}

/** Hex SHA-256 that is the same for the same machine state, whenever and in whatever order it was looked at. */
export function inventoryDigest(inventory: WireInventory): string {
  const packages = (inventory.packages ?? []).map((p) => canonicalJson(round(p))).sort();
  const components = (inventory.components ?? []).map(componentText).sort();
  return sha256Hex(canonicalJson({ packages, components, facts: lasting(inventory) }));
}
