import type { WireInventory } from "@breakwater/shared/wire";
import type { InspectedProcess, Inspection } from "../../executor/protocol.ts";
import { type PackageOwners, processReach, type Reach, widest } from "../../exposure/index.ts";
import type { ScanResult } from "./result.ts";
import { IN_ARCHIVE } from "./types.ts";
import { usesOf } from "./uses-of.ts";

type WireComponent = NonNullable<WireInventory["components"]>[number];
type WireScan = NonNullable<WireInventory["componentScan"]>;

/** Processes named with one component: enough to look at, however many workers there are. */
const MAX_USES = 10;

/** What the last look through the files found, with the package that a file came with and the processes that use it now. */
export async function describeComponents(
  result: ScanResult,
  inspection: Pick<Inspection, "hostNetns" | "processes"> | undefined,
  owners: PackageOwners,
  ownAddresses: readonly string[],
): Promise<{ readonly components: WireComponent[]; readonly componentScan: WireScan }> {
  const owner = await owners.of(new Set(result.components.map((c) => fileOf(c.path))));
  const processes = inspection?.processes ?? [];
  const reaches = new Map<InspectedProcess, Reach>(processes.map((p) => [p, processReach(p, inspection?.hostNetns ?? "", ownAddresses)]));
  const find = usesOf(processes);
  const { components, notLooked, ...scan } = result;
  return {
    components: components.map((component) => {
      const uses = find(component.ecosystem, fileOf(component.path));
      return {
        ...component,
        owner: owner.get(fileOf(component.path)) ?? "",
        uses: uses.slice(0, MAX_USES).map(({ process, how }) => ({ pid: process.pid, process: process.name, unit: process.unit, how })),
        reach:
          uses.length === 0
            ? ""
            : widest(
                uses.map((u) => reaches.get(u.process) ?? "none"),
                "none",
              ),
      };
    }),
    componentScan: { ...scan, roots: [...scan.roots], notLooked: [...notLooked] },
  };
}

/** The file on disk that holds a component, be it an archive or not. */
const fileOf = (path: string): string => path.split(IN_ARCHIVE, 1)[0] ?? path;
