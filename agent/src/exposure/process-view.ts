import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { InspectedProcess } from "../executor/protocol.ts";
import { type ListeningSocket, parseSockets } from "./sockets.ts";

/** The kernel's own marker after the path of a mapped or running file that was replaced or removed. */
const DELETED = " (deleted)";
const ARCHIVE = /\.(jar|war|ear|sar|par|kar|jpi|hpi|lpkg)$/i;
const INTERPRETER = /^(node|nodejs|bun|deno|python[0-9.]*|pypy[0-9.]*|ruby[0-9.]*)$/;
/** Of one process; the largest application servers hold some hundreds. */
const MAX_ARCHIVES = 5_000;
const MAX_ARGUMENTS = 64;
const MAX_PATH = 4_096;
/** A process that becomes another program while it is read is read again; a launcher does so once or twice. */
const MAX_LOOKS = 4;

/** What a number in /proc turned out to be. */
type Seen =
  /** One of ours, with all of its files; or one of a container, with what it listens on alone. */
  | { readonly kind: "process"; readonly process: InspectedProcess; readonly contained: boolean }
  /** It lives, and may not be read, or not as one. */
  | { readonly kind: "hidden" }
  /** It ended meanwhile: whatever was read of it may be half, and is no longer true. */
  | { readonly kind: "gone" }
  /** A kernel thread, or one that has ended and waits for its parent: neither has files. */
  | { readonly kind: "without-files" };

/** What all processes of one look have in common. */
export interface Looking {
  readonly proc: string;
  readonly ownRoot: string;
  readonly ephemeral: readonly [number, number];
  /** Sockets by network namespace, each read once. */
  readonly sockets: Map<string, ReadonlyMap<string, ListeningSocket>>;
}

/**
 * One process with its files and listeners. The kernel gives no view of a whole process at one moment: it may end, or become another program, between any
 * two reads. So what was read counts only when the same process still runs the same program at the end.
 */
export async function lookAt(pid: string, looking: Looking): Promise<Seen> {
  for (let look = 1; look <= MAX_LOOKS; look++) {
    const started = await startOf(looking.proc, pid);
    if (started === HIDDEN) return { kind: "hidden" };
    if (started === undefined) return { kind: "gone" };
    const read = await readOnce(pid, looking);
    if (read.kind === "without-files") return read;
    // The kernel forbids the links of one that has just ended, too.
    if ((await startOf(looking.proc, pid)) !== started) return { kind: "gone" };
    if (read.kind === "hidden") return read;
    const exe = await linkOf(`${looking.proc}/${pid}/exe`);
    // Its memory is let go of before its number is.
    if (exe === undefined) return { kind: "gone" };
    if (read.kind === "gone" || exe !== read.exe) continue;
    if (read.sockets) looking.sockets.set(read.sockets.netns, read.sockets.found);
    return { kind: "process", process: read.process, contained: read.contained };
  }
  // It lives and could not be read as one.
  return { kind: "hidden" };
}

type Read =
  | Exclude<Seen, { kind: "process" }>
  | {
      readonly kind: "process";
      readonly process: InspectedProcess;
      readonly contained: boolean;
      readonly exe: string;
      /** Those of its network namespace, where this process was the first of it. */
      readonly sockets: { readonly netns: string; readonly found: ReadonlyMap<string, ListeningSocket> } | undefined;
    };

