import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { EndpointAction, PackageChange, RehearsalReport, RehearsalStepName } from "@breakwater/shared/command";
import { fail, ok, type Result } from "@breakwater/shared/core";
import { judgeBeforehand, keepWayBack, spaceShort } from "../execution/index.ts";
import type { ManagerFailure, PackageFile, PackageManager, Run } from "../packages/index.ts";
import { endClone, prepareClone, readLeft, startClone, unitOf, watchClone } from "./clone.ts";
import { type Findings, noFindings, type Order } from "./findings.ts";
import { differences, digestOf, hasLoopDevices, takeFingerprint } from "./fingerprint.ts";
import { blindTo, type Judged, judge, packagesOf } from "./judge.ts";
import { limitsFor } from "./limits.ts";
import { submountsOf } from "./mounts.ts";

export interface RehearsalPlace {
  readonly run: Run;
  readonly manager: PackageManager;
  /** This rehearsal's own; all in it goes away with it. */
  readonly directory: string;
  readonly archives: string;
  readonly caches: () => readonly string[];
  /** How long services that the change touched are watched. */
  readonly watchMs: number;
  /** Why the machine's owner does not let these changes come from where they come from. */
  foreignOrigin(changes: readonly PackageChange[]): Promise<string | undefined>;
  /** Why it has to end before its time. */
  aborted(): string | undefined;
  progress(step: RehearsalStepName): void;
}

/** What is ready for a clone, or why the patch failed or cannot be tried. */
interface Ready {
  readonly changes: readonly PackageChange[];
  readonly newFiles: readonly PackageFile[];
  readonly oldFiles: readonly PackageFile[];
  readonly noWayBack: string;
}

/**
 * One rehearsal from its precheck to the proof that the machine is as it was. On the machine it writes into its own two
 * directories only, and removes them.
 */
export async function runRehearsal(id: string, action: EndpointAction, place: RehearsalPlace): Promise<RehearsalReport> {
  const { run } = place;
  const from = performance.now();
  const steps: RehearsalReport["steps"] = [];
  const before = await takeFingerprint(run);
  let level: RehearsalReport["level"] = "";
  let findings = noFindings();
  let judged: Judged;
  let missing: readonly string[] = [];
  try {
    const ready = await makeReady(action, place, steps);
    if (!ready.ok) judged = ready.problem.judged;
    else if (ready.value.changes.length === 0)
      judged = { verdict: "passed", failureClass: "", reason: "Every package is at its planned version already." };
    else {
      const rehearsed = await inClone(id, action, ready.value, place);
      ({ level, findings, judged, missing } = rehearsed);
    }
  } finally {
    rmSync(place.archives, { recursive: true, force: true });
  }
  const after = await takeFingerprint(run);
  const changed = differences(before, after);
  if (judged.verdict !== "not-rehearsable" && changed.some((d) => d.startsWith("packages:")))
    judged = {
      verdict: "not-rehearsable",
      failureClass: "interrupted",
      reason: "The machine's own packages changed meanwhile, so the copy was of no one state.",
    };
  return {
    ...judged,
    reason: judged.reason.slice(0, 4_000),
    level,
    blindTo: cut(blindTo(level, missing), 20, 500),
    warnings: cut(findings.warnings, 50, 1_000),
    steps: [...steps, ...findings.steps].map((s) => ({ ...s, detail: s.detail.slice(0, 4_000), output: s.output.slice(-8_000) })),
    packages: packagesOf(action, findings),
    checks: findings.checks.slice(0, 128).map((c) => ({ ...c, detail: c.detail.slice(0, 1_000) })),
    configurationReviews: cut(findings.configurationReviews, 200, 1_000),
    filesOutside: cut(findings.filesOutside, 50, 1_000),
    filesOutsideCount: findings.filesOutsideCount,
    restartedUnits: cut(findings.restartedUnits, 500, 300),
    cost: {
      seconds: Math.round((performance.now() - from) / 100) / 10,
      cpuSeconds: findings.cpuSeconds,
      diskBytes: findings.diskBytes,
      memoryPeakBytes: findings.memoryPeakBytes,
    },
    host: { untouched: changed.length === 0, digestBefore: digestOf(before), digestAfter: digestOf(after), differences: changed },
  };
}

/** To the limits of the report's schema: a controller refuses what is longer, and with it the whole session. */
const cut = (texts: readonly string[], most: number, characters: number): string[] =>
  texts.slice(0, most).map((t) => t.slice(0, characters));

type Stop = Result<never, { readonly judged: Judged }>;
const failed = (failureClass: string, reason: string): Stop => fail({ judged: { verdict: "failed", failureClass, reason } });
const cannot = (failureClass: string, reason: string): Stop => fail({ judged: { verdict: "not-rehearsable", failureClass, reason } });
/** What a network or another program did is no word on the patch. */
const PASSING: ReadonlySet<string> = new Set(["lock-timeout", "download-failed", "package-manager-broken"]);
const asFound = ({ failureClass, message }: ManagerFailure): Stop =>
  PASSING.has(failureClass) ? cannot(failureClass, message) : failed(failureClass, message);

