import { ok, type Result } from "@breakwater/shared/core";
import type { WireNewPackage, WirePendingUpdate } from "@breakwater/shared/wire";
import { pinned } from "../packages/apt/environment.ts";
import { parseSimulation } from "../packages/apt/simulation.ts";
import { paragraphs } from "./deb822.ts";
import { runText } from "./run-tool.ts";

const TIMEOUT_MS = 120_000;
/** What has apt install a package for another one's sake (deb-control(5)). */
const RELATIONS = ["Pre-Depends", "Depends", "Recommends"] as const;
const SHOW_FIELDS = new Set(["Package", "Version", "Provides", ...RELATIONS]);

/** One version's name, what it is known by besides, and the names of which it wants some. */
export interface Relations {
  readonly provides: readonly string[];
  readonly wants: readonly string[];
}

/**
 * Tells with each update what it would bring that the machine does not have, as a kernel's meta package brings the kernel: plans
 * move what is installed, so nobody should approve one that apt could not keep to. One simulation of all that is not held.
 */
export async function withBroughtPackages(updates: readonly WirePendingUpdate[]): Promise<Result<WirePendingUpdate[]>> {
  const free = updates.filter((u) => !u.held);
  if (free.length === 0) return ok([...updates]);
  const wanted = free.map(({ name = "", architecture = "", candidateVersion = "" }) =>
    pinned({ name, architecture, to: candidateVersion }),
  );
  const ran = await runText("apt-get", ["-s", "-q", "-y", "-o", "APT::Color=0", "install", "--only-upgrade", ...wanted], {
    timeoutMs: TIMEOUT_MS,
  });
  if (!ran.ok) return ran;
  const simulated = parseSimulation(ran.value);
  if ("unreadable" in simulated)
    return { ok: false, problem: { code: "simulation-unreadable", message: `apt's simulation cannot be read: ${simulated.unreadable}` } };
  const brought = simulated.installs
    .filter((i) => i.from === "")
    .map((i) => ({ name: i.name, architecture: i.architecture, version: i.to }));
  if (brought.length === 0) return ok([...updates]);
  const named = [...wanted, ...brought.map((b) => pinned({ ...b, to: b.version }))];
  const shown = await runText("apt-cache", ["show", ...named], { timeoutMs: TIMEOUT_MS });
  if (!shown.ok) return shown;
  return ok(attribute(updates, brought, parseRelations(shown.value)));
}

/** By `name=version`. */
export function parseRelations(text: string): Map<string, Relations> {
  const relations = new Map<string, Relations>();
  for (const p of paragraphs(text, SHOW_FIELDS)) {
    const names = (field: string) => [...(p[field] ?? "").matchAll(/(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]+)/g)].map((m) => m[1] as string);
    const key = `${p.Package}=${p.Version}`;
    if (!relations.has(key)) relations.set(key, { provides: names("Provides"), wants: RELATIONS.flatMap(names) });
  }
  return relations;
}

/** Pure: which update brings which, also by way of another one; what none of them is seen to want is told with each. */
export function attribute(
  updates: readonly WirePendingUpdate[],
  brought: readonly { readonly name: string; readonly architecture: string; readonly version: string }[],
  relations: ReadonlyMap<string, Relations>,
): WirePendingUpdate[] {
  const wants = (name: string, version: string) => relations.get(`${name}=${version}`)?.wants ?? [];
  const answers = (b: (typeof brought)[number], name: string): boolean =>
    b.name === name || (relations.get(`${b.name}=${b.version}`)?.provides ?? []).includes(name);
  const closure = (first: readonly string[]): Set<(typeof brought)[number]> => {
    const found = new Set<(typeof brought)[number]>();
    for (const queue = [...first]; queue.length > 0; ) {
      const name = queue.pop() as string;
      for (const b of brought)
        if (!found.has(b) && answers(b, name)) {
          found.add(b);
          queue.push(...wants(b.name, b.version));
        }
    }
    return found;
  };
  const each = updates.map((u) => ({ u, brings: u.held ? new Set<never>() : closure(wants(u.name ?? "", u.candidateVersion ?? "")) }));
  const explained = new Set(each.flatMap(({ brings }) => [...brings]));
  const unexplained = brought.filter((b) => !explained.has(b));
  return each.map(({ u, brings }) => {
    const all: WireNewPackage[] = u.held ? [] : [...brings, ...unexplained];
    return all.length > 0 ? { ...u, brings: all } : u;
  });
}
