import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ok, type Result } from "@breakwater/shared/core";
import type { Repository } from "./repositories.ts";

const DIRECTORY = "/etc/yum.repos.d";
const MAX_FILES = 200;

/** Enabled repositories of dnf's configuration. Whether they can be reached is not asked. @see man dnf.conf, "Repo options" */
export async function rpmRepositories(directory = DIRECTORY): Promise<Result<Repository[]>> {
  const names = (await readdir(directory).catch(() => [] as string[])).filter((n) => n.endsWith(".repo")).sort();
  const found: Repository[] = [];
  for (const name of names.slice(0, MAX_FILES)) found.push(...parseRepoFile(await readFile(join(directory, name), "utf8")));
  return ok(found);
}

/** The enabled sections of one .repo file; its id stands where a suite does. */
export function parseRepoFile(text: string): Repository[] {
  const sections: { readonly id: string; readonly options: Map<string, string> }[] = [];
  for (const line of text.split(/\r?\n/)) {
    const id = /^\[([^\]]+)\]\s*$/.exec(line)?.[1];
    if (id !== undefined) sections.push({ id, options: new Map() });
    const option = /^([A-Za-z_]+)\s*=\s*(.*)$/.exec(line);
    if (option?.[1]) sections.at(-1)?.options.set(option[1].toLowerCase(), option[2]?.trim() ?? "");
  }
  return sections
    .filter(({ id, options }) => id !== "main" && !/^(0|no|false|off)$/i.test(options.get("enabled") ?? "1"))
    .map(({ id, options }) => ({
      uri: withoutSecrets(options.get("baseurl") || options.get("mirrorlist") || options.get("metalink") || ""),
      suite: id,
      origin: "",
      label: options.get("name") ?? "",
      releaseDate: "",
      validUntil: "",
      state: "",
      detail: "",
    }));
}

/** An address may carry a password. */
const withoutSecrets = (uri: string) => uri.replace(/\/\/[^/@\s]*@/, "//");
