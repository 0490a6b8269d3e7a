import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fail, ok, type Result } from "@breakwater/shared/core";
import { comparePackageVersions } from "@breakwater/shared/package-version";
import { type ManagerFailure, packageKey } from "../package-manager.ts";
import { nevra } from "../rpm/environment.ts";
import { keptBeside } from "../rpm/rpm-state.ts";
import type { RpmUpdates } from "../rpm/updates.ts";
import type { Run } from "../run.ts";
import { askZypper } from "./ask.ts";
import { concerns, type Information, readInformation } from "./information.ts";
import { type Locked, readLocked } from "./locks.ts";
import { inChunks, neededPatches, type Patch } from "./patches.ts";
import { enabledRepositories, type ZyppRepository } from "./repositories.ts";
import { elements } from "./xml.ts";

const TIMEOUT_MS = 120_000;
const CACHE = "/var/cache/zypp";
/** The repository that zypper names for what is installed and offered by none. */
const NOWHERE = "(System Packages)";

interface Offer {
  readonly name: string;
  readonly architecture: string;
  readonly installed: string;
  readonly candidate: string;
  readonly repository: string;
}

/** Pure: the packages of `zypper list-updates --all`. */
export const readOffers = (xml: string): Offer[] =>
  elements(xml, "update").flatMap(({ attributes: a, inside }) =>
    a.kind === "package" && a.name && a.arch && a.edition && a["edition-old"]
      ? [
          {
            ...{ name: a.name, architecture: a.arch, installed: a["edition-old"], candidate: a.edition },
            repository: elements(inside, "source")[0]?.attributes.alias ?? "",
          },
        ]
      : [],
  );

/** What zypper said of offers, question by question. */
export interface Told {
  readonly offers: readonly Offer[];
  readonly information: readonly Information[];
  readonly patches: readonly Patch[];
  readonly locked: Locked;
  readonly repositories: readonly ZyppRepository[];
  /** By "name-version.architecture". */
  readonly nowhere: ReadonlySet<string>;
  /** Keys of packages that are installed beside their elder versions. */
  readonly beside: ReadonlySet<string>;
}

/** Pure: puts together what zypper said. Locks hide nothing, they are told with an update as a hold. */
export function assemble(told: Told): Omit<RpmUpdates, "withoutAdvisories" | "empty"> {
  const updates: RpmUpdates["updates"][number][] = [];
  const besides = new Set<string>();
  const otherVendor = new Set<string>();
  for (const o of told.offers) {
    const info = told.information.find((i) => i.kind === "package" && i.name === o.name && i.fields.Arch === o.architecture);
    if (told.beside.has(packageKey(o))) besides.add(o.name);
    // zypper tells of the version that it would take by itself; it takes none from another vendor.
    else if (info?.fields.Version !== o.candidate) otherVendor.add(o.name);
    else {
      const advisories = told.patches.filter((p) =>
        p.replaces.some(
          (r) =>
            concerns(r, o) &&
            comparePackageVersions("rpm", r.before, o.installed) === ">" &&
            comparePackageVersions("rpm", r.before, o.candidate) !== ">",
        ),
      );
      updates.push({
        ...o,
        sourceRpm: info.fields["Source package"] ? `${info.fields["Source package"]}.rpm` : "",
        repositoryName: told.repositories.find((r) => r.alias === o.repository)?.name ?? o.repository,
        downloadBytes: 0,
        held: told.locked.refused.has(nevra({ ...o, version: o.candidate })) || told.locked.kept.has(nevra({ ...o, version: o.installed })),
        advisories: advisories.map(({ id, security, severity, title, cves }) => ({ id, security, severity, title, cves })),
      });
    }
  }
  return {
    updates,
    besides: [...besides].sort(),
    otherVendor: [...otherVendor].sort(),
    lost: updates
      .map(({ name, architecture, installed }) => ({ name, architecture, version: installed }))
      .filter((p) => told.nowhere.has(nevra(p))),
  };
}

/** libzypp's name of a repository's folder. */
const folderOf = (alias: string): string => alias.replaceAll("/", "_");

async function carriesAdvisories(alias: string, cache: string): Promise<boolean> {
  const index = await readFile(join(cache, "raw", folderOf(alias), "repodata/repomd.xml"), "utf8").catch(() => "");
  return /<data type="updateinfo"/.test(index);
}

/** What zypper knows from the lists that root has fetched. Nobody has to be root to ask, and nothing is fetched for it. */
export async function zypperUpdates(run: Run, cache = CACHE): Promise<Result<RpmUpdates, ManagerFailure>> {
  const repositories = await enabledRepositories(run);
  if (!repositories.ok) return repositories;
  const listed = await askZypper(run, ["list-updates", "--all"], { timeoutMs: TIMEOUT_MS });
  if (!listed.ok) return listed;
  if (!listed.value.includes("<update-status"))
    return fail({
      failureClass: "package-manager-broken",
      message: "zypper's list of updates cannot be read.",
      output: listed.value.slice(-4_096),
    });
  const offers = readOffers(listed.value);
  const patches = await neededPatches(run);
  if (!patches.ok) return patches;
  const locks = await askZypper(run, ["locks", "--solvables"], { timeoutMs: TIMEOUT_MS, text: true });
  if (!locks.ok) return locks;
  const information: Information[] = [];
  const nowhere = new Set<string>();
  for (const some of inChunks([...new Set(offers.map((o) => o.name))])) {
    const info = await askZypper(run, ["info", "-t", "package", "--", ...some], { timeoutMs: TIMEOUT_MS, text: true });
    if (!info.ok) return info;
    information.push(...readInformation(info.value));
    const search = ["search", "--details", "--match-exact", "--installed-only", "-t", "package", "--", ...some];
    const found = await askZypper(run, search, { timeoutMs: TIMEOUT_MS });
    if (!found.ok) return found;
    for (const { attributes: a } of elements(found.value, "solvable"))
      if (a.repository === NOWHERE) nowhere.add(`${a.name}-${a.edition}.${a.arch}`);
  }
  const told = { offers, information, patches: patches.value, locked: readLocked(locks.value), repositories: repositories.value, nowhere };
  const assembled = assemble({ ...told, beside: await keptBeside(run) });
  const withUpdates = [...new Set(assembled.updates.map((u) => u.repository))].sort();
  const advised = await Promise.all(withUpdates.map((alias) => carriesAdvisories(alias, cache)));
  return ok({
    ...assembled,
    withoutAdvisories: withUpdates.filter((_, i) => !advised[i]),
    empty: repositories.value.map((r) => r.alias).filter((alias) => !existsSync(join(cache, "solv", folderOf(alias), "solv"))),
  });
}
