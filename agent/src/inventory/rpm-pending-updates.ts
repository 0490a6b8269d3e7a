import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fail, ok, type Problem, type Result } from "@breakwater/shared/core";
import type { WireInventory, WirePendingUpdate } from "@breakwater/shared/wire";
import type * as z from "zod";
import { EXECUTOR_STATE_DIR } from "../executor/protocol.ts";
import { type answers, askDnf } from "../packages/dnf/ask.ts";
import { archiveName } from "../packages/rpm/environment.ts";
import { runTool } from "../packages/run.ts";

const TIMEOUT_MS = 120_000;
const KEPT = join(EXECUTOR_STATE_DIR, "archives");

export type DnfUpdates = z.infer<(typeof answers)["updates"]>;
export type DnfUpdate = DnfUpdates["updates"][number];

export interface RpmPending {
  readonly updates: WirePendingUpdate[];
  readonly lost: NonNullable<WireInventory["lostVersions"]>;
  readonly problems: readonly Problem[];
}

/** What dnf knows from the metadata that root has fetched; nothing is downloaded for it. */
export async function askUpdates(): Promise<Result<DnfUpdates>> {
  const told = await askDnf(runTool, "updates", {}, TIMEOUT_MS);
  if (told.ok) return told;
  const other = ["/usr/bin/zypper", "/usr/bin/dnf5"]
    .find((f) => existsSync(f))
    ?.split("/")
    .at(-1);
  const why = other ? `${other} is not asked for updates yet: what it offers is unknown, and plans cannot patch with it.` : "";
  return fail({ code: "dnf-silent", message: why || `dnf does not say what is pending: ${told.problem.message}` });
}

/** Updates that dnf's repositories offer. Excludes and version locks do not hide one, they are told with it as a hold. */
export async function rpmPendingUpdates(): Promise<Result<RpmPending>> {
  const told = await askUpdates();
  if (!told.ok) return told;
  const kept = await readdir(KEPT).catch(() => [] as string[]);
  const caches = kept.flatMap((id) => [join(KEPT, id, "new"), join(KEPT, id, "old")]);
  const cached = (p: DnfUpdates["lost"][number]) => caches.some((cache) => existsSync(join(cache, archiveName(p))));
  return ok({ updates: told.value.updates.map(toWire), lost: told.value.lost.filter((p) => !cached(p)), problems: problemsOf(told.value) });
}

export function toWire(u: DnfUpdate): WirePendingUpdate {
  const source = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(u.sourceRpm);
  return {
    ecosystem: "rpm",
    name: u.name,
    architecture: u.architecture,
    installedVersion: u.installed,
    candidateVersion: u.candidate,
    sourceName: source?.[1] ?? u.name,
    sourceVersion: source?.[2] ?? u.candidate,
    origin: "",
    label: u.repositoryName,
    suite: u.repository,
    // A repository without updateinfo calls nothing a security update; what advisories elsewhere say is matched apart from this.
    security: u.advisories.some((a) => a.security),
    downloadSizeBytes: u.downloadBytes,
    phasedPercent: 100,
    held: u.held,
  };
}

/** What the list of updates leaves out, said rather than left to be taken for "none". */
export function problemsOf(told: DnfUpdates): Problem[] {
  const problems: Problem[] = [];
  if (told.empty.length > 0)
    problems.push({
      code: "repositories-unread",
      message: `Nothing is known of what these repositories offer: ${told.empty.slice(0, 20).join(", ")}.`,
    });
  if (told.withoutAdvisories.length > 0)
    problems.push({
      code: "advisories-missing",
      message: `These repositories carry no advisories, so which of their updates are for security is unknown: ${told.withoutAdvisories.slice(0, 20).join(", ")}.`,
    });
  if (told.besides.length > 0)
    problems.push({
      code: "installed-beside",
      message: `Newer versions that are installed beside the present ones are not among the updates: ${told.besides.slice(0, 20).join(", ")}.`,
    });
  return problems;
}

/** What the repositories' own advisories say that an update fixes. */
export function describeAdvisories(u: DnfUpdate): { cves: string[]; urgency: string; changelog: string; maintainerScripts: string[] } {
  const security = u.advisories.filter((a) => a.security);
  return {
    cves: [...new Set(u.advisories.flatMap((a) => a.cves))].sort(),
    urgency: security.find((a) => a.severity !== "")?.severity.toLowerCase() ?? "",
    changelog: u.advisories.map((a) => `${a.id}: ${a.title}${a.cves.length > 0 ? ` (${a.cves.join(", ")})` : ""}`).join("\n"),
    maintainerScripts: [],
  };
}
