import { fail, ok, type Result } from "@breakwater/shared/core";
import { comparePackageVersions } from "@breakwater/shared/package-version";
import type { WirePendingUpdate } from "@breakwater/shared/wire";
import { type Candidate, parseCandidates, parseReleases, type Release } from "./apt-policy.ts";
import type { SystemPackage } from "./databases/index.ts";
import { paragraphs } from "./deb822.ts";
import { sourceOf } from "./dpkg-status.ts";
import { runText } from "./run-tool.ts";

const TIMEOUT_MS = 120_000;
const SHOW_FIELDS = new Set(["Package", "Version", "Architecture", "Source", "Size", "Phased-Update-Percentage"]);

/** What the package index says of one version. */
interface IndexEntry {
  readonly source: { name: string; version: string };
  readonly sizeBytes: number;
  readonly phasedPercent: number;
}

/** Vendors mark their security pockets by label or suite: Debian-Security, jammy-security, ... */
export const isSecurity = (release: Release): boolean =>
  /(^|[-_ ])security($|[-_ ])/i.test(release.label) || /-security$/.test(release.suite) || /-security$/.test(release.codename);

/**
 * Updates that apt's own sources offer: the candidate of every installed package that is newer than what is installed.
 * Holds and phasing do not hide an update here, they are told with it.
 */
export async function pendingUpdates(packages: readonly SystemPackage[], nativeArchitecture: string): Promise<Result<WirePendingUpdate[]>> {
  const installed = new Map(packages.filter((p) => p.status !== "config-files").map((p) => [aptName(p, nativeArchitecture), p]));
  if (installed.size === 0) return ok([]);
  const overview = await runText("apt-cache", ["policy"], { timeoutMs: TIMEOUT_MS });
  if (!overview.ok) return overview;
  const releases = parseReleases(overview.value);
  if (![...releases.keys()].some((index) => index.endsWith(" Packages")))
    return fail({
      code: "package-lists-missing",
      message: "apt has no package lists, so pending updates are unknown.",
      next: "Run apt-get update, or look at the repositories.",
    });
  const policy = await runText("apt-cache", ["policy", ...installed.keys()], { timeoutMs: TIMEOUT_MS });
  if (!policy.ok) return policy;
  const candidates = parseCandidates(policy.value).filter((c) => {
    const present = installed.get(c.name);
    // Where the order cannot be told, apt has decided: it offers this version.
    return present && [">", "?"].includes(comparePackageVersions("deb", c.candidate, present.version)) && c.candidate !== present.version;
  });
  if (candidates.length === 0) return ok([]);
  const shown = await runText("apt-cache", ["show", ...candidates.map((c) => `${c.name}=${c.candidate}`)], { timeoutMs: TIMEOUT_MS });
  if (!shown.ok) return shown;
  return ok(describeCandidates(candidates, installed, releases, parseIndexEntries(shown.value)));
}

/** "name" for the machine's own architecture and "all", else "name:arch": how apt itself prints names. */
const aptName = (p: { name: string; architecture: string }, native: string): string =>
  p.architecture === native || p.architecture === "all" ? p.name : `${p.name}:${p.architecture}`;

export function parseIndexEntries(text: string): Map<string, IndexEntry> {
  const entries = new Map<string, IndexEntry>();
  for (const p of paragraphs(text, SHOW_FIELDS)) {
    if (!p.Package || !p.Version) continue;
    const entry: IndexEntry = {
      source: sourceOf(p.Package, p.Version, p.Source),
      sizeBytes: Number.parseInt(p.Size ?? "0", 10) || 0,
      phasedPercent: p["Phased-Update-Percentage"] === undefined ? 100 : Number.parseInt(p["Phased-Update-Percentage"], 10),
    };
    for (const key of [`${p.Package}=${p.Version}`, `${p.Package}:${p.Architecture}=${p.Version}`])
      if (!entries.has(key)) entries.set(key, entry);
  }
  return entries;
}

export function describeCandidates(
  candidates: readonly Candidate[],
  installed: ReadonlyMap<string, SystemPackage>,
  releases: ReadonlyMap<string, Release>,
  entries: ReadonlyMap<string, IndexEntry>,
): WirePendingUpdate[] {
  return candidates.flatMap((c) => {
    const present = installed.get(c.name);
    if (!present) return [];
    const sources = c.indexes.flatMap((i) => releases.get(i) ?? []);
    const release = sources.find(isSecurity) ?? sources[0];
    const entry = entries.get(`${c.name}=${c.candidate}`);
    return {
      ecosystem: "deb",
      name: present.name,
      architecture: present.architecture,
      installedVersion: present.version,
      candidateVersion: c.candidate,
      sourceName: entry?.source.name ?? present.sourceName,
      sourceVersion: entry?.source.version ?? c.candidate,
      origin: release?.origin ?? "",
      label: release?.label ?? "",
      suite: release?.suite ?? "",
      security: release !== undefined && isSecurity(release),
      downloadSizeBytes: entry?.sizeBytes ?? 0,
      phasedPercent: entry?.phasedPercent ?? 100,
      held: present.held,
    };
  });
}
