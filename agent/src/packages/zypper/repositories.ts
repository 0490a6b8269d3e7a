import { ok, type Result } from "@breakwater/shared/core";
import type { Refresh } from "../../executor/protocol.ts";
import type { ManagerFailure } from "../package-manager.ts";
import type { Run } from "../run.ts";
import { askZypper } from "./ask.ts";
import { elements, textOf } from "./xml.ts";

const LIST_TIMEOUT_MS = 60_000;
/** One repository on a slow line. */
const REFRESH_TIMEOUT_MS = 10 * 60_000;

export interface ZyppRepository {
  readonly alias: string;
  readonly name: string;
  readonly uri: string;
}

/** An address may carry a password, also in what curl says of it. */
const withoutSecrets = (text: string): string => text.replace(/\/\/[^/@\s]*@/g, "//");

/** Pure: the enabled ones of `zypper repos`. */
export const readRepositories = (xml: string): ZyppRepository[] =>
  elements(xml, "repo")
    .filter(({ attributes: a }) => a.enabled === "1")
    .map(({ attributes: a, inside }) => ({ alias: a.alias ?? "", name: a.name ?? "", uri: withoutSecrets(textOf(inside, "url")) }));

export async function enabledRepositories(run: Run): Promise<Result<ZyppRepository[], ManagerFailure>> {
  const told = await askZypper(run, ["repos", "--details"], { timeoutMs: LIST_TIMEOUT_MS });
  return told.ok ? ok(readRepositories(told.value)) : told;
}

/** Pure: what became of one repository, out of what zypper printed for it. A new key is never taken on: that is its owner's to do. */
export function refreshed(output: string): { state: "untrusted" | "unreachable"; detail: string } {
  const untrusted = /Signature verification failed for|is signed with an unknown key|is unsigned/.test(output);
  const lines = output.split("\n").map((l) => l.trim());
  const said =
    lines.find((l) =>
      /^(?:Signature verification failed for file|File '.*' from repository '.*' is (?:signed with an unknown key|unsigned))/.test(l),
    ) ??
    lines.find((l) => l.startsWith("Error message: "))?.slice("Error message: ".length) ??
    lines.find((l) => l.startsWith("- ") && !l.includes("[|]"))?.slice(2) ??
    output.trim();
  return { state: untrusted ? "untrusted" : "unreachable", detail: withoutSecrets(said).slice(0, 500) };
}

/** Fetches the lists of each enabled repository by itself: zypper tells of several in one status. */
export async function refreshAll(
  run: Run,
  env: Readonly<Record<string, string>>,
): Promise<Result<Refresh["repositories"], ManagerFailure>> {
  const repositories = await enabledRepositories(run);
  if (!repositories.ok) return repositories;
  const rows: Refresh["repositories"][number][] = [];
  for (const { alias, uri } of repositories.value) {
    const told = await askZypper(run, ["refresh", "--", alias], { timeoutMs: REFRESH_TIMEOUT_MS, env });
    if (told.ok) rows.push({ uri, suite: alias, state: "fresh", detail: "" });
    else if (told.problem.failureClass === "lock-timeout") return told;
    else rows.push({ uri, suite: alias, ...refreshed(told.problem.output) });
  }
  return ok(rows);
}
