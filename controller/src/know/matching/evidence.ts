import { type Instant, instant, parseInstant } from "@breakwater/shared/core";
import type { SignalRecord, VulnerabilityRecord } from "../intel/index.ts";
import {
  type CvssFacts,
  EXPLOIT_KINDS,
  type ExploitationEvidence,
  type ExploitFacts,
  readCvss,
  readCvssMetrics,
  readSsvc,
  type SsvcFacts,
  type ThreatReports,
} from "../risk/index.ts";

/** What is known about one CVE besides which versions it affects. */
export interface VulnerabilityEvidence {
  readonly exploitation: ExploitationEvidence;
  readonly cvss: CvssFacts | null;
}

/** Answers for every CVE, also for those of which nothing but the id is known. */
export interface Evidence {
  get(vulnerabilityId: string): VulnerabilityEvidence;
}

type Vulnerability = Pick<VulnerabilityRecord, "id" | "cvssVector" | "published" | "cwe">;
/** `model` is the version of the model that gave an EPSS score, where it is known. */
type Signal = Pick<SignalRecord, "vulnerabilityId" | "at" | "data"> & {
  readonly kind: string;
  readonly value: number | null;
  readonly model?: string;
  /** The feed that it came from, where it is known. */
  readonly source?: string;
};

/** Gathers what feeds say of CVEs, as it stands at a moment. Where several sources give an EPSS score, the highest counts. */
export function gatherEvidence(vulnerabilities: Iterable<Vulnerability>, signals: Iterable<Signal>, at: Instant): Evidence {
  const described = new Map<string, Vulnerability>();
  for (const v of vulnerabilities) described.set(v.id, v);
  const signalled = new Map<string, Signal[]>();
  for (const signal of signals) {
    const known = signalled.get(signal.vulnerabilityId);
    if (known) known.push(signal);
    else signalled.set(signal.vulnerabilityId, [signal]);
  }
  const answers = new Map<string, VulnerabilityEvidence>();
  return {
    get(id) {
      const answer = answers.get(id) ?? evidenceOf(id, described.get(id), signalled.get(id) ?? [], at);
      answers.set(id, answer);
      return answer;
    },
  };
}

function evidenceOf(id: string, described: Vulnerability | undefined, signals: readonly Signal[], at: Instant): VulnerabilityEvidence {
  const vector = described?.cvssVector ?? "";
  const published = instant(Math.min(at, parse(described?.published) ?? dayOfId(id) ?? at));
  let epss: ExploitFacts["epss"] = null;
  let kev: Instant | null = null;
  let ransomware = false;
  let ssvc: SsvcFacts | null = null;
  const exploits: { [kind in (typeof EXPLOIT_KINDS)[number]]?: Instant } = {};
  const reports: ThreatReports[] = [];
  for (const { kind, at: since, value, data, model, source } of signals) {
    if (kind === "epss" && value !== null && value > (epss?.score ?? -1)) epss = { score: value, model: model || null };
    else if (kind === "kev") {
      kev = instant(Math.min(at, parse(since) ?? published));
      ransomware ||= data.ransomware === true;
    } else if (kind === "exploit") {
      // A catalogue that is not told apart counts as the one that says least.
      const catalogue = EXPLOIT_KINDS.find((k) => k === data.list) ?? "github";
      exploits[catalogue] = instant(Math.min(at, parse(since) ?? published));
    } else if (kind === "ssvc") ssvc = readSsvc(data);
    else if (kind === "chatter") reports.push(reportsOf(source ?? "a threat feed", value ?? 1, since, data));
  }
  const cwe = (described?.cwe ?? []).flatMap((name) => /^CWE-(\d{1,5})$/.exec(name)?.[1] ?? []).map(Number);
  const facts = { at, published, cvss: vector ? readCvssMetrics(vector) : null, cwe, epss, kev, exploits, ssvc, leftOut: [] };
  return { exploitation: { facts, ransomware, ...(reports.length > 0 ? { reports } : {}) }, cvss: vector ? readCvss(vector) : null };
}

function reportsOf(feed: string, count: number, last: string | null, data: Readonly<Record<string, unknown>>): ThreatReports {
  const day = (moment: unknown) => (typeof moment === "string" && parse(moment) !== undefined ? moment.slice(0, 10) : null);
  const names = Array.isArray(data.names) ? data.names.filter((n): n is string => typeof n === "string") : [];
  return { feed, count, names, since: day(data.first) ?? day(last), last: day(last) };
}

const parse = (moment: string | null | undefined): Instant | undefined => {
  const ms = moment ? Date.parse(moment) : Number.NaN;
  return Number.isNaN(ms) ? undefined : instant(ms);
};
/** Where no feed says when a CVE was published, the middle of the year that its id was given in. */
const dayOfId = (id: string): Instant | undefined => parseInstant(`${/^CVE-(\d{4})-/.exec(id)?.[1] ?? ""}-07-01T00:00:00Z`);

/** What is known of a vulnerability's exploitation, a word for each thing, in order. More words than before is news. */
export function exploitationWords({ exploitation: { facts, ransomware } }: VulnerabilityEvidence): string[] {
  return [
    ...(facts.kev === null ? [] : ["kev"]),
    ...(ransomware ? ["ransomware"] : []),
    ...Object.keys(facts.exploits).map((list) => `exploit:${list}`),
    ...(facts.ssvc?.exploitation === "active" ? ["ssvc:active"] : []),
  ].sort();
}
