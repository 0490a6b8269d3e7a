import type { Simulation } from "../package-manager.ts";

/** `Inst libssl3 [3.0.17-1] (3.0.18-1 Debian-Security:12/oldstable-security [amd64]) []` */
const INSTALL =
  /^Inst (?<name>[^\s:[]+)(?::(?<foreign>\S+))?(?: \[(?<from>[^\]]+)\])? \((?<to>\S+)(?: .*?)? \[(?<architecture>[a-z0-9-]+)\]\)/;
/** `Remv bw-app [1.0]` */
const REMOVE = /^(?:Remv|Purg) (?<name>[^\s:[]+)(?::(?<architecture>\S+))?(?: \[(?<version>[^\]]*)\])?/;

/**
 * Reads what `apt-get -s` prints. Strict: a line that begins like a step and cannot be read makes the whole simulation
 * unknown, because a step that is overlooked would be one that nobody approved.
 */
export function parseSimulation(output: string): Simulation | { readonly unreadable: string } {
  const installs: Simulation["installs"][number][] = [];
  const removes: Simulation["removes"][number][] = [];
  for (const line of output.split("\n")) {
    if (line.startsWith("Inst ")) {
      const g = INSTALL.exec(line)?.groups;
      if (!g?.name || !g.to || !g.architecture) return { unreadable: line };
      installs.push({ name: g.name, architecture: g.architecture, from: g.from ?? "", to: g.to });
    } else if (line.startsWith("Remv ") || line.startsWith("Purg ")) {
      const g = REMOVE.exec(line)?.groups;
      if (!g?.name) return { unreadable: line };
      removes.push({ name: g.name, architecture: g.architecture ?? "", version: g.version ?? "" });
    }
  }
  return { installs, removes };
}