async function makeReady(
  action: EndpointAction,
  place: RehearsalPlace,
  steps: RehearsalReport["steps"],
): Promise<Result<Ready, { readonly judged: Judged }>> {
  const { manager } = place;
  const step = async <T>(name: RehearsalStepName, work: () => Promise<Result<T, { readonly judged: Judged }>>) => {
    place.progress(name);
    const began = performance.now();
    const result = await work();
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    const outcome = result.ok ? "ok" : "failed";
    steps.push({ name, outcome, seconds, detail: result.ok ? "" : result.problem.judged.reason, output: "" });
    return result;
  };
  const changes = await step<readonly PackageChange[]>("precheck", async () => {
    const health = await manager.health();
    if (!health.healthy)
      return cannot(
        "package-manager-broken",
        `What ${manager.id} manages is broken on the machine itself: ${health.problems.slice(0, 5).join(" ")}`,
      );
    const holder = await manager.lockHolder();
    if (holder) return cannot("lock-timeout", `The package manager is in use by ${holder}; a copy now would be of no one state.`);
    const judged = await judgeBeforehand(manager, action, await manager.installed());
    if (!judged.ok) return asFound(judged.problem);
    if (judged.value.length === 0) return ok([]);
    const foreign = await place.foreignOrigin(judged.value);
    if (foreign) return failed("repository-untrusted", foreign);
    const short = spaceShort(await manager.spaceNeeds(judged.value));
    return short ? failed("no-space", short) : ok(judged.value);
  });
  if (!changes.ok) return changes;
  if (changes.value.length === 0) return ok({ changes: [], newFiles: [], oldFiles: [], noWayBack: "" });
  return step("bytes", async () => {
    const { limits } = action;
    for (const part of ["new/partial", "old"]) mkdirSync(join(place.archives, part), { recursive: true });
    const fetched = await manager.prefetch(changes.value, join(place.archives, "new"), {
      bytesPerSecond: limits.downloadBytesPerSecond,
      lockWaitMs: limits.lockWaitMs,
    });
    if (!fetched.ok) return asFound(fetched.problem);
    const scratch = join(place.directory, "status-after");
    const kept = await keepWayBack(manager, changes.value, fetched.value, {
      directory: join(place.archives, "old"),
      caches: place.caches(),
      scratch,
    });
    if (action.rollback && !kept.reversible) return failed("rollback-failed", `There would be no way back: ${kept.why}`);
    return ok({
      changes: changes.value,
      newFiles: fetched.value,
      oldFiles: kept.reversible ? kept.files : [],
      noWayBack: kept.reversible ? "" : kept.why,
    });
  });
}

interface InClone {
  readonly level: RehearsalReport["level"];
  readonly findings: Findings;
  readonly judged: Judged;
  readonly missing: readonly string[];
}

async function inClone(id: string, action: EndpointAction, ready: Ready, place: RehearsalPlace): Promise<InClone> {
  const { run, directory } = place;
  const submounts = submountsOf(await readFile("/proc/1/mountinfo", "utf8"));
  const limits = limitsFor(spare(directory));
  const nothing = { findings: noFindings(), missing: submounts.missing };
  if (!limits.ok)
    return { ...nothing, level: "", judged: { verdict: "not-rehearsable", failureClass: "no-space", reason: limits.problem.message } };
  let why = "";
  for (const level of existsSync("/run/systemd/system") ? (["booted", "chroot"] as const) : (["chroot"] as const)) {
    const order: Order = {
      ...{ level, action, watchMs: place.watchMs },
      changes: [...ready.changes],
      newFiles: [...ready.newFiles],
      oldFiles: [...ready.oldFiles],
      archives: place.archives,
    };
    rmSync(join(directory, "exchange"), { recursive: true, force: true });
    try {
      await prepareClone(run, directory, order, submounts.cloned, limits.value);
      await startClone(run, id, directory, level, limits.value);
      place.progress("boot");
      const seen = await watchClone(run, id, directory, limits.value.deadlineMs, place.aborted, ({ steps }) => {
        const last = steps.at(-1);
        if (last) place.progress(last.name);
      });
      if (!seen.silent || seen.end.kind === "aborted") {
        const left = readLeft(join(directory, "exchange/left-out")).split("\n");
        const warnings = [
          ...(why ? [`The copy could not be booted, so services were not started: ${why}`] : []),
          ...(ready.noWayBack ? [`No way back: ${ready.noWayBack}`] : []),
        ];
        const findings = { ...seen.findings, warnings: [...warnings, ...seen.findings.warnings] };
        return {
          level,
          findings,
          judged: judge(seen.findings, seen.end),
          missing: [...submounts.missing, ...left.filter((l) => l !== "")],
        };
      }
      why = seen.end.kind === "lost" ? seen.end.output.slice(-500) : seen.end.kind;
    } finally {
      await endClone(run, unitOf(id));
    }
  }
  return {
    ...nothing,
    level: "",
    judged: { verdict: "not-rehearsable", failureClass: "internal", reason: `No copy of this machine can be made: ${why}` },
  };
}

function spare(directory: string) {
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1];
  const { bavail, bsize } = statfsSync(directory);
  return {
    memoryBytes: Number(available ?? 0) * 1024,
    diskBytes: bavail * bsize,
    loopDevices: hasLoopDevices() && existsSync("/sbin/mkfs.ext4"),
    processors: availableParallelism(),
  };
}
