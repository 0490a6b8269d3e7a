import type { Instant } from "@breakwater/shared/core";
import { type SQL, sql } from "drizzle-orm";
import { groupBy } from "../rows.ts";
import { releasesAt } from "./releases.ts";

/**
 * Why fixes may be missing on an endpoint without anybody saying so. end-of-life: the public security support of its release is over.
 * no-security-source: no repository that security updates come from is set up and works. unknown: the repositories could not be listed.
 * release-unknown: there is such a source, and whether anybody still brings updates for its release into it is not known here.
 */
export const UNCOVERED = ["end-of-life", "no-security-source", "unknown", "release-unknown"] as const;

/**
 * Of `endpoint e`: one of the words of {@link UNCOVERED}, or null. A machine past that day is covered where an archive of extended support works (Ubuntu Pro, SUSE's LTSS, ELS). Of Debian and
 * Ubuntu a source of security updates is told by its name, suite or address; elsewhere any repository is one. What has no release
 * (Debian's testing and unstable, openSUSE Tumbleweed, Alpine's edge) has no last day.
 */
export function uncovered(now: Instant): SQL {
  const { ended, supported } = releasesAt(now);
  const release = sql`e.os_id || ' ' || e.os_version`;
  const firstParts = (count: number) => sql`array_to_string((string_to_array(${release}, '.'))[1:${sql.raw(String(count))}], '.')`;
  // "centos 7.9" is what is said of "centos 7". Compared with names of as many parts as one list: going through them one by one takes ten times as long.
  const oneOf = (releases: string[]) => {
    const byCount = groupBy(releases, (name) => name.split(".").length);
    return sql.join(
      [sql`false`, ...[...byCount].map(([count, names]) => sql`${firstParts(count)} = any(${sql.param(names)}::text[])`)],
      sql` or `,
    );
  };
  return sql`case
    when e.inventory_at is null or e.facts is null then null
    when (${oneOf(ended)}) and not e.extended_source then 'end-of-life'
    when e.repositories_unlisted then 'unknown'
    when e.os_id in ('debian', 'ubuntu') and e.os_version <> '' and not e.security_source then 'no-security-source'
    when e.os_id in ('rhel', 'centos', 'almalinux', 'rocky', 'fedora', 'ol', 'sles', 'opensuse-leap', 'amzn')
      and not e.some_source then 'no-security-source'
    when ${oneOf([...ended, ...supported])} then null
    when ${release} = 'debian ' or e.os_id = 'opensuse-tumbleweed' or ${release} ~ '^alpine [0-9.]+_alpha' then null
    else 'release-unknown'
    end`;
}
