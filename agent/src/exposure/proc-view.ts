import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { InspectedProcess, Inspection } from "../executor/protocol.ts";
import { readSmbios } from "./smbios.ts";
import { type ListeningSocket, parseSockets } from "./sockets.ts";

/** The kernel's own marker after the path of a mapped or running file that was replaced or removed. */
const DELETED = " (deleted)";
const ARCHIVE = /\.(jar|war|ear|sar|par|kar|jpi|hpi|lpkg)$/i;
const INTERPRETER = /^(node|nodejs|bun|deno|python[0-9.]*|pypy[0-9.]*|ruby[0-9.]*)$/;
/** Of one process; the largest application servers hold some hundreds. */
const MAX_ARCHIVES = 5_000;
const MAX_ARGUMENTS = 64;
const MAX_PATH = 4_096;
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
    const netns = await netnsOf(proc, name);
    const sockets = socketsByNetns.get(netns) ?? (await socketsOf(proc, name, ephemeral));
    socketsByNetns.set(netns, sockets);
    const opened = await openFiles(proc, name);
    const common = {
      pid,
      name: /^Name:\s*(.*)$/m.exec(status)?.[1] ?? "",
      uid: Number(/^Uid:\s*(\d+)/m.exec(status)?.[1] ?? -1),
      unit: unitOf(await text(`${proc}/${name}/cgroup`)),
      netns,
      listens: listensOf(opened, sockets),
    };
    // A container's /usr/lib/libssl is not ours, though its path says so. What it listens on is told: its network may be ours.
    if ((await rootOf(proc, name)) !== ownRoot) {
      contained = true;
      if (common.listens.length > 0) processes.push({ ...common, ...NOTHING_OF_OURS });
      continue;
    }
    const cwd = await readlink(`${proc}/${name}/cwd`).catch(() => "");
    processes.push({
      ...common,
      exe: exe.replace(DELETED, ""),
      exeDeleted: exe.endsWith(DELETED),
      mapped: mappedFiles(await text(`${proc}/${name}/maps`)),
      archives: [...new Set(opened.filter((file) => ARCHIVE.test(file)))].slice(0, MAX_ARCHIVES),
      cwd,
      script: INTERPRETER.test(basename(exe)) ? await scriptOf(await text(`${proc}/${name}/cmdline`), cwd) : "",
    });
  }
  const problems = [
    ...(hidden ? ["processes of other users could not be read"] : []),
    ...(contained ? ["processes in containers have packages of their own, which are not looked at"] : []),
  ];
  return { hostNetns, processes, problems, smbios: await readSmbios() };
}

const NOTHING_OF_OURS = { exe: "", exeDeleted: false, mapped: [], archives: [], cwd: "", script: "" };

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

/** What the descriptors of a process lead to. */
async function openFiles(proc: string, pid: string): Promise<string[]> {
  const files: string[] = [];
  for (const fd of await readdir(`${proc}/${pid}/fd`).catch(() => [] as string[]))
    files.push(await readlink(`${proc}/${pid}/fd/${fd}`).catch(() => ""));
  return files;
}

function listensOf(opened: readonly string[], sockets: ReadonlyMap<string, ListeningSocket>): InspectedProcess["listens"] {
  return opened.flatMap((file) => {
    const socket = sockets.get(/^socket:\[(\d+)\]$/.exec(file)?.[1] ?? "");
    return socket ? [{ protocol: socket.protocol, address: socket.address, port: socket.port }] : [];
  });
}

/** The first argument that is a file, as an interpreter takes it: options come before it, and are not passed on. */
async function scriptOf(cmdline: string, cwd: string): Promise<string> {
  for (const argument of cmdline.split("\0").slice(1, MAX_ARGUMENTS)) {
    if (argument === "" || argument.startsWith("-") || argument.length > MAX_PATH) continue;
    const path = resolve(cwd || "/", argument);
    if ((await stat(path).catch(() => undefined))?.isFile()) return path;
  }
  return "";
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
