import { spawn } from "node:child_process";
import { lstat, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fail, ok, type Result } from "@breakwater/shared/core";
import type { Run } from "../packages/index.ts";

/** Below the agent's configuration: what the machine's owner has run before and after a reboot. */
export const HOOKS_DIR = "hooks";
export const HOOK_PHASES = ["drain", "undrain"] as const;
export type HookPhase = (typeof HOOK_PHASES)[number];

/** One hook, with what it starts, is ended after this. */
export const HOOK_LIMIT_MS = 120_000;
/** All hooks of a phase together. */
export const PHASE_LIMIT_MS = 300_000;
const MAX_HOOKS = 16;
/** Of what a hook prints, this much is kept; the rest is read and forgotten, so that no hook stands still or fills anything. */
const OUTPUT_BYTES = 4_096;
const GRACE_MS = 10_000;
/** As run-parts(8) takes names, so that an editor's left-overs are no hooks. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;
const ENV = { LC_ALL: "C.UTF-8", PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };

export interface HookRun {
  readonly name: string;
  /** "exited 0", "exited 3", "timed out". */
  readonly exit: string;
  readonly seconds: number;
  readonly output: string;
}

export interface HooksRan {
  readonly passed: boolean;
  readonly hooks: HookRun[];
  /** Why hooks were not run, or what went wrong; empty when all is well. */
  readonly problem: string;
}

/** What a look at a file says of who could have written it. */
export interface Ownership {
  readonly uid: number;
  readonly mode: number;
  readonly kind: "file" | "directory" | "other";
}

/** Why something is not the owner's own word: root's, and nobody else's to write. Symbolic links are followed by nobody. */
export function unsound(path: string, { uid, mode, kind }: Ownership, wanted: "file" | "directory"): string | undefined {
  if (kind !== wanted) return `${path} is not a plain ${wanted}`;
  if (uid !== 0) return `${path} belongs to user ${uid}, not to root`;
  if ((mode & 0o022) !== 0) return `${path} can be written by others than root`;
  if (wanted === "file" && (mode & 0o100) === 0) return `${path} is not executable`;
  return undefined;
}

const ownershipOf = async (path: string): Promise<Ownership | undefined> => {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (!found) return undefined;
  return { uid: found.uid, mode: found.mode, kind: found.isFile() ? "file" : found.isDirectory() ? "directory" : "other" };
};

/** The hooks of a phase, in the order of their names. Refused as a whole when anything on the way to one is not root's own. */
export async function findHooks(configDir: string, phase: HookPhase): Promise<Result<string[]>> {
  const refused = (why: string) =>
    fail({ code: "hook-unsound", message: `Hooks are not run: ${why}.`, next: "chown root:root and chmod go-w." });
  const directory = join(configDir, HOOKS_DIR, `${phase}.d`);
  if (!(await ownershipOf(directory))) return ok([]);
  for (let at = directory; ; at = dirname(at)) {
    const seen = await ownershipOf(at);
    const why = seen ? unsound(at, seen, "directory") : `${at} does not exist`;
    if (why) return refused(why);
    if (dirname(at) === at) break;
  }
  const names = (await readdir(directory)).filter((n) => NAME.test(n) && n !== "README").sort();
  if (names.length > MAX_HOOKS) return refused(`${directory} holds ${names.length} hooks; ${MAX_HOOKS} are taken`);
  const paths = names.map((n) => join(directory, n));
  for (const path of paths) {
    const seen = await ownershipOf(path);
    const why = seen ? unsound(path, seen, "file") : `${path} is gone`;
    if (why) return refused(why);
  }
  return ok(paths);
}

/**
 * Runs the hooks of a phase one after another, each as a unit of its own that is ended with all that it started when its time
 * is over. Draining stops at the first that fails; taking back goes through all of them.
 */
export async function runHooks(run: Run, configDir: string, phase: HookPhase, executionId: string): Promise<HooksRan> {
  const found = await findHooks(configDir, phase);
  if (!found.ok) return { passed: false, hooks: [], problem: found.problem.message };
  const hooks: HookRun[] = [];
  const until = performance.now() + PHASE_LIMIT_MS;
  for (const [index, path] of found.value.entries()) {
    const limitMs = Math.min(HOOK_LIMIT_MS, until - performance.now());
    const unit = `breakwater-${phase}-${executionId}-${index + 1}.service`;
    hooks.push(
      limitMs < 1_000
        ? { name: path, exit: "timed out", seconds: 0, output: "" }
        : await runHook(run, unit, path, phase, executionId, limitMs),
    );
    if (phase === "drain" && hooks.at(-1)?.exit !== "exited 0") break;
  }
  const bad = hooks.filter((h) => h.exit !== "exited 0");
  const problem = bad.map((h) => `${h.name} ${h.exit}${h.output ? `: ${h.output.trim().slice(-300)}` : ""}`).join("; ");
  return { passed: bad.length === 0, hooks, problem };
}

async function runHook(run: Run, unit: string, path: string, phase: HookPhase, executionId: string, limitMs: number): Promise<HookRun> {
  // An executor that was killed in the middle of it left it running: a hook is not run beside itself.
  await run(["/usr/bin/systemctl", "stop", unit], { env: ENV, timeoutMs: GRACE_MS * 3 });
  const began = performance.now();
  const argv = [
    `--unit=${unit}`,
    "--wait",
    "--pipe",
    "--collect",
    "--quiet",
    "--service-type=exec",
    `--property=RuntimeMaxSec=${Math.ceil(limitMs / 1_000)}`,
    "--property=TimeoutStopSec=5",
    "--property=KillMode=control-group",
    ...Object.entries(ENV).map(([k, v]) => `--setenv=${k}=${v}`),
    `--setenv=BREAKWATER_PHASE=${phase}`,
    `--setenv=BREAKWATER_EXECUTION=${executionId}`,
    "--",
    path,
  ];
  const child = spawn("/usr/bin/systemd-run", argv, { env: ENV, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString("utf8")).slice(-OUTPUT_BYTES);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = await new Promise<string>((resolve) => {
    // systemd ends the unit by itself; this is for a systemd that does not answer.
    const timer = setTimeout(() => resolve("timed out"), limitMs + GRACE_MS);
    const end = (how: string) => {
      clearTimeout(timer);
      resolve(how);
    };
    child.once("error", (error) => end(`not started: ${error.message}`));
    child.once("close", (code) => end(`exited ${code ?? "by a signal"}`));
  });
  const elapsed = performance.now() - began;
  const exit = ended !== "exited 0" && elapsed >= limitMs ? "timed out" : ended;
  return { name: path, exit, seconds: Math.round(elapsed / 100) / 10, output };
}
