import { isUnfit, printable } from "../printable.ts";
import type { AdvisoryRecord, FeedSink, SignalRecord, VulnerabilityRecord } from "./records.ts";

/** The longest package names are Go's and Maven's paths; the longest versions, modules' builds with two contexts. */
const MAX_NAME = 1_000;

/** Why a text is no name, version or id; undefined where it may be one. */
function unfit(what: string, text: string | null): string | undefined {
  if (text === null) return undefined;
  if (text.length > MAX_NAME) return `${what} has ${text.length} characters`;
  return isUnfit(text) ? `${what} has control characters or invisible ones: ${JSON.stringify(printable(text.slice(0, 80)))}` : undefined;
}

const inAdvisory = ({ id, vulnerabilities, aliases = [], affected, module }: AdvisoryRecord): string | undefined =>
  unfit("its id", id) ??
  first([...vulnerabilities, ...aliases], (v) => unfit("the name of a vulnerability", v)) ??
  (module ? (unfit("its module", module.name) ?? unfit("its module's stream", module.stream)) : undefined) ??
  first(
    affected,
    (r) =>
      unfit("the name of a package", r.package) ??
      first([r.introduced, r.fixed, r.lastAffected, ...(r.versions ?? [])], (v) => unfit("a version", v)),
  );

function first<T>(all: readonly T[], why: (one: T) => string | undefined): string | undefined {
  for (const one of all) {
    const reason = why(one);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Hands on what may be true; a record whose names cannot be names is set aside as a whole, with the reason. */
export function plausible(sink: FeedSink): FeedSink {
  const check = <T>(record: T, id: string, reason: string | undefined, take: (record: T) => void): void => {
    if (reason === undefined) take(record);
    else sink.reject(printable(id), reason);
  };
  return {
    advisory: (record: AdvisoryRecord) => check(record, record.id, inAdvisory(record), (r) => sink.advisory(r)),
    vulnerability: (record: VulnerabilityRecord) => check(record, record.id, unfit("its id", record.id), (r) => sink.vulnerability(r)),
    signal: (record: SignalRecord) => check(record, record.vulnerabilityId, unfit("its id", record.vulnerabilityId), (r) => sink.signal(r)),
    reject: (record, reason) => sink.reject(printable(record), printable(reason)),
    modelVersion: (version) => sink.modelVersion(version),
    dated: (moment) => sink.dated(moment),
    document: (id) => sink.document(id),
    ready: () => sink.ready(),
  };
}
