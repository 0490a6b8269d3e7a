import { isSetAside } from "./decision.ts";
import type { FindingChanges } from "./finding-changes.ts";

/** CVE ids that an event names; it counts them all. */
const MAX_NAMED = 100;

interface Told {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What is told of one endpoint: one event a kind of change, however many findings it concerns. */
export function tellChanges(changes: FindingChanges): Told[] {
  const { closed, setAside, returned, waiting } = changes;
  const opened = changes.opened.filter((f) => !isSetAside(f));
  const told: Told[] = [];
  if (opened.length > 0)
    told.push({ type: "finding.opened", data: { ...listed(opened), highestRisk: Math.max(...opened.map((f) => f.risk)) } });
  if (setAside.length > 0) {
    const of = counter(setAside);
    told.push({
      type: "finding.set-aside",
      data: { ...listed(setAside), suppressed: of("suppressed"), notAffected: of("not-affected"), fixed: of("fixed") },
    });
  }
  if (returned.length > 0)
    told.push({ type: "finding.returned", data: { ...listed(returned), because: named(returned.flatMap((f) => f.lapsed ?? [])) } });
  if (waiting.length > 0)
    told.push({
      type: "finding.restart-needed",
      data: { ...listed(waiting), because: named(waiting.flatMap((f) => f.proofs.find((p) => p.kind === "running")?.statement ?? [])) },
    });
  if (closed.length > 0) {
    const of = counter(closed);
    told.push({ type: "finding.closed", data: { ...listed(closed), fixed: of("fixed"), gone: of("gone"), ignored: of("ignored") } });
  }
  return told;
}

const listed = (findings: readonly { readonly vulnerabilityId: string }[]) => ({
  count: findings.length,
  vulnerabilities: named(findings.map((f) => f.vulnerabilityId)),
});
const counter = (findings: readonly { readonly state: string }[]) => (state: string) => findings.filter((f) => f.state === state).length;
const named = (words: readonly string[]) => [...new Set(words)].sort().slice(0, MAX_NAMED);
