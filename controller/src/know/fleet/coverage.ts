import type { Instant } from "@breakwater/shared/core";
import { type SQL, sql } from "drizzle-orm";
import { releasesAt } from "./releases.ts";

/**
 * Why fixes may be missing on an endpoint without anybody saying so. end-of-life: the public security support of its release is over.
 * no-security-source: no repository that security updates come from is set up and works. unknown: the repositories could not be listed.
 * release-unknown: there is such a source, and whether anybody still brings updates for its release into it is not known here.
 */
export const UNCOVERED = ["end-of-life", "no-security-source", "unknown", "release-unknown"] as const;

/**
 * Of `endpoint e`: one of the words of {@link UNCOVERED}, or null. An Ubuntu machine past its standard support is covered where Ubuntu Pro's archive works. Of Debian and
 * Ubuntu a source of security updates is told by its name, suite or address; elsewhere any repository is one. What has no release
 * (Debian's testing and unstable, openSUSE Tumbleweed, Alpine's edge) has no last day.
 */
export function uncovered(now: Instant): SQL {
  const { ended, supported } = releasesAt(now);
  const release = sql`e.os_id || ' ' || e.os_version`;
  const oneOf = (releases: string[]) =>
    sql`exists (select 1 from unnest(${sql.param(releases)}::text[]) r where ${release} = r or starts_with(${release}, r || '.'))`;
  const any = (condition: string) => sql`jsonb_path_exists(e.facts, ${`$.repositories[*] ? (${condition})`}::jsonpath)`;
  const named = ["label", "suite", "uri", "origin"].map((field) => `@.${field} like_regex "security" flag "i"`).join(" || ");
  const working = `@.state == "trusted"`;
  return sql`case
    when e.inventory_at is null or e.facts is null then null
    when ${oneOf(ended)}
      and not ${any(`${working} && @.origin like_regex "^UbuntuESM"`)} then 'end-of-life'
    when jsonb_path_exists(e.facts, '$.problems[*] ? (@.collector == "repositories" || @.collector == "inventory")') then 'unknown'
    when e.os_id in ('debian', 'ubuntu') and e.os_version <> '' and not ${any(`${working} && (${named})`)} then 'no-security-source'
    when e.os_id in ('rhel', 'centos', 'almalinux', 'rocky', 'fedora', 'ol', 'sles', 'opensuse-leap', 'amzn')
      and not ${any(`${working} || @.state == "untrusted"`)} then 'no-security-source'
    when ${oneOf([...ended, ...supported])} then null
    when ${release} = 'debian ' or e.os_id = 'opensuse-tumbleweed' or ${release} ~ '^alpine [0-9.]+_alpha' then null
    else 'release-unknown'
    end`;
}
