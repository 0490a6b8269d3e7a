import { ok, type Result } from "@breakwater/shared/core";
import type { ManagerFailure } from "../package-manager.ts";
import type { RpmAdvisory } from "../rpm/updates.ts";
import type { Run } from "../run.ts";
import { askZypper } from "./ask.ts";
import { type Replaced, readInformation, replacedBy } from "./information.ts";
import { elements, textOf } from "./xml.ts";

const TIMEOUT_MS = 120_000;
/** Names in one call, well below what a command line may hold. */
const AT_ONCE = 200;

/** A patch that this machine needs, or would need but for a lock. */
export interface Patch extends RpmAdvisory {
  readonly replaces: readonly Replaced[];
}

export function inChunks<T>(all: readonly T[], size = AT_ONCE): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

/** Pure: `zypper list-patches`. What a patch asks a person for when it is installed as a whole is said with it. */
export const readPatches = (xml: string): RpmAdvisory[] =>
  elements(xml, "update")
    .filter(({ attributes: a }) => a.kind === "patch" && a.name)
    .map(({ attributes: a, inside }) => ({
      id: a.name ?? "",
      security: a.category === "security",
      severity: a.severity === "unspecified" ? "" : (a.severity ?? ""),
      title: `${textOf(inside, "summary")}${a.interactive === "true" ? " (asks a question when it is installed as a whole)" : ""}`,
      cves: elements(inside, "issue")
        .flatMap(({ attributes: i }) => (i.type === "cve" && i.id ? [i.id] : []))
        .sort(),
    }));

/** The needed patches, each with the packages that it replaces. */
export async function neededPatches(run: Run): Promise<Result<Patch[], ManagerFailure>> {
  const listed = await askZypper(run, ["list-patches"], { timeoutMs: TIMEOUT_MS });
  if (!listed.ok) return listed;
  const patches = readPatches(listed.value);
  const replaced = new Map<string, Replaced[]>();
  for (const some of inChunks(patches)) {
    const told = await askZypper(run, ["info", "-t", "patch", "--", ...some.map((p) => p.id)], { timeoutMs: TIMEOUT_MS, text: true });
    if (!told.ok) return told;
    for (const block of readInformation(told.value)) if (block.kind === "patch") replaced.set(block.name, replacedBy(block));
  }
  return ok(patches.map((p) => ({ ...p, replaces: replaced.get(p.id) ?? [] })));
}
