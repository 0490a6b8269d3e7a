import { networkInterfaces } from "node:os";
import { ok, type Problem, type Result } from "@breakwater/shared/core";
import type { WireInventory } from "@breakwater/shared/wire";
import type { InspectedProcess, Inspection } from "../executor/protocol.ts";
import type { PackageOwners } from "./package-owners.ts";
import { listenerReach, type Reach, widest } from "./reach.ts";

type Listener = NonNullable<WireInventory["listeners"]>[number];
type LoadedPackage = NonNullable<WireInventory["loadedPackages"]>[number];
type MappedFile = NonNullable<LoadedPackage["files"]>[number];
type StaleProcess = NonNullable<LoadedPackage["stale"]>[number];

/** Where the raw facts come from. Problems say what could not be seen. */
export type InspectMachine = () => Promise<Result<Inspection>>;

export interface Exposure {
  readonly listeners: Listener[];
  readonly loadedPackages: LoadedPackage[];
  readonly problems: readonly Problem[];
}

/** Pids kept for one package: enough to look at, however many workers there are. */
const MAX_PIDS = 50;

/** Files told of one package, and processes told of one file: each adds to every change that is sent. */
const MAX_FILES = 4;
const MAX_MAPPING = 2;
/** Longer paths are not told: they would be cut, and name another file. */
const MAX_PATH = 500;

/** Process -> mapped files -> package -> listening address. */
export async function describeExposure(
  inspect: InspectMachine,
  owners: PackageOwners,
  units: readonly { unit: string; mainPid: number }[],
): Promise<Result<Exposure>> {
  const inspection = await inspect();
  if (!inspection.ok) return inspection;
  const { processes, problems } = inspection.value;
  const files = processes.flatMap((p) => [{ path: p.exe, deleted: p.exeDeleted }, ...p.mapped]).filter((f) => f.path !== "");
  const owner = withReplaced(
    files,
    await owners.of(new Set(files.flatMap((f) => (f.deleted ? [f.path, ...formerNames(f.path)] : [f.path])))),
  );
  const own = machineAddresses();
  const unitByPid = new Map(units.filter((u) => u.mainPid > 0).map((u) => [u.mainPid, u.unit]));
  return ok({
    ...relate(inspection.value, owner, own, (p) => p.unit || (unitByPid.get(p.pid) ?? "")),
    problems: problems.map((message) => ({ code: "partly-hidden", message })),
  });
}

/**
 * Names that the files of other versions of a shared library have in common, the longest first: "libcurl.so.4.8.0" was replaced by
 * "libcurl.so.4.9.0", and of both the package has a link "libcurl.so.4".
 */
function formerNames(path: string): string[] {
  const [, stem, numbers] = /^(.*\.so)((?:\.\d+)+)$/.exec(path) ?? [];
  if (!stem || !numbers) return [];
  const parts = numbers.slice(1).split(".");
  // The bare name is left out: that link is the development package's.
  return parts.slice(1).map((_, i) => [stem, ...parts.slice(0, parts.length - 1 - i)].join("."));
}

/** Owners, and those of files that are gone from the lists with the version that they came with. */
function withReplaced(
  files: readonly { readonly path: string; readonly deleted: boolean }[],
  owner: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const all = new Map(owner);
  for (const { path, deleted } of files) {
    if (!deleted || all.has(path)) continue;
    const name = formerNames(path).find((former) => owner.has(former));
    const found = name === undefined ? undefined : owner.get(name);
    if (found !== undefined) all.set(path, found);
  }
  return all;
}

/** The listeners of one process with how far each reaches. */
function scopesOf(process: InspectedProcess, hostNetns: string, ownAddresses: readonly string[]) {
  // Addresses of another network namespace are not ours: a wildcard there is judged as if it were reachable privately.
  const addresses = process.netns === hostNetns ? ownAddresses : ["10.0.0.1"];
  return process.listens.map((l) => ({ ...l, scope: listenerReach(l.address, addresses) }));
}

/** How far a process can be reached, by the widest of its listeners; "none" without any. */
export const processReach = (process: InspectedProcess, hostNetns: string, ownAddresses: readonly string[]): Reach =>
  widest(
    scopesOf(process, hostNetns, ownAddresses).map((s) => s.scope),
    "none",
  );

