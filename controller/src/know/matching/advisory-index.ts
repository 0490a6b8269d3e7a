import type { AdvisoryRecord, AffectedRange } from "../intel/index.ts";
import { type AdvisedName, normalName } from "./source.ts";

/** One advisory's stretches of affected versions of one package in one release. */
export interface AdvisoryOnPackage {
  readonly id: string;
  /** Feed that it came from, and when it last changed; "" and null when unknown. */
  readonly feed: string;
  readonly modified: string | null;
  readonly withdrawn: boolean;
  readonly vulnerabilities: readonly string[];
  readonly ranges: AffectedRange[];
}

/** Advisories by what they are about, so that a package asks only for its own. */
export interface AdvisoryIndex {
  of(name: AdvisedName): readonly AdvisoryOnPackage[];
  /** CVE ids that were rejected or withdrawn as such, whatever advisories still name them. */
  readonly rejected: ReadonlySet<string>;
}

export type IndexedAdvisory = AdvisoryRecord & { readonly feed?: string };

export function indexAdvisories(advisories: Iterable<IndexedAdvisory>, rejected: ReadonlySet<string> = new Set()): AdvisoryIndex {
  const byPackage = new Map<string, AdvisoryOnPackage[]>();
  for (const advisory of advisories) {
    for (const range of advisory.affected) {
      const key = keyOf(range);
      const list = byPackage.get(key) ?? [];
      if (list.length === 0) byPackage.set(key, list);
      const last = list.at(-1);
      if (last?.id === advisory.id) last.ranges.push(range);
      else
        list.push({
          id: advisory.id,
          feed: advisory.feed ?? "",
          modified: advisory.modified,
          withdrawn: advisory.withdrawn,
          vulnerabilities: advisory.vulnerabilities,
          ranges: [range],
        });
    }
  }
  return { of: (name) => byPackage.get(keyOf(name)) ?? [], rejected };
}

const keyOf = (name: Pick<AdvisedName, "distribution" | "ecosystem" | "package">) =>
  `${name.distribution}\n${name.ecosystem}\n${normalName(name.ecosystem, name.package)}`;
