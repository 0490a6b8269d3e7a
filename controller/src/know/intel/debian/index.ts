import { compareVersions } from "@breakwater/shared/version";
import { z } from "zod";
import type { JsonFeed } from "../adapter.ts";
import { type AffectedRange, CVE_ID, type FeedSink } from "../records.ts";
import { readRelease } from "../release.ts";

/** What the tracker says of one CVE in one source package. @see https://security-tracker.debian.org/tracker/data/json */
const Issue = z.object({
  description: z.string().optional(),
  releases: z.record(
    z.string(),
    z.object({
      status: z.enum(["open", "resolved", "undetermined"]),
      fixed_version: z.string().optional(),
      urgency: z.string().optional(),
      nodsa: z.string().optional(),
      nodsa_reason: z.string().optional(),
    }),
  ),
});
type Issue = z.infer<typeof Issue>;
const MAX_SUMMARY = 500;

const looksLikeIssues = (value: unknown): boolean => {
  const issues = typeof value === "object" && value !== null ? Object.entries(value) : [];
  const [first] = issues;
  return first !== undefined && /^(CVE|TEMP)-/.test(first[0]) && Issue.safeParse(first[1]).success;
};

/**
 * Debian's security tracker, as JSON: source package, then CVE, then release. It tells more than advisories do: what is affected and not
 * fixed, what never will be ("end-of-life", "ignored"), and what never was affected (fixed in "0").
 */
export const debian: JsonFeed = {
  kind: "debian",
  recognises: (document) => looksLikeIssues(Object.values(document)[0]),
  recognisesPart: (part) => looksLikeIssues(Object.values(part)[0]),
  take(document, _name, sink) {
    for (const [source, issues] of Object.entries(z.record(z.string(), z.record(z.string(), z.unknown())).parse(document)))
      for (const [id, value] of Object.entries(issues)) takeIssue(source, id, value, sink);
  },
};

function takeIssue(source: string, id: string, value: unknown, sink: FeedSink): void {
  const issue = Issue.safeParse(value);
  if (!issue.success || !/^(CVE-\d{4}-\d{4,}|TEMP-\S+)$/.test(id)) {
    sink.reject(`${source} ${id}`, issue.success ? "it is no id of a vulnerability" : z.prettifyError(issue.error).slice(0, 200));
    return;
  }
  const affected = Object.entries(issue.data.releases).flatMap(([release, state]) => {
    const distribution = readRelease(release);
    if (!distribution.startsWith("debian:") || state.status === "undetermined") return [];
    const fixed = state.status === "resolved" ? (state.fixed_version ?? null) : null;
    if (fixed !== null && fixed !== "0" && compareVersions("deb", fixed, fixed) === "?") {
      sink.reject(`${source} ${id}`, `${JSON.stringify(fixed)} is no deb version`);
      return [];
    }
    if (state.status === "resolved" && fixed === null) return [];
    return [
      {
        distribution,
        ecosystem: "deb",
        package: source,
        introduced: "0",
        fixed,
        lastAffected: null,
        urgency: urgencyOf(state),
      } satisfies AffectedRange,
    ];
  });
  if (affected.length === 0) return;
  const summary = (issue.data.description ?? "").slice(0, MAX_SUMMARY);
  sink.advisory({
    id: `DEBIAN-${id}-${source}`,
    ...{ summary, published: null, modified: null, withdrawn: false, vulnerabilities: [id], affected },
  });
  if (CVE_ID.test(id)) sink.vulnerability({ id, summary, published: null, cvssVector: "", cwe: [], withdrawn: false });
}

/** "unimportant" is a verdict; "end-of-life" and "ignored" tell why there is no fix. */
function urgencyOf({ urgency, nodsa_reason: reason, nodsa }: Issue["releases"][string]): string {
  if (urgency === "unimportant" || urgency === "end-of-life") return urgency;
  return reason === "ignored" || reason === "postponed" ? reason : nodsa ? "no-dsa" : "";
}
