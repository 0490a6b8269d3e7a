/** What the tracker says of one package, as the security API has it: [release, state, note, pocket]. */
export type Status = readonly [string, string, string?, string?];

/** One CVE as the security API answers. */
export const apiCve = (id: string, packages: Readonly<Record<string, readonly Status[]>>, more: object = {}) => ({
  id,
  published: "2026-02-01T10:00:00",
  updated_at: "2026-02-03T10:00:00.123456+00:00",
  description: "A flaw in tool.",
  priority: "medium",
  status: "active",
  impact: { baseMetricV3: { cvssV3: { vectorString: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N" } } },
  packages: Object.entries(packages).map(([name, statuses]) => ({
    name,
    source: `https://launchpad.net/distros/ubuntu/+source/${name}`,
    statuses: statuses.map(([release_codename, status, description = null, pocket = null]) => ({
      release_codename,
      status,
      description,
      component: null,
      pocket,
    })),
  })),
  ...more,
});

/** The same as the tracker's own file, turned to JSON: pockets by name. */
export const trackerCve = (id: string, packages: Readonly<Record<string, Readonly<Record<string, readonly [string, string?]>>>>) => ({
  candidate: id,
  description: "A flaw in tool.",
  priority: "medium",
  public_date: "2026-02-01 10:00:00 UTC",
  packages: Object.fromEntries(
    Object.entries(packages).map(([pocket, states]) => [
      pocket,
      Object.fromEntries(
        Object.entries(states).map(([name, [status, note]]) => [name, { name, status, ...(note === undefined ? {} : { note }) }]),
      ),
    ]),
  ),
});

/** A notice as the security API answers: builds by release, [name, version, source or not, pocket]. */
export const notice = (id: string, releases: Readonly<Record<string, readonly (readonly [string, string, boolean, string?])[]>>) => ({
  id,
  title: "Tool vulnerability",
  published: "2026-02-05T10:00:00",
  cves_ids: ["CVE-2026-1001"],
  release_packages: Object.fromEntries(
    Object.entries(releases).map(([codename, builds]) => [
      codename,
      builds.map(([name, version, is_source, pocket]) => ({ name, version, is_source, ...(pocket ? { pocket } : {}) })),
    ]),
  ),
});
