import { readdir, readFile } from "node:fs/promises";
import type { InspectedProcess, Inspection } from "../executor/protocol.ts";
import { type Looking, lookAt, netnsOf, rootOf, socketsOf } from "./process-view.ts";
import { readSmbios } from "./smbios.ts";

const DEFAULT_EPHEMERAL: readonly [number, number] = [32_768, 60_999];
/** How often the list of processes is looked through for those that have come since: a service that restarts is there twice, one after the other. */
const MAX_ROUNDS = 3;

/**
 * Processes with their files and listeners, from this process's own view of /proc. Without privileges only processes of the same user
 * can be read; that others could not is a problem of the result. What ends meanwhile is left out, and what has come in its place is looked at.
 */
export async function viewProc(proc = "/proc"): Promise<Inspection> {
  const hostNetns = await netnsOf(proc, "self");
  const ownRoot = await rootOf(proc, "self");
  const ephemeral = await ephemeralRange(proc);
  const processes: InspectedProcess[] = [];
  const seen = new Set<string>();
  let hidden = false;
  let contained = false;
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const found = (await readdir(proc)).filter((name) => /^\d+$/.test(name) && !seen.has(name));
    if (found.length === 0) break;
    // Anew each time: whoever has come since may listen on what nobody did before. Our own namespace is read from ourselves, who do not end.
    const looking: Looking = { proc, ownRoot, ephemeral, sockets: new Map([[hostNetns, await socketsOf(proc, "self", ephemeral)]]) };
    for (const name of found) {
      const about = await lookAt(name, looking);
      // Its number may be another's by the next round.
      if (about.kind === "gone") continue;
      seen.add(name);
      if (about.kind === "hidden") hidden = true;
      if (about.kind !== "process") continue;
      if (about.contained) contained = true;
      if (!about.contained || about.process.listens.length > 0) processes.push(about.process);
    }
  }
  const problems = [
    ...(hidden ? ["some processes could not be read"] : []),
    ...(contained ? ["processes in containers have packages of their own, which are not looked at"] : []),
  ];
  return { hostNetns, processes, problems, smbios: await readSmbios() };
}

async function ephemeralRange(proc: string): Promise<readonly [number, number]> {
  const text = await readFile(`${proc}/sys/net/ipv4/ip_local_port_range`, "utf8").catch(() => "");
  const [from, to] = text.trim().split(/\s+/).map(Number);
  return from && to ? [from, to] : DEFAULT_EPHEMERAL;
}
