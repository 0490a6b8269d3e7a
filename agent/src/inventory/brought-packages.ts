import { counted, ok, type Problem, type Result } from "@breakwater/shared/core";
import type { WireNewPackage, WirePendingUpdate } from "@breakwater/shared/wire";
import { pinned } from "../packages/apt/environment.ts";
import { parseSimulation } from "../packages/apt/simulation.ts";
import { paragraphs } from "./deb822.ts";
import { runText } from "./run-tool.ts";

const TIMEOUT_MS = 120_000;
/** Each simulation reads apt's whole cache, half a second of a core; a release upgrade must not make a look last for minutes. */
const MAX_SIMULATIONS = 40;
const SHOW_FIELDS = new Set(["Package", "Version", "Pre-Depends", "Depends", "Recommends"]);
const INSTALLED_FORMAT = "${db:Status-Status}\t${Package}\t${Provides}\t${Recommends}\n";

export interface Brought {
  readonly updates: WirePendingUpdate[];
  readonly problems: readonly Problem[];
}

/**
 * Tells with each update what it would install that the machine does not have, as a kernel's meta package brings the kernel, so that
 * plans name all that comes: apt is asked by a simulation of each update
 * that wants something which nothing installed is or provides.
 */
export async function withBroughtPackages(updates: readonly WirePendingUpdate[]): Promise<Result<Brought>> {
  const free = updates.filter((u) => !u.held);
  if (free.length === 0) return ok({ updates: [...updates], problems: [] });
  const shown = await runText("apt-cache", ["show", ...free.map(wordOf)], { timeoutMs: TIMEOUT_MS });
  if (!shown.ok) return shown;
  const status = await runText("dpkg-query", ["-W", `-f=${INSTALLED_FORMAT}`], { timeoutMs: TIMEOUT_MS });
  if (!status.ok) return status;
  const wanting = new Set(wantingMore(shown.value, status.value));
  const asked = free.filter((u) => wanting.has(`${u.name}=${u.candidateVersion}`));
  const brings = new Map<WirePendingUpdate, WireNewPackage[]>();
  const unknown = new Set<WirePendingUpdate>();
  for (const update of asked.slice(0, MAX_SIMULATIONS)) {
    const ran = await runText("apt-get", ["-s", "-q", "-y", "-o", "APT::Color=0", "install", "--only-upgrade", wordOf(update)], {
      timeoutMs: TIMEOUT_MS,
    });
    const simulated = ran.ok ? parseSimulation(ran.value) : undefined;
    if (simulated === undefined || "unreadable" in simulated) unknown.add(update);
    else
      brings.set(
        update,
        simulated.installs.filter((i) => i.from === "").map((i) => ({ name: i.name, architecture: i.architecture, version: i.to })),
      );
  }
  for (const update of asked.slice(MAX_SIMULATIONS)) unknown.add(update);
  return ok({
    updates: updates.map((u) =>
      unknown.has(u) ? { ...u, bringsUnknown: true } : brings.get(u)?.length ? { ...u, brings: brings.get(u) } : u,
    ) as WirePendingUpdate[],
    problems:
      unknown.size === 0
        ? []
        : [
            {
              code: "brought-packages-unknown",
              message: `Whether ${counted(unknown.size, "update")} would install packages that are not there is not known, first ${[...unknown][0]?.name}.`,
            },
          ],
  });
}

const wordOf = ({ name = "", architecture = "", candidateVersion = "" }: WirePendingUpdate): string =>
  pinned({ name, architecture, to: candidateVersion });

/** Alternatives of each comma-separated relation, names only (deb-control(5)). */
const relations = (field: string): string[][] =>
  field
    .split(",")
    .map((group) => group.split("|").flatMap((one) => /^\s*([a-z0-9][a-z0-9+.-]+)/.exec(one)?.[1] ?? []))
    .filter((names) => names.length > 0);

/**
 * Pure: which of the shown versions ("name=version") depend on something that no installed package is or provides. What a version
 * recommends counts where the installed version did not yet: apt brings only that.
 * @param shown What `apt-cache show` prints.
 * @param installed Lines of status, name, Provides and Recommends, separated by tabs.
 */
export function wantingMore(shown: string, installed: string): string[] {
  const known = new Set<string>();
  const recommended = new Map<string, Set<string>>();
  for (const line of installed.split("\n")) {
    const [status, name, provides = "", recommends = ""] = line.split("\t");
    if (status !== "installed" || !name) continue;
    known.add(name);
    for (const provided of relations(provides).flat()) known.add(provided);
    recommended.set(name, new Set(relations(recommends).flat()));
  }
  return [...paragraphs(shown, SHOW_FIELDS)].flatMap((p) => {
    const before = recommended.get(p.Package ?? "");
    const depends = [...relations(p["Pre-Depends"] ?? ""), ...relations(p.Depends ?? "")];
    const newly = relations(p.Recommends ?? "").filter((names) => !names.some((n) => before?.has(n)));
    return [...depends, ...newly].some((names) => !names.some((n) => known.has(n))) ? [`${p.Package}=${p.Version}`] : [];
  });
}
