/** A repository's Release file as `apt-cache policy` tells it. */
export interface Release {
  readonly origin: string;
  readonly label: string;
  /** The Suite ("oldstable-security"); where a Release file has none, its Codename. */
  readonly suite: string;
  readonly codename: string;
}

/** The part of `apt-cache policy` (without names) that ties an index ("uri suite/component arch Packages") to its Release. */
export function parseReleases(text: string): Map<string, Release> {
  const releases = new Map<string, Release>();
  let index: string | undefined;
  for (const line of text.split("\n")) {
    // Four words, three for a flat repository ("uri ./ Packages"), one for dpkg's own status file.
    const source = /^\s+-?\d+ (\S.*)$/.exec(line);
    const release = /^\s+release (.*)$/.exec(line);
    if (source) index = source[1];
    else if (release && index !== undefined) {
      const value = (key: string) => new RegExp(`(?:^|,)${key}=([^,]*)`).exec(release[1] ?? "")?.[1] ?? "";
      releases.set(index, { origin: value("o"), label: value("l"), suite: value("a") || value("n"), codename: value("n") });
    }
  }
  return releases;
}

/** What apt would install of one package, and where that version comes from. */
export interface Candidate {
  /** "name", or "name:arch" for another architecture than the machine's own. */
  readonly name: string;
  readonly installed: string;
  readonly candidate: string;
  /** Indexes that offer the candidate, as in {@link parseReleases}. */
  readonly indexes: readonly string[];
}

/** `apt-cache policy NAME...` (apt 1.0 to 3.0). Packages without a candidate are left out. */
export function parseCandidates(text: string): Candidate[] {
  const candidates: Candidate[] = [];
  let current: { name: string; installed: string; candidate: string; indexes: string[] } | undefined;
  let inCandidate = false;
  const finish = () => {
    if (current && current.candidate !== "" && current.candidate !== "(none)") candidates.push(current);
  };
  for (const line of text.split("\n")) {
    const header = /^(\S+):$/.exec(line);
    if (header) {
      finish();
      current = { name: header[1] ?? "", installed: "", candidate: "", indexes: [] };
      inCandidate = false;
      continue;
    }
    if (!current) continue;
    const fact = /^ {2}(Installed|Candidate): (\S+)/.exec(line);
    const version = /^ (?:\*\*\*| {3}) (\S+) -?\d+(?: \(phased \d+%\))?$/.exec(line);
    const source = /^ {8,}-?\d+ (\S.*)$/.exec(line);
    if (fact?.[1] === "Installed") current.installed = fact[2] ?? "";
    else if (fact?.[1] === "Candidate") current.candidate = fact[2] ?? "";
    else if (version) inCandidate = version[1] === current.candidate;
    else if (source?.[1] && inCandidate) current.indexes.push(source[1]);
  }
  finish();
  return candidates;
}
