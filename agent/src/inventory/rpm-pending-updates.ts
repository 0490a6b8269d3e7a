import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fail, ok, type Problem, type Result } from "@breakwater/shared/core";
import type { WireInventory, WirePendingUpdate } from "@breakwater/shared/wire";
import { EXECUTOR_STATE_DIR } from "../executor/protocol.ts";
import { askDnf } from "../packages/dnf/ask.ts";
import { decideRpmTool, type ManagerId } from "../packages/index.ts";
import { archiveName } from "../packages/rpm/environment.ts";
import type { RpmUpdate, RpmUpdates } from "../packages/rpm/updates.ts";
import { runTool } from "../packages/run.ts";
import { zypperUpdates } from "../packages/zypper/updates.ts";

const TIMEOUT_MS = 120_000;
const KEPT = join(EXECUTOR_STATE_DIR, "archives");

export interface RpmPending {
  readonly updates: WirePendingUpdate[];
  readonly lost: NonNullable<WireInventory["lostVersions"]>;
  readonly problems: readonly Problem[];
}

/**
 * What dnf or zypper knows from the metadata that root has fetched; nothing is downloaded for it.
 * @param driven What the machine is patched with.
 */
export async function askUpdates(driven: ManagerId | undefined): Promise<Result<RpmUpdates>> {
  const tool = decideRpmTool(driven);
  const told = tool === "zypper" ? await zypperUpdates(runTool) : await askDnf(runTool, "updates", {}, TIMEOUT_MS);
  if (told.ok) return told;
  const why =
    tool === undefined && existsSync("/usr/bin/dnf5")
      ? "dnf5 is not asked for updates yet: what it offers is unknown, and plans cannot patch with it."
      : "";
  return fail({
    code: `${tool ?? "dnf"}-silent`,
    message: why || `${tool ?? "dnf"} does not say what is pending: ${told.problem.message}`,
  });
}

/** Updates that the repositories of dnf or zypper offer. Excludes and locks do not hide one, they are told with it as a hold. */
export async function rpmPendingUpdates(driven: ManagerId | undefined): Promise<Result<RpmPending>> {
  const told = await askUpdates(driven);
  if (!told.ok) return told;
  const kept = await readdir(KEPT).catch(() => [] as string[]);
  const caches = kept.flatMap((id) => [join(KEPT, id, "new"), join(KEPT, id, "old")]);
  const cached = (p: RpmUpdates["lost"][number]) => caches.some((cache) => existsSync(join(cache, archiveName(p))));
  return ok({ updates: told.value.updates.map(toWire), lost: told.value.lost.filter((p) => !cached(p)), problems: problemsOf(told.value) });
}

export function toWire(u: RpmUpdate): WirePendingUpdate {
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
export function problemsOf(told: RpmUpdates): Problem[] {
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
  if (told.otherVendor && told.otherVendor.length > 0)
    problems.push({
      code: "other-vendor",
      message: `Newer versions by another vendor than the installed one's are not among the updates: ${told.otherVendor.slice(0, 20).join(", ")}.`,
    });
  return problems;
}

/** What the repositories' own advisories say that an update fixes. */
export function describeAdvisories(u: RpmUpdate): { cves: string[]; urgency: string; changelog: string; maintainerScripts: string[] } {
  const security = u.advisories.filter((a) => a.security);
  return {
    cves: [...new Set(u.advisories.flatMap((a) => a.cves))].sort(),
    urgency: security.find((a) => a.severity !== "")?.severity.toLowerCase() ?? "",
    changelog: u.advisories.map((a) => `${a.id}: ${a.title}${a.cves.length > 0 ? ` (${a.cves.join(", ")})` : ""}`).join("\n"),
    maintainerScripts: [],
  };
}
