import { createHmac, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname, release } from "node:os";
import { join } from "node:path";
import type { EndpointIdentity } from "@breakwater/shared/wire";
import * as z from "zod";
import { readJsonFile, writeFileAtomically } from "./files.ts";

/** Debian's names of the architectures that Node runs on. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: "amd64",
  ia32: "i386",
  arm64: "arm64",
  arm: "armhf",
  ppc64: "ppc64el",
  s390x: "s390x",
  riscv64: "riscv64",
  loong64: "loong64",
};

/** os-release(5): shell-like assignments. */
export function parseOsRelease(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const match = /^([A-Z][A-Z0-9_]*)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(.*))$/.exec(line.trim());
    if (match?.[1]) values[match[1]] = match[2]?.replace(/\\(.)/g, "$1") ?? match[3] ?? match[4] ?? "";
  }
  return values;
}

const readText = async (path: string): Promise<string> => (await readFile(path, "utf8").catch(() => "")).trim();

/** Changes with every boot. Containers share their host's, which is what the kernel says. */
export const bootId = (): Promise<string> => readText("/proc/sys/kernel/random/boot_id");

/**
 * machine-id(5) asks to keep the id itself confidential and to show a keyed hash of it. A machine without one gets a
 * random one that lives in the state directory.
 */
async function machineId(stateDir: string): Promise<string> {
  const id = (await readText("/etc/machine-id")) || (await ownMachineId(stateDir));
  return createHmac("sha256", id).update("breakwater-agent-v1").digest("hex").slice(0, 32);
}

async function ownMachineId(stateDir: string): Promise<string> {
  const path = join(stateDir, "machine.json");
  const known = await readJsonFile(path, z.object({ id: z.string() }));
  if (known) return known.id;
  const id = randomBytes(16).toString("hex");
  await writeFileAtomically(path, JSON.stringify({ id }), 0o600);
  return id;
}

/** What systemd-detect-virt(1) would find out, from the marks that container managers leave; "" when there is none to see. */
async function virtualization(): Promise<string> {
  const marked = await readText("/run/systemd/container");
  if (marked) return marked;
  const vendor = await readText("/sys/class/dmi/id/sys_vendor");
  if (/QEMU/i.test(vendor)) return "kvm";
  if (/VMware/i.test(vendor)) return "vmware";
  if (/Microsoft/i.test(vendor)) return "microsoft";
  if (/Amazon EC2/i.test(vendor)) return "amazon";
  if (/Xen/i.test(vendor)) return "xen";
  return "";
}

/** Who this machine is, before any controller gave it a name. */
export async function machineIdentity(stateDir: string, agentVersion: string): Promise<EndpointIdentity> {
  const os = parseOsRelease((await readText("/etc/os-release")) || (await readText("/usr/lib/os-release")));
  return {
    hostname: hostname(),
    machineId: await machineId(stateDir),
    agentVersion,
    os: {
      id: os.ID ?? "",
      versionId: os.VERSION_ID ?? "",
      prettyName: os.PRETTY_NAME ?? "",
      codename: os.VERSION_CODENAME ?? "",
      architecture: ARCHITECTURES[process.arch] ?? process.arch,
      kernelRelease: release(),
      virtualization: await virtualization(),
    },
  };
}

/** Counts this agent's starts. Two machines that run on one copied identity show as jumps back and forth. */
export async function nextIncarnation(stateDir: string): Promise<number> {
  const path = join(stateDir, "incarnation.json");
  const known = await readJsonFile(path, z.object({ incarnation: z.number().int().min(0) }));
  const incarnation = (known?.incarnation ?? 0) + 1;
  await writeFileAtomically(path, JSON.stringify({ incarnation }), 0o600);
  return incarnation;
}
