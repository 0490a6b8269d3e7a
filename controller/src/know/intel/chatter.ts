import { createHash } from "node:crypto";
import { z } from "zod";
import { CVE_ID, type FeedSink, type SignalRecord } from "./records.ts";

/** Reports that are told apart; more are "at least so many". */
export const MAX_REPORTS = 50;
const MAX_NAMES = 3;
const MAX_NAME = 100;
/** CVEs that one feed may name. */
const MAX_VULNERABILITIES = 400_000;

/** What people say of a vulnerability, as a signal keeps it: marks of the reports, what a few of them are called, and the earliest date. */
export const ChatterData = z.object({ ids: z.array(z.string()), names: z.array(z.string()), first: z.string().nullable() });
export type ChatterData = z.infer<typeof ChatterData>;

interface Said {
  readonly ids: Set<string>;
  readonly names: Set<string>;
  first: string | null;
  last: string | null;
}

/** Gathers what the reports of one feed name, one signal a vulnerability. */
export class Chatter {
  private readonly said = new Map<string, Said>();

  /** @param report by which a report is known again; `at` in ISO 8601 */
  add(vulnerability: string, report: string, name: string, at: string | null): void {
    const id = vulnerability.trim().toUpperCase();
    if (!CVE_ID.test(id)) return;
    const known = this.said.get(id) ?? { ids: new Set(), names: new Set(), first: null, last: null };
    if (known.ids.size === 0) {
      if (this.said.size >= MAX_VULNERABILITIES) throw new Error(`it names more than ${MAX_VULNERABILITIES} vulnerabilities`);
      this.said.set(id, known);
    }
    if (known.ids.size < MAX_REPORTS) known.ids.add(createHash("sha1").update(report).digest("base64url").slice(0, 12));
    const plain = name
      .replace(/\p{Cc}+/gu, " ")
      .trim()
      .slice(0, MAX_NAME);
    if (plain !== "" && known.names.size < MAX_NAMES) known.names.add(plain);
    if (at !== null) {
      if (known.first === null || at < known.first) known.first = at;
      if (known.last === null || at > known.last) known.last = at;
    }
  }

  tell(sink: FeedSink): void {
    for (const [vulnerabilityId, { ids, names, first, last }] of this.said)
      sink.signal({
        vulnerabilityId,
        kind: "chatter",
        at: last,
        value: ids.size,
        data: { ids: [...ids], names: [...names], first } satisfies ChatterData,
      });
  }
}

/** What was known and what came since, of a feed that is read piece by piece. */
export function mergeChatter(before: { readonly at: string | null; readonly data: unknown }, now: SignalRecord): SignalRecord {
  const old = ChatterData.safeParse(before.data).data;
  const fresh = ChatterData.safeParse(now.data).data;
  if (!old || !fresh) return now;
  const ids = [...new Set([...old.ids, ...fresh.ids])].slice(0, MAX_REPORTS);
  const names = [...new Set([...fresh.names, ...old.names])].slice(0, MAX_NAMES);
  const first = [old.first, fresh.first].filter((d) => d !== null).sort()[0] ?? null;
  const at =
    [before.at === null ? null : new Date(before.at).toISOString(), now.at]
      .filter((d) => d !== null)
      .sort()
      .at(-1) ?? null;
  return { ...now, at, value: ids.length, data: { ids, names, first } };
}
