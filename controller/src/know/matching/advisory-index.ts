import { type AdvisoryRecord, type AffectedRange, canonicalName, type ModuleStream } from "../intel/index.ts";
import { identities, type Named } from "./identity.ts";
import { moduleTag, streamName } from "./module-stream.ts";
import type { AdvisedName } from "./source.ts";

/** One advisory's stretches of affected versions of one package in one release. */
export interface AdvisoryOnPackage {
  readonly id: string;
  /** Feed that it came from, and when it last changed; "" and null when unknown. */
  readonly feed: string;
  readonly modified: string | null;
  readonly withdrawn: boolean;
  readonly vulnerabilities: readonly string[];
  readonly module?: ModuleStream | undefined;
  readonly ranges: AffectedRange[];
}

/** Advisories by what they are about, so that a package asks only for its own. */
export interface AdvisoryIndex {
  of(name: AdvisedName): readonly AdvisoryOnPackage[];
  /** CVE ids that were rejected or withdrawn as such, whatever advisories still name them. */
  readonly rejected: ReadonlySet<string>;
  /** The module streams in which advisories name a module's build. */
  streamsOf(tag: string): ReadonlySet<string> | undefined;
}

export type IndexedAdvisory = AdvisoryRecord & { readonly feed?: string };

/** What is known besides the advisories that are indexed, where these are only some of all that there are. */
export interface Besides {
  /** Records of the same vulnerabilities about other packages: they may know a CVE that these do not. */
  readonly kin?: readonly Named[];
  /** Module streams in which any advisory names a module's build. */
  readonly streams?: ReadonlyMap<string, ReadonlySet<string>>;
}

export function indexAdvisories(
  advisories: Iterable<IndexedAdvisory>,
  rejected: ReadonlySet<string> = new Set(),
  besides: Besides = {},
): AdvisoryIndex {
  const all = Array.isArray(advisories) ? (advisories as readonly IndexedAdvisory[]) : [...advisories];
  const vulnerabilitiesOf = identities([...all, ...(besides.kin ?? [])]);
  const byPackage = new Map<string, AdvisoryOnPackage[]>();
  const streams = new Map<string, Set<string>>();
  for (const advisory of all) {
    const vulnerabilities = vulnerabilitiesOf(advisory);
    for (const range of advisory.affected) {
      const key = keyOf(range);
      const list = byPackage.get(key) ?? [];
      if (list.length === 0) byPackage.set(key, list);
      const last = list.at(-1);
      if (last?.id === advisory.id && last.feed === (advisory.feed ?? "")) last.ranges.push(range);
      else
        list.push({
          id: advisory.id,
          feed: advisory.feed ?? "",
          modified: advisory.modified,
          withdrawn: advisory.withdrawn,
          vulnerabilities,
          module: advisory.module,
          ranges: [range],
        });
      if (advisory.module) noteStream(streams, range, advisory.module);
    }
  }
  return { of: (name) => byPackage.get(keyOf(name)) ?? [], rejected, streamsOf: (tag) => besides.streams?.get(tag) ?? streams.get(tag) };
}

function noteStream(streams: Map<string, Set<string>>, range: AffectedRange, module: ModuleStream): void {
  const tag = range.fixed === null ? undefined : moduleTag(range.fixed);
  if (tag === undefined) return;
  const known = streams.get(tag) ?? new Set();
  if (known.size === 0) streams.set(tag, known);
  known.add(streamName(module));
}

const keyOf = (name: Pick<AdvisedName, "distribution" | "ecosystem" | "package" | "binary">) =>
  `${name.distribution}\n${name.ecosystem}\n${name.binary ? "\n" : ""}${canonicalName(name.ecosystem, name.package)}`;
