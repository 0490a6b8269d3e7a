import { formatInstant, type Instant } from "@breakwater/shared/core";

/**
 * The last day of security updates that everybody gets, by /etc/os-release's ID and VERSION_ID or its beginning. Of Debian this is the end of its long
 * term support, of Ubuntu that of the standard support, of SUSE's servers that of the service pack's general support; where a publisher names a month, its
 * last day. Of Debian and Ubuntu as the package distro-info-data has them; the others are to be checked against the publishers' own pages, where days move:
 * access.redhat.com/support/policy/updates/errata, wiki.almalinux.org, wiki.rockylinux.org, oracle.com (Lifetime Support), docs.aws.amazon.com/linux,
 * docs.fedoraproject.org, suse.com/lifecycle, en.opensuse.org/Lifetime, alpinelinux.org/releases.
 */
const LAST_DAY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  debian: {
    ...{ 7: "2018-05-31", 8: "2020-06-30", 9: "2022-06-30", 10: "2024-06-30" },
    ...{ 11: "2026-08-31", 12: "2028-06-30", 13: "2030-06-30" },
  },
  ubuntu: {
    ...{ "12.04": "2017-04-28", "14.04": "2019-04-25", "16.04": "2021-04-30", "16.10": "2017-07-20", "17.04": "2018-01-13" },
    ...{ "17.10": "2018-07-19", "18.04": "2023-05-31", "18.10": "2019-07-18", "19.04": "2020-01-23", "19.10": "2020-07-17" },
    ...{ "20.04": "2025-05-29", "20.10": "2021-07-22", "21.04": "2022-01-20", "21.10": "2022-07-14", "22.04": "2027-06-01" },
    ...{ "22.10": "2023-07-20", "23.04": "2024-01-25", "23.10": "2024-07-11", "24.04": "2029-05-31", "24.10": "2025-07-10" },
    ...{ "25.04": "2026-01-15", "25.10": "2026-07-09", "26.04": "2031-05-29" },
  },
  rhel: { 5: "2017-03-31", 6: "2020-11-30", 7: "2024-06-30", 8: "2029-05-31", 9: "2032-05-31", 10: "2035-05-31" },
  centos: { 5: "2017-03-31", 6: "2020-11-30", 7: "2024-06-30", 8: "2024-05-31", 9: "2027-05-31", 10: "2030-01-01" },
  almalinux: { 8: "2029-03-01", 9: "2032-05-31", 10: "2035-05-31" },
  rocky: { 8: "2029-05-31", 9: "2032-05-31", 10: "2035-05-31" },
  ol: { 6: "2021-03-31", 7: "2024-12-31", 8: "2029-07-31", 9: "2032-06-30" },
  amzn: { 2: "2026-06-30", 2016: "2023-12-31", 2017: "2023-12-31", 2018: "2023-12-31", 2023: "2028-03-15" },
  fedora: {
    ...{ 35: "2022-12-13", 36: "2023-05-16", 37: "2023-12-05", 38: "2024-05-21", 39: "2024-11-26", 40: "2025-05-13" },
    ...{ 41: "2025-12-15", 42: "2026-05-13", 43: "2026-12-09" },
  },
  sles: {
    ...{ "11.4": "2019-03-31", "12.3": "2019-06-30", "12.4": "2020-06-30", "12.5": "2024-10-31", "15.1": "2021-01-31" },
    ...{ "15.2": "2021-12-31", "15.3": "2022-12-31", "15.4": "2023-12-31", "15.5": "2024-12-31", "15.6": "2025-12-31" },
    "15.7": "2031-07-31",
  },
  "opensuse-leap": {
    ...{ "42.3": "2019-07-01", "15.0": "2019-12-03", "15.1": "2021-02-02", "15.2": "2022-01-04", "15.3": "2022-12-31" },
    ...{ "15.4": "2023-12-07", "15.5": "2024-12-31", "15.6": "2026-04-30", "16.0": "2027-10-31" },
  },
  alpine: {
    ...{ "3.10": "2021-05-01", "3.11": "2021-11-01", "3.12": "2022-05-01", "3.13": "2022-11-01", "3.14": "2023-05-01" },
    ...{ "3.15": "2023-11-01", "3.16": "2024-05-23", "3.17": "2024-11-22", "3.18": "2025-05-09", "3.19": "2025-11-01" },
    ...{ "3.20": "2026-04-01", "3.21": "2026-11-01", "3.22": "2027-05-01", "3.23": "2027-11-01" },
  },
};

/** Every release whose last day is known, as "id version", in two lists: those whose day is over at a moment, and those that still get updates. Pure. */
export function releasesAt(now: Instant): { readonly ended: string[]; readonly supported: string[] } {
  const today = formatInstant(now).slice(0, 10);
  const all = Object.entries(LAST_DAY).flatMap(([id, releases]) =>
    Object.entries(releases).map(([version, last]) => ({ name: `${id} ${version}`, over: last < today })),
  );
  const names = (over: boolean) => all.filter((r) => r.over === over).map((r) => r.name);
  return { ended: names(true), supported: names(false) };
}
