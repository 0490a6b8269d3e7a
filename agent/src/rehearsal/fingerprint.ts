import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { runningServices } from "../execution/index.ts";
import type { Run } from "../packages/index.ts";
import { RPM, RPM_ENVIRONMENT } from "../packages/rpm/environment.ts";

/** What a rehearsal must leave alone, each part as lines that can be compared and shown. */
export interface Fingerprint {
  readonly packages: readonly string[];
  readonly units: readonly string[];
  readonly mounts: readonly string[];
  readonly listeners: readonly string[];
  readonly etc: readonly string[];
  readonly kernelSettings: readonly string[];
}
const PARTS = ["packages", "units", "mounts", "listeners", "etc", "kernelSettings"] as const;
const WORDS: Readonly<Record<(typeof PARTS)[number], string>> = {
  packages: "packages",
  units: "services",
  mounts: "mounts",
  listeners: "listening sockets",
  etc: "/etc",
  kernelSettings: "kernel settings",
};
const DPKG_STATUS = "/var/lib/dpkg/status";
/** Each installed package with when it was installed, so that one installed again is another one. */
const RPM_FORMAT = "%{NEVRA} %{INSTALLTIME} %{SIGMD5}\\n";
const LISTEN = "0A";
/** Differences that are spelled out; the digest covers all. */
const MAX_TOLD = 20;

/**
 * Looks at the machine as its first process sees it, not as the executor's sandbox does.
 * @param rpm where rpm lies, on a machine that has it
 * @throws when something cannot be read, rpm's answer among it: a rehearsal is not called harmless by a look that was half
 */
export async function takeFingerprint(run: Run, rpm = RPM): Promise<Fingerprint> {
  // Both, where a machine has both: a change of one kind may touch the other.
  const digest = (text: string | Buffer) => createHash("sha256").update(text).digest("hex");
  const dpkg = existsSync(DPKG_STATUS) ? await readFile(DPKG_STATUS) : undefined;
  const rpms = existsSync(rpm) ? await rpmsOf(run, rpm) : "";
  const mountinfo = await readFile("/proc/1/mountinfo", "utf8");
  return {
    packages: [
      ...(dpkg ? [`dpkg's status ${digest(dpkg)}`] : []),
      ...(rpms ? [`rpm's database ${digest(rpms.split("\n").sort().join("\n"))}`] : []),
    ],
    units: (await runningServices(run)).map((u) => `${u.unit} main process ${u.mainPid}, ${u.restarts} restarts`).sort(),
    mounts: mountinfo
      .split("\n")
      .map((l) => l.split(" "))
      .filter((f) => f.length > 8 && !/^\/run\/(?:user|credentials)\//.test(f[4] ?? ""))
      .map((f) => `${f[4]} ${f[5]} ${f.slice(f.indexOf("-") + 1).join(" ")}`)
      .sort(),
    listeners: ["tcp", "tcp6"].flatMap((name) => listening(readFileSync(`/proc/1/net/${name}`, "utf8"), name)).sort(),
    etc: (await list("/etc")).sort(),
    kernelSettings: ["kernel/hostname", "kernel/core_pattern", "kernel/panic", "vm/swappiness", "vm/overcommit_memory", "fs/file-max"].map(
      (name) => `${name} ${readQuietly(`/proc/sys/${name}`)}`,
    ),
  };
}

/** @throws when rpm does not answer: two answers that are missing alike would pass for a machine that nobody touched */
async function rpmsOf(run: Run, rpm: string): Promise<string> {
  const ran = await run([rpm, "-qa", "--qf", RPM_FORMAT], { env: RPM_ENVIRONMENT, timeoutMs: 60_000 });
  if (ran.exitCode !== 0)
    throw new Error(`rpm does not tell what is installed: ${ran.stderr.trim().slice(0, 300) || "it did not end well"}`);
  return ran.stdout;
}

export const digestOf = (f: Fingerprint): string =>
  createHash("sha256")
    .update(JSON.stringify(PARTS.map((p) => f[p])))
    .digest("hex");

/** Pure: what is not as it was, in words. */
export function differences(before: Fingerprint, after: Fingerprint): string[] {
  const told = PARTS.flatMap((part) => {
    const [then, now] = [new Set(before[part]), new Set(after[part])];
    return [
      ...[...then].filter((l) => !now.has(l)).map((l) => `${WORDS[part]}: was ${l}`),
      ...[...now].filter((l) => !then.has(l)).map((l) => `${WORDS[part]}: now ${l}`),
    ];
  });
  const cut = told.map((t) => t.slice(0, 400));
  return cut.length > MAX_TOLD ? [...cut.slice(0, MAX_TOLD), `and ${cut.length - MAX_TOLD} more`] : cut;
}

/** Addresses of listening sockets in the text of /proc/net/tcp (proc(5)). */
export const listening = (text: string, protocol: string): string[] =>
  text.split("\n").flatMap((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return local && state === LISTEN ? [`${protocol} ${local}`] : [];
  });

async function list(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const s = await lstat(path).catch(() => undefined);
    if (!s) continue;
    // A directory's own time changes with lock files that come and go; what is in it is listed by itself.
    found.push(s.isDirectory() ? `${path}/ ${s.mode} ${s.uid}` : `${path} ${s.mode} ${s.uid} ${s.size} ${Math.round(s.mtimeMs)}`);
    if (s.isDirectory()) found.push(...(await list(path)));
  }
  return found;
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "?";
  }
}

/** Whether loop devices can be had here. */
export const hasLoopDevices = (): boolean => readdirSync("/dev").includes("loop-control");
