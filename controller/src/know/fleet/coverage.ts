import { formatInstant, type Instant } from "@breakwater/shared/core";
import { type SQL, sql } from "drizzle-orm";

/**
 * Why fixes may be missing on an endpoint without anybody saying so. end-of-life: the public security support of its release is over.
 * no-security-source: no repository that security updates come from is set up and works. unknown: the repositories could not be listed.
 */
export const UNCOVERED = ["end-of-life", "no-security-source", "unknown"] as const;

/**
 * The last day of security updates that everybody gets, by /etc/os-release's ID and VERSION_ID or its beginning. Of Debian this is the end of its long
 * term support, of Ubuntu that of the standard support. To be checked against the publishers' own pages, where days move: wiki.debian.org/LTS,
 * ubuntu.com/about/release-cycle, access.redhat.com/support/policy/updates/errata, wiki.almalinux.org, wiki.rockylinux.org, oracle.com (Lifetime Support),
 * docs.aws.amazon.com/linux, docs.fedoraproject.org, suse.com/lifecycle, en.opensuse.org/Lifetime, alpinelinux.org/releases. A release that is not listed
 * is taken to be supported.
 */
const LAST_DAY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  debian: { 8: "2020-06-30", 9: "2022-06-30", 10: "2024-06-30", 11: "2026-08-31", 12: "2028-06-30", 13: "2030-06-30" },
  ubuntu: {
    ...{ "14.04": "2019-04-25", "16.04": "2021-04-30", "18.04": "2023-05-31", "20.04": "2025-05-31", "22.04": "2027-06-01" },
    ...{ "24.04": "2029-05-31", "22.10": "2023-07-20", "23.04": "2024-01-25", "23.10": "2024-07-11", "24.10": "2025-07-10" },
    "25.04": "2026-01-15",
  },
  rhel: { 6: "2020-11-30", 7: "2024-06-30", 8: "2029-05-31", 9: "2032-05-31", 10: "2035-05-31" },
  centos: { 6: "2020-11-30", 7: "2024-06-30", 8: "2024-05-31", 9: "2027-05-31" },
  almalinux: { 8: "2029-03-01", 9: "2032-05-31", 10: "2035-05-31" },
  rocky: { 8: "2029-05-31", 9: "2032-05-31", 10: "2035-05-31" },
  ol: { 6: "2021-03-31", 7: "2024-12-31", 8: "2029-07-31", 9: "2032-06-30" },
  amzn: { 2: "2026-06-30", 2018: "2023-12-31", 2023: "2028-03-15" },
  fedora: { 38: "2024-05-21", 39: "2024-11-26", 40: "2025-05-13", 41: "2025-12-15", 42: "2026-05-13" },
  sles: { "12.5": "2024-10-31", "15.3": "2022-12-31", "15.4": "2023-12-31", "15.5": "2024-12-31", "15.6": "2025-12-31" },
  "opensuse-leap": { "15.3": "2022-12-31", "15.4": "2023-12-07", "15.5": "2024-12-31", "15.6": "2026-04-30" },
  alpine: {
    "3.16": "2024-05-23",
    "3.17": "2024-11-22",
    "3.18": "2025-05-09",
    "3.19": "2025-11-01",
    "3.20": "2026-04-01",
    "3.21": "2026-11-01",
  },
};

/** Releases whose public support is over at a moment, as "id version". Pure. */
function endedReleases(now: Instant): string[] {
  const today = formatInstant(now).slice(0, 10);
  return Object.entries(LAST_DAY).flatMap(([id, releases]) =>
    Object.entries(releases).flatMap(([version, last]) => (last < today ? [`${id} ${version}`] : [])),
  );
}

/**
 * Of `endpoint e`: one of the words of {@link UNCOVERED}, or null. An Ubuntu machine past its standard support is covered where Ubuntu Pro's archive works. Of Debian and
 * Ubuntu a source of security updates is told by its name, suite or address; elsewhere any repository is one.
 */
export function uncovered(now: Instant): SQL {
  const ended = sql`${sql.param(endedReleases(now))}::text[]`;
  const any = (condition: string) => sql`jsonb_path_exists(e.facts, ${`$.repositories[*] ? (${condition})`}::jsonpath)`;
  const named = ["label", "suite", "uri", "origin"].map((field) => `@.${field} like_regex "security" flag "i"`).join(" || ");
  const working = `@.state == "trusted"`;
  return sql`case
    when e.inventory_at is null or e.facts is null then null
    when exists (select 1 from unnest(${ended}) r where e.os_id || ' ' || e.os_version = r or starts_with(e.os_id || ' ' || e.os_version, r || '.'))
      and not ${any(`${working} && @.origin like_regex "^UbuntuESM"`)} then 'end-of-life'
    when jsonb_path_exists(e.facts, '$.problems[*] ? (@.collector == "repositories" || @.collector == "inventory")') then 'unknown'
    when e.os_id in ('debian', 'ubuntu') and e.os_version <> '' then
      case when ${any(`${working} && (${named})`)} then null else 'no-security-source' end
    when ${any(`${working} || @.state == "untrusted"`)} then null
    when e.os_id in ('rhel', 'centos', 'almalinux', 'rocky', 'fedora', 'ol', 'sles', 'opensuse-leap', 'amzn') then 'no-security-source'
    end`;
}
