import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ok, type Result } from "@breakwater/shared/core";
import type { RefreshOutcome, Repository } from "./repositories.ts";

/** Where a tool has its configuration, and what it fetched. */
export interface Places {
  readonly repositories: string;
  readonly main: string;
  readonly cache: string;
  /** Whether signatures are checked where nothing says it. */
  readonly checks: boolean;
  /** The file that is in the folder of a repository once it was fetched. */
  readonly mark: string;
  /** Whether a folder of the cache is a repository's. */
  isCacheOf(id: string, directory: string): boolean;
}

/** Its name is the id, and 16 hexadecimal digits of a hash of the addresses. */
const isDnfCacheOf = (id: string, directory: string): boolean =>
  directory.startsWith(`${id}-`) && /^[0-9a-f]{16}$/.test(directory.slice(id.length + 1));

export const RPM_PLACES = {
  dnf: {
    ...{ repositories: "/etc/yum.repos.d", main: "/etc/dnf/dnf.conf", cache: "/var/cache/dnf", checks: false },
    ...{ mark: "repodata/repomd.xml", isCacheOf: isDnfCacheOf },
  },
  // What zypper's solver reads was made out of every kind of list.
  zypper: {
    ...{ repositories: "/etc/zypp/repos.d", main: "/etc/zypp/zypp.conf", cache: "/var/cache/zypp/solv", checks: true },
    ...{ mark: "solv", isCacheOf: (id: string, directory: string) => directory === id.replaceAll("/", "_") },
  },
} as const satisfies Readonly<Record<string, Places>>;
const MAX_FILES = 200;

interface Section {
  readonly id: string;
  readonly options: ReadonlyMap<string, string>;
}

/**
 * Enabled repositories of the configuration of dnf or zypper, with what became of them at the last refresh. One of which nothing was ever fetched
 * is told as unreachable, whoever tried.
 * @param outcome By "uri id": the tool puts its variables into the addresses, so the id alone tells which one is meant.
 * @see man dnf.conf, "Repo options"; zypper(8), "Repository management"
 */
export async function rpmRepositories(outcome: RefreshOutcome = new Map(), places: Places = RPM_PLACES.dnf): Promise<Result<Repository[]>> {
  const names = (await readdir(places.repositories).catch(() => [] as string[])).filter((n) => n.endsWith(".repo")).sort();
  const sections: Section[] = [];
  for (const name of names.slice(0, MAX_FILES)) sections.push(...parseSections(await readFile(join(places.repositories, name), "utf8")));
  const main = parseSections(await readFile(places.main, "utf8").catch(() => "")).find((s) => s.id === "main");
  const cached = await readdir(places.cache).catch(() => [] as string[]);
  const told = new Map([...outcome].map(([key, value]) => [key.slice(key.lastIndexOf(" ") + 1), value]));
  return ok(
    sections
      .filter(({ id, options }) => id !== "main" && isOn(options.get("enabled") ?? "1"))
      .map((section) => {
        const fetched = cached.some((d) => places.isCacheOf(section.id, d) && existsSync(join(places.cache, d, places.mark)));
        return { ...describe(section), ...stateOf(section, main, places.checks, fetched, told.get(section.id)) };
      }),
  );
}

const isOn = (value: string): boolean => /^(?:1|yes|true|on)$/i.test(value);

function parseSections(text: string): Section[] {
  const sections: { readonly id: string; readonly options: Map<string, string> }[] = [];
  for (const line of text.split(/\r?\n/)) {
    const id = /^\[([^\]]+)\]\s*$/.exec(line)?.[1];
    if (id !== undefined) sections.push({ id, options: new Map() });
    const option = /^([A-Za-z_]+)\s*=\s*(.*)$/.exec(line);
    if (option?.[1]) sections.at(-1)?.options.set(option[1].toLowerCase(), option[2]?.trim() ?? "");
  }
  return sections;
}

/** The repository's id stands where a suite does. */
const describe = ({ id, options }: Section) => ({
  uri: withoutSecrets(options.get("baseurl") || options.get("mirrorlist") || options.get("metalink") || ""),
  suite: id,
  origin: "",
  label: options.get("name") ?? "",
  releaseDate: "",
  validUntil: "",
});

function stateOf(
  { options }: Section,
  main: Section | undefined,
  checks: boolean,
  fetched: boolean,
  told: { readonly state: string; readonly detail: string } | undefined,
): { state: string; detail: string } {
  if (told && told.state !== "fresh") return { state: told.state, detail: told.detail };
  if (!fetched) return { state: "unreachable", detail: "There is no metadata of it: it has never been fetched." };
  const on = (option: string) => isOn(options.get(option) ?? main?.options.get(option) ?? (checks ? "1" : "0"));
  if (on("gpgcheck") || on("repo_gpgcheck")) return { state: "trusted", detail: "" };
  return { state: "untrusted", detail: "Neither its list nor its packages are checked by signature (gpgcheck and repo_gpgcheck are off)." };
}

/** An address may carry a password. */
const withoutSecrets = (uri: string) => uri.replace(/\/\/[^/@\s]*@/, "//");