/** Every address of this machine. */
export const machineAddresses = (): string[] => Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((a) => a.address));

/** The joining itself. Pure. */
export function relate(
  inspection: Pick<Inspection, "hostNetns" | "processes">,
  owner: ReadonlyMap<string, string>,
  ownAddresses: readonly string[],
  unitOf: (process: InspectedProcess) => string,
): Pick<Exposure, "listeners" | "loadedPackages"> {
  const listeners: Listener[] = [];
  const heard = new Set<string>();
  const loaded = new Map<string, Loaded>();
  for (const process of inspection.processes) {
    const scopes = scopesOf(process, inspection.hostNetns, ownAddresses);
    const reach = widest(
      scopes.map((s) => s.scope),
      "none",
    );
    const unit = unitOf(process);
    for (const l of scopes) {
      // The workers of one service share its socket: one listener, told with the first of them.
      const key = [l.protocol, l.address, l.port, unit || process.name, process.netns].join(" ");
      if (heard.has(key)) continue;
      heard.add(key);
      const namespace = process.netns === inspection.hostNetns ? "" : process.netns;
      listeners.push({ ...l, pid: process.pid, process: process.name, package: owner.get(process.exe) ?? "", unit, namespace });
    }
    for (const file of [{ path: process.exe, deleted: process.exeDeleted }, ...process.mapped]) {
      const name = owner.get(file.path);
      if (name === undefined) continue;
      const entry: Loaded = loaded.get(name) ?? { pids: new Set(), units: new Set(), stale: new Map(), mappings: [], reach: "none" };
      loaded.set(name, entry);
      entry.pids.add(process.pid);
      if (unit) entry.units.add(unit);
      if (file.deleted) entry.stale.set(process.pid, { pid: process.pid, name: process.name, unit });
      entry.mappings.push({ path: file.path, replaced: file.deleted, by: { pid: process.pid, name: process.name, unit }, reach });
      entry.reach = widest([entry.reach, reach], "none");
    }
  }
  return {
    listeners: listeners.sort((a, b) => (a.port ?? 0) - (b.port ?? 0) || (a.pid ?? 0) - (b.pid ?? 0)),
    loadedPackages: [...loaded]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, e]) => ({
        name,
        pids: [...e.pids].slice(0, MAX_PIDS),
        units: [...e.units].sort(),
        restartNeeded: e.stale.size > 0,
        reach: e.reach,
        stale: [...e.stale.values()].slice(0, MAX_PIDS),
        files: filesOf(e.mappings),
      })),
  };
}

interface Mapping {
  readonly path: string;
  readonly replaced: boolean;
  readonly by: StaleProcess;
  readonly reach: Reach;
}

interface Loaded {
  readonly pids: Set<number>;
  readonly units: Set<string>;
  readonly stale: Map<number, StaleProcess>;
  readonly mappings: Mapping[];
  reach: Reach;
}

const REACHES: readonly Reach[] = ["public", "private", "loopback", "none"];

/** The files that tell most: mapped by the process that is reached farthest, then by name; of the workers of one service the first. */
function filesOf(mappings: readonly Mapping[]): MappedFile[] {
  const ordered = mappings
    .filter((m) => m.path.length <= MAX_PATH)
    .sort(
      (a, b) =>
        REACHES.indexOf(a.reach) - REACHES.indexOf(b.reach) ||
        (a.path < b.path ? -1 : a.path > b.path ? 1 : (a.by.pid ?? 0) - (b.by.pid ?? 0)),
    );
  const files = new Map<string, { path: string; replaced: boolean; by: StaleProcess[] }>();
  for (const { path, replaced, by } of ordered) {
    const key = `${replaced} ${path}`;
    const file = files.get(key) ?? { path, replaced, by: [] };
    if (!files.has(key)) {
      if (files.size === MAX_FILES) continue;
      files.set(key, file);
    }
    if (file.by.length < MAX_MAPPING && !file.by.some((p) => (by.unit ? p.unit === by.unit : p.name === by.name))) file.by.push(by);
  }
  return [...files.values()];
}
