import { readdir, readFile, readlink, stat } from "node:fs/promises";
import type { InspectedProcess, Inspection } from "../executor/protocol.ts";
import { type ListeningSocket, parseSockets } from "./sockets.ts";

/** The kernel's own marker after the path of a mapped or running file that was replaced or removed. */
const DELETED = " (deleted)";
const DEFAULT_EPHEMERAL: readonly [number, number] = [32_768, 60_999];

/**
 * Processes with their files and listeners, from this process's own view of /proc. Without privileges only processes of
 * the same user can be read; that others could not is a problem of the result.
 */
export async function viewProc(proc = "/proc"): Promise<Inspection> {
  const ephemeral = await ephemeralRange(proc);
  const hostNetns = await netnsOf(proc, "self");
  const socketsByNetns = new Map<string, Map<string, ListeningSocket>>();
  const processes: InspectedProcess[] = [];
  const ownRoot = await rootOf(proc, "self");
  let hidden = false;
  let contained = false;
  for (const name of await readdir(proc)) {
    if (!/^\d+$/.test(name)) continue;
    const pid = Number(name);
    const status = await text(`${proc}/${name}/status`);
    // Kernel threads have no memory of their own, so nothing of any package.
    if (!/^VmSize:/m.test(status)) continue;
    const exe = await readlink(`${proc}/${name}/exe`).catch(() => "");
    if (exe === "") {
      hidden = true;
      continue;
    }
    // A container's /usr/lib/libssl is not ours, though its path says so.
    if ((await rootOf(proc, name)) !== ownRoot) {
      contained = true;
      continue;
    }
    const netns = await netnsOf(proc, name);
    const sockets = socketsByNetns.get(netns) ?? (await socketsOf(proc, name, ephemeral));
    socketsByNetns.set(netns, sockets);
    processes.push({
      pid,
      name: /^Name:\s*(.*)$/m.exec(status)?.[1] ?? "",
      exe: exe.replace(DELETED, ""),
      exeDeleted: exe.endsWith(DELETED),
      uid: Number(/^Uid:\s*(\d+)/m.exec(status)?.[1] ?? -1),
      unit: unitOf(await text(`${proc}/${name}/cgroup`)),
      netns,
      mapped: mappedFiles(await text(`${proc}/${name}/maps`)),
      listens: await listensOf(proc, name, sockets),
    });
  }
  const problems = [
    ...(hidden ? ["processes of other users could not be read"] : []),
    ...(contained ? ["processes in containers have packages of their own, which are not looked at"] : []),
  ];
  return { hostNetns, processes, problems };
}

const text = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
const netnsOf = async (proc: string, pid: string): Promise<string> =>
  /\[(\d+)\]/.exec(await readlink(`${proc}/${pid}/ns/net`).catch(() => ""))?.[1] ?? "";

/** Device and inode of a process's root directory: another one means a container or a chroot. */
const rootOf = async (proc: string, pid: string): Promise<string> => {
  const root = await stat(`${proc}/${pid}/root/`).catch(() => undefined);
  return root ? `${root.dev}:${root.ino}` : "";
};

async function ephemeralRange(proc: string): Promise<readonly [number, number]> {
  const [from, to] = (await text(`${proc}/sys/net/ipv4/ip_local_port_range`)).trim().split(/\s+/).map(Number);
  return from && to ? [from, to] : DEFAULT_EPHEMERAL;
}

async function socketsOf(proc: string, pid: string, ephemeral: readonly [number, number]): Promise<Map<string, ListeningSocket>> {
  const sockets = new Map<string, ListeningSocket>();
  for (const file of ["tcp", "tcp6", "udp", "udp6"] as const) {
    const protocol = file.startsWith("tcp") ? "tcp" : "udp";
    for (const socket of parseSockets(await text(`${proc}/${pid}/net/${file}`), protocol, ephemeral)) sockets.set(socket.inode, socket);
  }
  return sockets;
}

async function listensOf(proc: string, pid: string, sockets: ReadonlyMap<string, ListeningSocket>): Promise<InspectedProcess["listens"]> {
  if (sockets.size === 0) return [];
  const listens: InspectedProcess["listens"] = [];
  for (const fd of await readdir(`${proc}/${pid}/fd`).catch(() => [] as string[])) {
    const inode = /^socket:\[(\d+)\]$/.exec(await readlink(`${proc}/${pid}/fd/${fd}`).catch(() => ""))?.[1];
    const socket = inode === undefined ? undefined : sockets.get(inode);
    if (socket) listens.push({ protocol: socket.protocol, address: socket.address, port: socket.port });
  }
  return listens;
}

/** Files that are mapped with the right to execute: code. Data files and locale archives say nothing of reach. */
export function mappedFiles(maps: string): InspectedProcess["mapped"] {
  const files = new Map<string, boolean>();
  for (const line of maps.split("\n")) {
    const match = /^\S+ ..x. \S+ \S+ \d+\s+(\/.*)$/.exec(line);
    if (!match?.[1]) continue;
    const deleted = match[1].endsWith(DELETED);
    files.set(deleted ? match[1].slice(0, -DELETED.length) : match[1], deleted);
  }
  return [...files].map(([path, deleted]) => ({ path, deleted }));
}

/** The innermost unit of a control group path, "0::/system.slice/ssh.service". */
export const unitOf = (cgroup: string): string =>
  cgroup
    .split("\n")
    .flatMap((line) => line.split("/").filter((part) => part.endsWith(".service")))
    .at(-1) ?? "";
