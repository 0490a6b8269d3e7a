import { WAITS_FOR_REBOOT } from "@breakwater/shared/command";
import type { PlannedReboot } from "../fleet-view.ts";
import type { ReadIntent } from "../intent.ts";
import { newPackagesOf } from "./new-packages.ts";
import type { EndpointRow, UpdateRow } from "./rows.ts";

/** A kernel's own package; what comes along with it (headers, documentation) boots nothing. */
const KERNEL = /^linux-image-(?!.*-dbg$)/;
const MICROCODE = /^(?:intel|amd64)-microcode$/;

/**
 * Whether an endpoint would be rebooted by this plan, why, and how it would come back from a bad one. What cannot be known
 * before the change is in place is said as that.
 * @returns undefined where the plan reboots nothing and nothing known calls for it
 */
export function rebootOf(row: EndpointRow, updates: readonly UpdateRow[], intent: ReadIntent): PlannedReboot | undefined {
  const known = reasons(row, updates);
  const asked = intent.reboot === "when-needed";
  if (!asked && known.length === 0) return undefined;
  const allowed = row.simulated || row.capabilities.includes("reboot");
  const expected = known.length > 0 ? "yes" : "if-asked";
  const why = known.length > 0 ? known.join("; ") : "nothing known calls for it; the change may (/run/reboot-required)";
  const base = { endpoint: row.hostname, expected } as const;
  if (asked && allowed) return { ...base, mode: "when-needed", why, wayBack: wayBack(row, updates) };
  const told = "It is patched, and told as in need of a reboot where it is.";
  return {
    ...base,
    mode: "never",
    why: asked ? `its owner's policy allows no reboots (reboots: 0); ${why}` : why,
    wayBack: asked ? `${told} Its owner can allow reboots in the agent's policy file.` : told,
  };
}

function reasons(row: EndpointRow, updates: readonly UpdateRow[]): string[] {
  const names = new Set(updates.map((u) => u.update.name));
  const found: string[] = [];
  const reboot = row.facts?.reboot;
  if (reboot?.needed) found.push(`it wants one already (${reboot.reasons.join("; ") || "no reason given"})`);
  const kernels = [...names, ...newPackagesOf(updates).map((b) => b.name)].filter((n) => KERNEL.test(n));
  if (kernels.length > 0) found.push(`a kernel is changed (${kernels.join(", ")})`);
  const microcode = [...names].filter((n) => MICROCODE.test(n));
  if (microcode.length > 0) found.push(`${microcode.join(", ")} is loaded at boot`);
  const waiting = new Map<string, string>();
  for (const p of row.facts?.loadedPackages ?? [])
    if (names.has(p.name)) for (const unit of p.units) if (WAITS_FOR_REBOOT.test(unit)) waiting.set(unit, p.name);
  for (const [unit, name] of [...waiting].slice(0, 5))
    found.push(`${unit} has ${name} loaded and cannot be restarted under a running machine`);
  return found;
}

function wayBack(row: EndpointRow, updates: readonly UpdateRow[]): string {
  const versions = "the old versions are put back, with a second reboot where the owner allows one";
  const kernel = row.facts?.kernel;
  const another = kernel !== undefined && kernel.package !== "" && kernel.newestInstalled !== kernel.running;
  if (!another && !updates.some((u) => KERNEL.test(u.update.name))) return `${capital(versions)}.`;
  const fallback = row.facts?.reboot?.kernelFallback ?? "";
  if (fallback === "yes")
    return `The new kernel is booted once and the old one stays the default until the machine proves well; ${versions}.`;
  if (fallback === "")
    return `Whether a kernel that does not boot can be fallen back from is not known; the endpoint says so before it changes anything. Else ${versions}.`;
  return `No kernel fallback here: ${fallback}. A kernel that does not boot needs hands; else ${versions}.`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
