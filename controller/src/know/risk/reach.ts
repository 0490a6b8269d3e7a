import type { DeclaredPaths } from "../fleet/index.ts";
import type { EndpointFacts } from "../inventory/index.ts";

/**
 * How far an attacker gets to a package on one endpoint. "unknown": nobody could look, so the endpoint's declared exposure
 * is used; unknown is not low.
 */
export type ReachKind = "public" | "private" | "loopback" | "loaded" | "not-loaded" | "not-running-kernel" | "unknown";

export interface ReachEvidence {
  readonly kind: ReachKind;
  /** What was seen, for people. */
  readonly why: string;
  /** What operators declared; used only where nothing was seen. */
  readonly declared: "public" | "private" | "loopback" | null;
  /** Of reach that a declared way widened: how it would be without that way. */
  readonly without?: string;
}

/** No way from the internet was declared. */
const NO_PATHS: DeclaredPaths = { zone: null, loadBalancers: [] };

const WIDEST = ["public", "private", "loopback"] as const;
const EXPOSURE_COLLECTORS = new Set(["exposure", "loaded", "loaded-packages", "listeners", "processes"]);
const KERNEL = /^(linux-image-|kernel(-core|-default)?$|linux-(lts|virt)$)/;
/** Built from the kernel's source, and holding none of the kernel: headers, documents, tools. */
const NOT_KERNEL =
  /^(linux-(libc-dev|headers|doc|source|perf|kbuild|compiler|cpupower|config|tools)|kernel-(headers|devel|doc|tools)|usbip$|bpftool$)/;

/** Reads the evidence about one package from what its endpoint reported. */
export function reachOf(
  packageName: string,
  facts: EndpointFacts | null,
  declaredExposure: ReachEvidence["declared"],
  paths: DeclaredPaths = NO_PATHS,
): ReachEvidence {
  const declared = declaredExposure ?? declaredBy(paths);
  if (NOT_KERNEL.test(packageName))
    return { kind: "not-running-kernel", why: "headers or tools of the kernel: the kernel's flaws are not in it", declared };
  if (KERNEL.test(packageName)) return { ...kernelReach(packageName, facts), declared };
  // Every running machine has something loaded: an empty list means that nobody looked.
  if (!facts || facts.loadedPackages.length === 0)
    return { kind: "unknown", why: "no evidence of what is loaded on this endpoint", declared };
  const loaded = facts.loadedPackages.filter((p) => p.name === packageName);
  const listeners = facts.listeners.filter((l) => l.package === packageName);
  const widened = widenedBy(
    paths,
    declaresNone(paths) ? [] : [...listeners, ...facts.listeners.filter((l) => loaded.some((p) => p.pids.includes(l.pid)))],
    loaded.some((p) => p.reach === "private"),
  );
  if (widened && !listeners.some((l) => l.scope === "public") && !loaded.some((p) => p.reach === "public"))
    return { kind: "public", declared, ...widened };
  for (const scope of WIDEST) {
    const listener = listeners.find((l) => l.scope === scope);
    if (listener)
      return {
        kind: scope,
        why: `${listener.process || packageName} listens on ${listener.address}:${listener.port} (${scope}${listener.namespace ? ", in a network namespace of its own" : ""})`,
        declared,
      };
    const mapped = loaded.find((p) => p.reach === scope);
    if (mapped) return { kind: scope, why: `mapped by ${by(mapped.units)} that listens on a ${scope} address`, declared };
  }
  const [mapped] = loaded;
  if (mapped) return { kind: "loaded", why: `mapped by ${by(mapped.units)} that does not listen`, declared };
  // What was seen counts even from a look that was cut short; what was not seen then is unknown.
  const cutShort = facts.problems.find((p) => EXPOSURE_COLLECTORS.has(p.collector));
  if (cutShort) return { kind: "unknown", why: `not seen loaded, but the look was incomplete: ${cutShort.message}`, declared };
  return { kind: "not-loaded", why: "installed, and no running process has it mapped", declared };
}

const declaredBy = (paths: DeclaredPaths): ReachEvidence["declared"] => (paths.zone === null ? null : "public");

