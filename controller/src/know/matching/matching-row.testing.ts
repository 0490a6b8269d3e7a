import { readFileSync } from "node:fs";
import { deserialize } from "node:v8";
import { systemClock } from "@breakwater/shared/core";
import type { AdvisoryRecord } from "../intel/index.ts";
import { scoreFinding } from "../risk/index.ts";
import { indexAdvisories } from "./advisory-index.ts";
import { type JudgedPackage, judgeEntry } from "./catalogue-verdicts.ts";
import { decidedFindings, NO_DECISIONS } from "./decision.ts";
import { gatherEvidence } from "./evidence.ts";
import { findingChanges } from "./finding-changes.ts";
import { advisedNames, type MatchPackage } from "./source.ts";
import { syntheticFleet } from "./synthetic.testing.ts";
import { type EndpointView, type ScoreMemo, wantedFindings } from "./wanted-findings.ts";

/** One row of the bench, measured in a process of its own, so that no row counts the memory or the garbage of another. */
export interface RowOrder {
  readonly kind: "full-match" | "deltas" | "new-advisories";
  /** File of the advisories, as v8 serializes them. */
  readonly advisories: string;
  /** Which of them count, 0 to 1. */
  readonly share: number;
  readonly endpoints: number;
}

export interface FullMatchRow {
  readonly indexing: number;
  readonly judging: number;
  readonly joining: number;
  readonly cpuMs: number;
  readonly advisories: number;
  readonly endpoints: number;
  readonly findings: number;
  /** The process's highest resident memory up to the end of the match, advisories and fleet included, in MB. */
  readonly peakMb: number;
  /** Median of one endpoint's delta. */
  readonly deltaMs: number;
}

export interface Delta {
  readonly ms: number;
  readonly cpu: number;
}
export interface DeltasRow {
  readonly deltas: readonly Delta[];
  readonly writtenMs: number;
  readonly writtenFindings: number;
}
export interface NewAdvisoriesRow {
  readonly touched: readonly { readonly ms: number; readonly entries: number }[];
}
export type RowResult = FullMatchRow | DeltasRow | NewAdvisoriesRow;

const CATALOGUE = 30_000;
const PER_ENDPOINT = 400;
/** The first deltas are compiled while they run. */
const WARM = 20;
const MEASURED = 400;
const WRITTEN = 500;

const timed = <T>(work: () => T): [T, number] => {
  const started = performance.now();
  return [work(), performance.now() - started];
};

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const NOTHING = new Float64Array(0);
const UNSEEN = { reach: { kind: "unknown", why: "", declared: "private" }, criticality: 3, dependents: 0 } as const;

/**
 * One full match: judge each catalogue entry once, then visit every finding of every endpoint with its score. Findings are the entries' own
 * objects; what is written down of them, an endpoint at a time, is measured by itself.
 */
function fullMatch(advisories: readonly AdvisoryRecord[], catalogue: readonly MatchPackage[], endpoints: readonly Uint32Array[]) {
  const [index, indexing] = timed(() => indexAdvisories(advisories));
  const [judged, judging] = timed(() => catalogue.map((pkg, id) => judgeEntry(id, pkg, index)));
  const evidence = gatherEvidence([], [], systemClock.now());
  const [findings, joining] = timed(() => {
    // Without an endpoint's own evidence a score depends on the vulnerability and the criticality, which is a factor of its own.
    const score = (vulnerabilityId: string) => scoreFinding({ ...evidence.get(vulnerabilityId), ...UNSEEN }).risk;
    const scores = new Map<string, number>();
    const scored = judged.map(({ findings: found }) =>
      Float64Array.from(found, ({ vulnerabilityId }) => {
        const known = scores.get(vulnerabilityId) ?? score(vulnerabilityId);
        scores.set(vulnerabilityId, known);
        return known;
      }),
    );
    let count = 0;
    let total = 0;
    for (const packages of endpoints)
      for (const id of packages) {
        const risks = scored[id] ?? NOTHING;
        count += risks.length;
        for (const r of risks) total += r;
      }
    if (count > 0 && !(total > 0)) throw new Error("findings without a score");
    return count;
  });
  return { index, judged, findings, indexing, judging, joining };
}

const viewOf = (endpoint: number, packages: Uint32Array, judged: readonly JudgedPackage[]): EndpointView => ({
  endpointId: `ep_${endpoint}`,
  installed: Array.from(packages, (packageId) => ({ packageId, judged: judged[packageId] as JudgedPackage })),
  pending: [],
  facts: null,
  declaredExposure: "private",
  criticality: 1 + (endpoint % 5),
});

