import { softwareNormal } from "./identifiers.ts";

/** Software on which a configuration database and the endpoints that it describes do not agree. */
export interface SoftwareGap {
  readonly kind: "software-unlisted" | "software-not-installed" | "software-version";
  readonly name: string;
  /** Of all endpoints where it is so, in no order; at most {@link MAX_VERSIONS} each. */
  readonly listed: readonly string[];
  readonly installed: readonly string[];
  readonly endpoints: number;
  /** Some of these endpoints. */
  readonly examples: readonly string[];
}

const MAX_VERSIONS = 5;
const MAX_EXAMPLES = 5;

/** What an entry says that a machine has. */
export interface ListedSoftware {
  readonly normal: string;
  readonly name: string;
  readonly version: string;
}

/** A package of the fleet, by the names under which it may be listed. Made by {@link SoftwareTally.package}. */
export interface TalliedPackage {
  readonly names: readonly Name[];
  readonly source: Source;
  readonly version: string;
  readonly builtVersion: string;
  /** Whether its version is among those that are told as unlisted. */
  told: boolean;
}

/** A normalised name. The marks hold the number of the pair that set them last: nothing is emptied between two pairs. */
interface Name {
  listedIn: number;
  versions: string[];
}
interface Source {
  readonly name: string;
  coveredIn: number;
  unlisted: Collected | undefined;
}
interface Collected {
  readonly kind: SoftwareGap["kind"];
  readonly name: string;
  readonly listed: Set<string>;
  readonly installed: Set<string>;
  endpoints: number;
  /** The first of them. */
  readonly examples: string[];
  /** The one that was counted last: all of one follow one another. */
  last: string;
}

/**
 * Compares pair after pair what is listed with what is installed, and counts what differs by name. Millions of packages of
 * thousands of machines pass through here, nearly all of them unlisted, so that a package costs a few comparisons of
 * numbers and nothing is made anew for it. All pairs of one endpoint must follow one another.
 */
export class SoftwareTally {
  #pair = 0;
  readonly #names = new Map<string, Name>();
  readonly #sources = new Map<string, Source>();
  readonly #found: Readonly<Record<SoftwareGap["kind"], Map<string, Collected>>> = {
    "software-unlisted": new Map(),
    "software-not-installed": new Map(),
    "software-version": new Map(),
  };

  package(pkg: {
    readonly name: string;
    readonly version: string;
    readonly sourceName: string;
    readonly sourceVersion: string;
  }): TalliedPackage {
    const builtFrom = pkg.sourceName || pkg.name;
    let source = this.#sources.get(builtFrom);
    if (!source) {
      source = { name: builtFrom, coveredIn: 0, unlisted: undefined };
      this.#sources.set(builtFrom, source);
    }
    const names = [...new Set([softwareNormal(pkg.name), softwareNormal(builtFrom)])].map((normal) => this.#name(normal));
    return { names, source, version: pkg.version, builtVersion: pkg.sourceVersion || pkg.version, told: false };
  }

  /** One endpoint and one entry that describes it. */
  compare(endpointId: string, listed: readonly ListedSoftware[], installed: readonly TalliedPackage[]): void {
    const pair = ++this.#pair;
    for (const { normal } of listed) {
      const name = this.#name(normal);
      name.listedIn = pair;
      name.versions = [];
    }
    for (const pkg of installed)
      for (const name of pkg.names)
        if (name.listedIn === pair) {
          name.versions.push(pkg.version, pkg.builtVersion);
          pkg.source.coveredIn = pair;
        }
    for (const { normal, name, version } of listed) {
      const { versions } = this.#name(normal);
      if (versions.length === 0) this.#tell("software-not-installed", name, endpointId, [version], []);
      else if (!versions.some((v) => sameVersion(version, v))) this.#tell("software-version", name, endpointId, [version], versions);
    }
    for (const pkg of installed) {
      const { source } = pkg;
      if (source.coveredIn === pair) continue;
      source.unlisted ??= this.#collected("software-unlisted", source.name);
      count(source.unlisted, endpointId);
      if (!pkg.told) add(source.unlisted.installed, [pkg.builtVersion]);
      pkg.told = true;
    }
  }

  gaps(): SoftwareGap[] {
    return Object.values(this.#found)
      .flatMap((kind) => [...kind.values()])
      .map(({ kind, name, listed, installed, endpoints, examples }) => ({
        ...{ kind, name, listed: [...listed], installed: [...installed], endpoints, examples },
      }));
  }

  #name(normal: string): Name {
    let name = this.#names.get(normal);
    if (!name) {
      name = { listedIn: 0, versions: [] };
      this.#names.set(normal, name);
    }
    return name;
  }

  #tell(kind: SoftwareGap["kind"], name: string, endpointId: string, listed: readonly string[], installed: readonly string[]): void {
    const collected = this.#collected(kind, name);
    count(collected, endpointId);
    add(collected.listed, listed);
    add(collected.installed, installed);
  }

  #collected(kind: SoftwareGap["kind"], name: string): Collected {
    const normal = softwareNormal(name);
    let known = this.#found[kind].get(normal);
    if (!known) {
      known = { kind, name, listed: new Set(), installed: new Set(), endpoints: 0, examples: [], last: "" };
      this.#found[kind].set(normal, known);
    }
    return known;
  }
}

function count(known: Collected, endpointId: string): void {
  if (known.last === endpointId) return;
  known.last = endpointId;
  known.endpoints++;
  if (known.examples.length < MAX_EXAMPLES) known.examples.push(endpointId);
}

function add(to: Set<string>, versions: readonly string[]): void {
  for (const version of versions) if (to.size < MAX_VERSIONS) to.add(version);
}

/**
 * Whether a listed version says what is installed: the same, the same without epoch and a distribution's revision, or its
 * beginning, since such lists often hold no more than "3.0". A list that says no version contradicts none.
 */
export function sameVersion(listed: string, installed: string): boolean {
  const upstream = installed.replace(/^\d+:/, "").replace(/-[^-]*$/, "");
  const told = listed.replace(/^v(?=\d)/i, "");
  return told === "" || [installed, installed.replace(/^\d+:/, ""), upstream].includes(told) || upstream.startsWith(`${told}.`);
}
