import type { Instant } from "@breakwater/shared/core";
import type { Db } from "../../store/index.ts";
import { scoreFinding } from "../risk/index.ts";
import { judgePackages, loadEvidence } from "./catalogue-verdicts.ts";
import type { MatchPackage } from "./source.ts";

/** A version that an update would replace by another. Both are of one package in one release. */
interface VersionChange {
  readonly from: MatchPackage;
  readonly to: MatchPackage;
}

/** A vulnerability that only the version after the change has. */
interface Introduced {
  readonly vulnerability: string;
  readonly fixedVersion: string | null;
  /** 0-100, as where nothing is known of exposure. */
  readonly risk: number;
}

const UNSEEN = { kind: "unknown", why: "the version is not installed yet", declared: null } as const;
const MIDDLING_CRITICALITY = 3;

/** What each change would bring in, by what advisories say now: the gravest first. One list a change, in their order. */
export async function readIntroduced(db: Db, changes: readonly VersionChange[], at: Instant): Promise<Introduced[][]> {
  const judged = await judgePackages(
    db,
    changes.flatMap((c) => [c.from, c.to]),
  );
  const brought = changes.map((_, i) => {
    const before = new Set((judged[2 * i] ?? []).filter(isAffected).map((v) => v.vulnerability));
    return (judged[2 * i + 1] ?? []).filter((v) => isAffected(v) && !before.has(v.vulnerability));
  });
  const evidence = await loadEvidence(db, [...new Set(brought.flat().map((v) => v.vulnerability))], at);
  return brought.map((verdicts) =>
    verdicts
      .map(({ vulnerability, fixedVersion, state }): Introduced => {
        const known = { ...evidence.get(vulnerability), reach: UNSEEN, criticality: MIDDLING_CRITICALITY, dependents: 0 };
        return { vulnerability, fixedVersion: state === "no-fix" ? null : fixedVersion, risk: scoreFinding(known).risk };
      })
      .sort((a, b) => b.risk - a.risk || (a.vulnerability < b.vulnerability ? -1 : 1)),
  );
}

const isAffected = ({ state }: { readonly state: string }): boolean => state === "open" || state === "no-fix";