type Matched = Pick<ReturnType<typeof fullMatch>, "judged" | "index">;

/** Ten packages of new catalogue entries: they are judged, the endpoint's findings found anew and compared with the stored ones. */
function deltasOf(endpoints: readonly Uint32Array[], catalogue: readonly MatchPackage[], { judged, index }: Matched): Delta[] {
  const evidence = gatherEvidence([], [], systemClock.now());
  const scores: ScoreMemo = new Map();
  return endpoints
    .map((packages, i) => {
      const before = wantedFindings(viewOf(i, packages, judged), evidence, scores);
      const stored = [...before.values()].map((f, id) => ({
        ...f,
        id,
        closedBy: null,
        decision: null,
        setAside: false,
        records: f.proofs.map((p) => p.record),
      }));
      // CPU counts collecting garbage on other threads, and no waiting for a busy machine.
      const cpu = process.cpuUsage();
      const [, ms] = timed(() => {
        const changed = Array.from(packages.subarray(0, 10), (packageId) => {
          const pkg = catalogue[packageId] as MatchPackage;
          const next = { ...pkg, version: `${pkg.version}.1`, sourceVersion: `${pkg.sourceVersion}.1` };
          return { packageId, judged: judgeEntry(packageId, next, index) };
        });
        const view = viewOf(i, packages, judged);
        const after = { ...view, installed: [...changed, ...view.installed.slice(10)] };
        return findingChanges(after, decidedFindings(after, evidence, scores, NO_DECISIONS), stored);
      });
      const used = process.cpuUsage(cpu);
      return { ms, cpu: (used.user + used.system) / 1_000 };
    })
    .slice(WARM);
}

function measure(order: RowOrder): RowResult {
  const all = deserialize(readFileSync(order.advisories)) as AdvisoryRecord[];
  const { catalogue, endpoints } = syntheticFleet(all, { catalogue: CATALOGUE, endpoints: order.endpoints, perEndpoint: PER_ENDPOINT });
  const advisories = order.share === 1 ? all : all.filter((_, i) => i % 1_000 < order.share * 1_000);
  if (order.kind === "new-advisories") return newAdvisories(advisories, catalogue);
  const started = process.cpuUsage();
  const matched = fullMatch(advisories, catalogue, endpoints);
  const used = process.cpuUsage(started);
  const peakMb = process.resourceUsage().maxRSS / 1024;
  if (order.kind === "full-match") {
    const deltas = deltasOf(endpoints.slice(0, WARM + 50), catalogue, matched);
    const { indexing, judging, joining, findings } = matched;
    const times = { indexing, judging, joining, cpuMs: (used.user + used.system) / 1_000, deltaMs: median(deltas.map((d) => d.cpu)) };
    return { ...times, advisories: advisories.length, endpoints: endpoints.length, findings, peakMb };
  }
  const deltas = deltasOf(endpoints.slice(0, WARM + MEASURED), catalogue, matched);
  const evidence = gatherEvidence([], [], systemClock.now());
  const scores: ScoreMemo = new Map();
  const [written, writing] = timed(() =>
    endpoints
      .slice(0, WRITTEN)
      .reduce((sum, packages, i) => sum + wantedFindings(viewOf(i, packages, matched.judged), evidence, scores).size, 0),
  );
  return { deltas, writtenMs: writing / WRITTEN, writtenFindings: written / WRITTEN };
}

/** Entries that a new advisory can change are looked up by name, and only they are judged again. */
function newAdvisories(advisories: readonly AdvisoryRecord[], catalogue: readonly MatchPackage[]): NewAdvisoriesRow {
  const byName = new Map<string, number[]>();
  for (const [id, pkg] of catalogue.entries())
    for (const n of advisedNames(pkg)) {
      const key = `${n.distribution}\n${n.ecosystem}\n${n.package}`;
      const known = byName.get(key);
      if (known) known.push(id);
      else byName.set(key, [id]);
    }
  const touched = advisories.slice(0, 500).map((advisory) => {
    const [entries, ms] = timed(() => {
      const ids = new Set(advisory.affected.flatMap((r) => byName.get(`${r.distribution}\n${r.ecosystem}\n${r.package}`) ?? []));
      const index = indexAdvisories([advisory]);
      return [...ids].map((id) => judgeEntry(id, catalogue[id] as MatchPackage, index));
    });
    return { ms, entries: entries.length };
  });
  return { touched };
}

// Only where it was forked to measure.
if (process.send && process.argv[2]) {
  process.send(measure(JSON.parse(process.argv[2]) as RowOrder));
  process.disconnect();
}