async function readOnce(pid: string, { proc, ownRoot, ephemeral, sockets: known }: Looking): Promise<Read> {
  const status = await textOf(`${proc}/${pid}/status`);
  if (status === "") return { kind: "gone" };
  if (!/^VmSize:/m.test(status)) return { kind: "without-files" };
  const exe = await linkOf(`${proc}/${pid}/exe`, "hidden");
  if (exe === undefined) return { kind: "gone" };
  if (exe === HIDDEN) return { kind: "hidden" };
  const netns = await netnsOf(proc, pid);
  const before = known.get(netns);
  const sockets = before ?? (await socketsOf(proc, pid, ephemeral));
  const opened = await openFiles(proc, pid);
  const common = {
    pid: Number(pid),
    name: /^Name:\s*(.*)$/m.exec(status)?.[1] ?? "",
    uid: Number(/^Uid:\s*(\d+)/m.exec(status)?.[1] ?? -1),
    unit: unitOf(await textOf(`${proc}/${pid}/cgroup`)),
    netns,
    listens: listensOf(opened, sockets),
  };
  const told = { kind: "process" as const, exe, sockets: before ? undefined : { netns, found: sockets } };
  const root = await rootOf(proc, pid);
  if (root === "") return { kind: "gone" };
  // A container's /usr/lib/libssl is not ours, though its path says so. What it listens on is told: its network may be ours.
  if (root !== ownRoot) return { ...told, contained: true, process: { ...common, ...NOTHING_OF_OURS } };
  const cwd = (await linkOf(`${proc}/${pid}/cwd`)) ?? "";
  const process = {
    ...common,
    exe: exe.replace(DELETED, ""),
    exeDeleted: exe.endsWith(DELETED),
    mapped: mappedFiles(await textOf(`${proc}/${pid}/maps`)),
    archives: [...new Set(opened.filter((file) => ARCHIVE.test(file)))].slice(0, MAX_ARCHIVES),
    cwd,
    script: INTERPRETER.test(basename(exe)) ? await scriptOf(await textOf(`${proc}/${pid}/cmdline`), cwd) : "",
  };
  return { ...told, contained: false, process };
}

const NOTHING_OF_OURS = { exe: "", exeDeleted: false, mapped: [], archives: [], cwd: "", script: "" };

const textOf = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

/** No path of a file. */
const HIDDEN = "\0hidden";
/** Where a link leads; undefined when it is not there, or may not be read and nobody asks to be told. */
async function linkOf(path: string, tell?: "hidden"): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (cause) {
    return tell === "hidden" && isForbidden(cause as NodeJS.ErrnoException) ? HIDDEN : undefined;
  }
}

const isForbidden = ({ code }: NodeJS.ErrnoException): boolean => code === "EACCES" || code === "EPERM";

/** When a process was started, in the kernel's clock ticks since boot: with its number, that is who it is. @see proc_pid_stat(5), field 22 */
async function startOf(proc: string, pid: string): Promise<string | undefined> {
  const text = await readFile(`${proc}/${pid}/stat`, "utf8").catch((cause: NodeJS.ErrnoException) => (isForbidden(cause) ? HIDDEN : ""));
  if (text === HIDDEN) return HIDDEN;
  // The name before may hold blanks and brackets of its own.
  return text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")[19]
    ?.trim();
}

export const netnsOf = async (proc: string, pid: string): Promise<string> =>
  /\[(\d+)\]/.exec((await linkOf(`${proc}/${pid}/ns/net`)) ?? "")?.[1] ?? "";

/** Device and inode of a process's root directory: another one means a container or a chroot. "" when it is not there. */
export const rootOf = async (proc: string, pid: string): Promise<string> => {
  const root = await stat(`${proc}/${pid}/root/`).catch(() => undefined);
  return root ? `${root.dev}:${root.ino}` : "";
};

export async function socketsOf(proc: string, pid: string, ephemeral: readonly [number, number]): Promise<Map<string, ListeningSocket>> {
  const sockets = new Map<string, ListeningSocket>();
  for (const file of ["tcp", "tcp6", "udp", "udp6"] as const) {
    const protocol = file.startsWith("tcp") ? "tcp" : "udp";
    for (const socket of parseSockets(await textOf(`${proc}/${pid}/net/${file}`), protocol, ephemeral)) sockets.set(socket.inode, socket);
  }
  return sockets;
}

/** What the descriptors of a process lead to. */
async function openFiles(proc: string, pid: string): Promise<string[]> {
  const files: string[] = [];
  for (const fd of await readdir(`${proc}/${pid}/fd`).catch(() => [] as string[]))
    files.push((await linkOf(`${proc}/${pid}/fd/${fd}`)) ?? "");
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