const declaresNone = ({ zone, loadBalancers }: DeclaredPaths): boolean => zone === null && loadBalancers.length === 0;

type SeenListener = Pick<EndpointFacts["listeners"][number], "address" | "port" | "scope">;

/**
 * What a declared way from the internet does to listeners on private addresses. Declarations widen what was seen, and never narrow
 * it: that a firewall keeps the world out is for the world to prove.
 */
function widenedBy(
  paths: DeclaredPaths,
  listeners: readonly SeenListener[],
  listensPrivately: boolean,
): Pick<ReachEvidence, "why" | "without"> | undefined {
  if (declaresNone(paths)) return undefined;
  const behind = listeners.filter((l) => l.scope === "private");
  if (behind.length === 0 && !listensPrivately) return undefined;
  if (paths.zone !== null)
    return {
      why: `listens on a private address, in zone ${paths.zone}, which the internet reaches (declared)`,
      without: `in a zone that the internet does not reach`,
    };
  for (const { id, ports } of paths.loadBalancers) {
    const port = ports.length === 0 ? behind[0]?.port : behind.find((l) => ports.includes(l.port))?.port;
    if (port === undefined && ports.length > 0) continue;
    return {
      why: `the public load balancer ${id} forwards to ${port === undefined ? "its private address" : `its port ${port}`} (declared)`,
      without: `not behind the load balancer ${id}`,
    };
  }
  return undefined;
}

/** How a component that was found in files is used, as far as its endpoint could see. */
export interface ComponentUse {
  /** "none" to "public": of the processes that use it; "" when none was seen to. */
  readonly reach: string;
  readonly process: string;
  readonly unit: string;
}

/** The same of a component, from the processes that were seen to use any of its places. */
export function componentReach(
  uses: readonly ComponentUse[],
  facts: EndpointFacts | null,
  declaredExposure: ReachEvidence["declared"],
  paths: DeclaredPaths = NO_PATHS,
): ReachEvidence {
  const declared = declaredExposure ?? declaredBy(paths);
  // Which ports its processes listen on is not told of a component.
  const anyPort = { ...paths, loadBalancers: paths.loadBalancers.filter((b) => b.ports.length === 0) };
  const widened = widenedBy(
    anyPort,
    [],
    uses.some((u) => u.reach === "private"),
  );
  if (widened && !uses.some((u) => u.reach === "public")) return { kind: "public", declared, ...widened };
  const name = ({ unit, process }: ComponentUse) => unit || process || "a process";
  for (const scope of WIDEST) {
    const use = uses.find((u) => u.reach === scope);
    if (use) return { kind: scope, why: `used by ${name(use)}, which listens on a ${scope} address`, declared };
  }
  const used = uses.find((u) => u.reach !== "");
  if (used) return { kind: "loaded", why: `used by ${name(used)}, which does not listen`, declared };
  const cutShort = facts?.problems.find((p) => EXPOSURE_COLLECTORS.has(p.collector));
  if (!facts || facts.loadedPackages.length === 0 || cutShort)
    return {
      kind: "unknown",
      why: `no process was seen to use it, but the look was incomplete${cutShort ? `: ${cutShort.message}` : ""}`,
      declared,
    };
  return { kind: "not-loaded", why: "it lies there, and no running process was seen to use it", declared };
}

const by = (units: readonly string[]) => (units.length > 0 ? `${units.slice(0, 3).join(", ")}, a process` : "a process");

function kernelReach(packageName: string, facts: EndpointFacts | null): Omit<ReachEvidence, "declared"> {
  if (!facts?.kernel?.package) return { kind: "unknown", why: "the running kernel's package is not known" };
  if (facts.kernel.package !== packageName)
    return { kind: "not-running-kernel", why: `the running kernel is ${facts.kernel.running} of ${facts.kernel.package}` };
  const scope = WIDEST.find((s) => facts.listeners.some((l) => l.scope === s));
  return scope
    ? { kind: scope, why: `the running kernel, which carries the traffic of ${scope} listeners` }
    : { kind: "loaded", why: "the running kernel; nothing listens" };
}
