import type { WireInventory__Output } from "@breakwater/shared/wire";
import { z } from "zod";
import { ComponentScan } from "./component-scan.ts";

/** How far a listener or a loaded package can be reached. */
export const Reach = z.enum(["none", "loopback", "private", "public"]);
export type Reach = z.infer<typeof Reach>;

/** Longest lists that are kept of one endpoint; a machine that has more is cut there, never refused. */
const MAX_ENTRIES = 5_000;
const list = <T extends z.ZodType>(item: T) => z.array(z.unknown()).transform((all) => z.array(item).parse(all.slice(0, MAX_ENTRIES)));
const text = z.string().transform((s) => s.slice(0, 1_000));
/** A word that this version does not know is read as the cautious one: public. */
const reach = z.string().transform((word): Reach => Reach.safeParse(word).data ?? (word === "" ? "none" : "public"));

/** What an endpoint reports besides its packages, as stored in `endpoint.facts`. */
export const EndpointFacts = z.object({
  /** RFC 3339, by the endpoint's clock. */
  collectedAt: text,
  services: list(z.object({ unit: text, activeState: text, subState: text, mainPid: z.number(), restarts: z.number(), package: text })),
  listeners: list(
    z.object({
      protocol: text,
      address: text,
      port: z.number(),
      scope: reach,
      pid: z.number(),
      process: text,
      package: text,
      unit: text,
      /** Of the network that it is in; "": the machine's own. */
      namespace: text.default(""),
    }),
  ),
  loadedPackages: list(
    z.object({
      name: text,
      pids: z.array(z.number()),
      units: z.array(text),
      restartNeeded: z.boolean(),
      reach,
      /** The processes that run the old file; agents of before do not tell them apart. */
      stale: list(z.object({ pid: z.number(), name: text, unit: text })).default([]),
      /** A few of its files that are mapped, with some of the processes, what is reached farthest first; none from an agent of before. */
      files: list(z.object({ path: text, replaced: z.boolean(), by: list(z.object({ pid: z.number(), name: text, unit: text })) })).default(
        [],
      ),
    }),
  ),
  kernel: z
    .object({
      running: text,
      newestInstalled: text,
      package: text,
      /** Version of the package that the running one was built as; "" where it does not say, or an agent of before tells of it. */
      runningVersion: text.default(""),
    })
    .nullable(),
  reboot: z.object({ needed: z.boolean(), reasons: z.array(text), kernelFallback: text.default("") }).nullable(),
  repositories: list(
    z.object({ uri: text, suite: text, origin: text, label: text, releaseDate: text, validUntil: text, state: text, detail: text }),
  ),
  hardware: z
    .object({
      cpus: z.number(),
      memoryBytes: z.number(),
      manufacturer: text,
      model: text,
      /** SMBIOS; "" where there is none, nobody could read it, or an agent of before tells of it. */
      serialNumber: text.default(""),
      systemUuid: text.default(""),
      fileSystems: list(z.object({ mountPoint: text, type: text, sizeBytes: z.number(), availableBytes: z.number() })),
    })
    .nullable(),
  /** Where it stands in networks; null from an agent of before. */
  network: z
    .object({
      interfaces: list(z.object({ name: text, mac: text, addresses: z.array(text) })),
      /** What it has seen of others there; null where its owner does not allow that. */
      neighbourhood: z
        .object({ neighbours: list(z.object({ address: text, mac: text, interface: text, router: z.boolean() })), total: z.number() })
        .nullable(),
    })
    .nullish()
    .transform((network) => network ?? null),
  /** The look through the files for packages of languages; null when nobody looked. */
  componentScan: ComponentScan.nullish().transform((scan) => scan ?? null),
  /** Images and containers that runtimes hold, for reading only; of a runtime with a problem there may be more. */
  containerRuntimes: list(
    z.object({
      name: text,
      source: text,
      problem: text,
      images: list(
        z.object({
          id: text,
          names: z.array(text),
          digests: z.array(text),
          createdAt: text,
          sizeBytes: z.number(),
          containers: list(z.object({ id: text, name: text, state: text })),
        }),
      ),
    }),
  ).default([]),
  /** Installed versions with an update pending whose bytes can be had nowhere: that update could not be taken back. */
  lostVersions: list(z.object({ name: text, architecture: text, version: text })).default([]),
  /** Collectors that could not look: what they would have told is unknown, not absent. */
  problems: list(z.object({ collector: text, code: text, message: text })),
});
export type EndpointFacts = z.infer<typeof EndpointFacts>;

export const factsOf = (inventory: WireInventory__Output): EndpointFacts => EndpointFacts.parse(inventory);

/** Reads stored facts; null when the endpoint has none yet or they are of a shape that this version does not know. */
export const readFacts = (stored: unknown): EndpointFacts | null => EndpointFacts.safeParse(stored).data ?? null;

/** Collectors and the ecosystem whose packages they supply. */
const SUPPLIERS: Readonly<Record<string, string>> = {
  dpkg: "deb",
  rpm: "rpm",
  apk: "apk",
};
/** Without the list of packages no update can be told either. */
const UPDATE_COLLECTORS = new Set(["pending-updates", "packages", "inventory"]);

/** Ecosystems whose packages could not be listed this time; all of them when the collector of packages as such failed. */
export function unlistedEcosystems(facts: Pick<EndpointFacts, "problems">): ReadonlySet<string> | "all" {
  const names = facts.problems.map((p) => p.collector);
  if (names.includes("packages") || names.includes("inventory")) return "all";
  return new Set(names.flatMap((name) => SUPPLIERS[name] ?? []));
}

/** Whether the pending updates could not be listed this time. */
export const updatesUnlisted = (facts: Pick<EndpointFacts, "problems">) => facts.problems.some((p) => UPDATE_COLLECTORS.has(p.collector));
