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
}

const WIDEST = ["public", "private", "loopback"] as const;
const EXPOSURE_COLLECTORS = new Set(["exposure", "loaded", "loaded-packages", "listeners", "processes"]);
const KERNEL = /^(linux-image-|kernel(-core|-default)?$|linux-(lts|virt)$)/;
/** Built from the kernel's source, and holding none of the kernel: headers, documents, tools. */
const NOT_KERNEL =
  /^(linux-(libc-dev|headers|doc|source|perf|kbuild|compiler|cpupower|config|tools)|kernel-(headers|devel|doc|tools)|usbip$|bpftool$)/;

/** Reads the evidence about one package from what its endpoint reported. */
export function reachOf(packageName: string, facts: EndpointFacts | null, declared: ReachEvidence["declared"]): ReachEvidence {
  if (NOT_KERNEL.test(packageName))
    return { kind: "not-running-kernel", why: "headers or tools of the kernel: the kernel's flaws are not in it", declared };
  if (KERNEL.test(packageName)) return { ...kernelReach(packageName, facts), declared };
  // Every running machine has something loaded: an empty list means that nobody looked.
  if (!facts || facts.loadedPackages.length === 0)
    return { kind: "unknown", why: "no evidence of what is loaded on this endpoint", declared };
  const loaded = facts.loadedPackages.filter((p) => p.name === packageName);
  const listeners = facts.listeners.filter((l) => l.package === packageName);
  for (const scope of WIDEST) {
    const listener = listeners.find((l) => l.scope === scope);
    if (listener)
      return {
        kind: scope,
        why: `${listener.process || packageName} listens on ${listener.address}:${listener.port} (${scope})`,
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
  declared: ReachEvidence["declared"],
): ReachEvidence {
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
