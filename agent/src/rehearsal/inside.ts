import { readFileSync, renameSync, statfsSync, writeFileSync } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { isNew, type RehearsalStepName } from "@breakwater/shared/command";
import {
  leavingNow,
  restartOrder,
  restartUnit,
  runChecks,
  runningServices,
  showUnits,
  staleUnits,
  type UnitState,
} from "../execution/index.ts";
import { type InstalledPackage, type PackageManager, packageKey, type Run } from "../packages/index.ts";
import { compareChecks, sampleChecks } from "./check-samples.ts";
import { EXCHANGE, LAYER } from "./clone-script.ts";
import { filesOutside, listedFiles, listLayer } from "./files-outside.ts";
import { type Findings, noFindings, type Order, orderSchema } from "./findings.ts";
import { linksUp } from "./links.ts";
import { cpuOfAllMs } from "./process-times.ts";
import { bootedState, touched, watchServices } from "./services.ts";
import { type Transacted, transact } from "./transact.ts";

const LOCK_WAIT_MS = 30_000;
const BASELINE_GRACE_MS = 20_000;
const BASELINE_ROUNDS = 20;
const ROUND_MS = 100;
const WATCH_ROUND_MS = 400;
/** Services that nothing touched are looked at all the same, for this long. */
const SETTLE_MS = 6_000;
const MAX_FILES_TOLD = 50;

/** What the clone was like before the change. */
interface Baseline {
  readonly services: readonly UnitState[];
  readonly checks: Awaited<ReturnType<typeof sampleChecks>>;
  readonly reviews: readonly string[];
  readonly links: readonly string[];
  readonly layer: ReadonlyMap<string, number>;
  readonly listed: ReadonlySet<string>;
  readonly machine: ReadonlySet<string>;
}

/**
 * Runs in the clone: the transaction as the executor would run it on the machine, the watching, and the way back. Leaves its
 * findings in the exchange directory after each step, so that they outlive whatever a package does to it.
 */
export async function rehearseInside(run: Run, manager: PackageManager, exchange = EXCHANGE): Promise<void> {
  const order = orderSchema.parse(JSON.parse(readFileSync(join(exchange, "order.json"), "utf8")));
  const findings = noFindings();
  // In the clone's own memory: the exchange directory lies on the machine's disk.
  const log = `${exchange}.log`;
  const save = () => {
    measure(findings);
    writeFileSync(join(exchange, "findings.part"), JSON.stringify(findings), { mode: 0o600 });
    renameSync(join(exchange, "findings.part"), join(exchange, "findings.json"));
  };
  const problem = (failureClass: string, message: string) => findings.problems.push({ failureClass, message: message.slice(0, 2_000) });
  /** One step: told when it begins, and again with how it went. */
  const step = async <T>(name: RehearsalStepName, work: (told: Findings["steps"][number]) => Promise<T>): Promise<T> => {
    const told: Findings["steps"][number] = { name, outcome: "unfinished", seconds: 0, detail: "", output: "" };
    findings.steps.push(told);
    save();
    const from = performance.now();
    const result = await work(told);
    if (told.outcome === "unfinished") told.outcome = "ok";
    told.seconds = Math.round((performance.now() - from) / 100) / 10;
    save();
    return result;
  };
  const booted = order.level === "booted";
  const keys = new Set(order.changes.map(packageKey));
  const ours = async () => (await manager.installed()).filter((p) => keys.has(packageKey(p))).map(brief);
  const checks = booted ? order.action.checks : [];

  if (booted)
    await step("boot", async (told) => {
      told.detail = `The copy is ${await bootedState(run)}.`;
    });
  const before = await step("baseline", async (told): Promise<Baseline> => {
    await runChecks(run, checks, BASELINE_GRACE_MS, Date.now);
    let rounds = 0;
    const sampled = await sampleChecks(run, checks, ROUND_MS, () => rounds++ < BASELINE_ROUNDS);
    const services = booted ? await runningServices(run) : [];
    told.detail = booted ? `${services.length} services run in the copy.` : "Services are not started in the copy.";
    return {
      services,
      checks: sampled,
      reviews: await manager.configurationReviews(),
      links: linksUp(),
      layer: await listLayer(layerParts()),
      listed: await listedFiles(
        run,
        manager.id,
        order.changes.map((c) => c.name),
      ),
      machine: new Set((await manager.installed()).map((p) => `${packageKey(p)}=${p.version}`)),
    };
  });

  const applied = await step("apply", async (told) => {
    const ran = await transact(manager.applyCommand(order.changes, join(order.archives, "new"), LOCK_WAIT_MS), log);
    findings.packagesAfter = await ours();
    const health = await manager.health();
    const wrong = notAtTarget(order, findings.packagesAfter);
    const scripts = manager.failedScripts(ran.output);
    const fine = health.healthy && wrong.length === 0 && scripts.length === 0;
    Object.assign(told, {
      outcome: ran.hung ? "hung" : fine ? "ok" : "failed",
      output: ran.output,
      detail: detailOf(ran, wrong, health.problems),
    });
    if (!fine || ran.hung) {
      const [failureClass, words] = ran.hung
        ? (["hung", `${endlessOf(ran)}, after "${lastLine(ran.output)}"`] as const)
        : ([
            manager.classify(ran.output) ?? "version-mismatch",
            wrong[0] ?? health.problems[0] ?? scripts[0] ?? "The transaction failed",
          ] as const);
      problem(failureClass, `${words.replace(/\.$/, "")}. ${manager.explain(ran.output)}`.trim());
    }
    return fine && !ran.hung;
  });

  if (applied)
    await step("watch", async (told) => {
      const notes = booted && order.action.restartServices ? await restartStale(run) : [];
      findings.warnings.push(...notes);
      const names = before.services.map((u) => u.unit);
      findings.restartedUnits = names.length > 0 ? touched(before.services, await showUnits(run, names)) : [];
      const wrong = await watchAfter(run, order, before, findings);
      for (const [failureClass, message] of wrong) problem(failureClass, message);
      for (const link of before.links.filter((l) => !linksUp().includes(l)))
        problem("network-down", `The change switches the network interface ${link} off.`);
      await lookAround(run, manager, order, before, findings);
      if (findings.problems.length > 0)
        Object.assign(told, { outcome: "failed", detail: findings.problems.map((p) => p.message).join(" ") });
    });

  // On the machine the executor would wait for a person here, and end nothing by itself.
  const hung = findings.steps.some((s) => s.outcome === "hung");
  if (order.oldFiles.length > 0 && !hung) await wayBack(order, manager, log, step, findings, ours, problem);
  const restored = findings.steps.find((s) => s.name === "rollback");
  if (restored?.outcome === "ok" && booted)
    await step("verify-rollback", async (told) => {
      if (order.action.restartServices) await restartStale(run);
      const wrong = await watchServices(run, before.services, SETTLE_MS, () => {});
      const passed = new Set([...before.checks].filter(([, s]) => s.latenciesMs.length > 0).map(([name]) => name));
      const after = await runChecks(
        run,
        checks.filter((c) => passed.has(c.name)),
        BASELINE_GRACE_MS,
        () => performance.now(),
      );
      const failed = [...wrong, ...after.filter((c) => !c.passed).map((c) => `${c.name}: ${c.detail}.`)];
      if (failed.length === 0) return;
      Object.assign(told, { outcome: "failed", detail: failed.join(" ") });
      problem("rollback-failed", `The versions from before are back in the copy, but: ${failed.join(" ")}`);
    });
  findings.done = true;
  save();
}

const brief = ({ name, architecture, version, status }: InstalledPackage) => ({ name, architecture, version, status });

function notAtTarget(order: Order, now: Findings["packagesAfter"]): string[] {
  const found = new Map(now.map((p) => [packageKey(p), p]));
  return order.changes.flatMap((c) => {
    const p = found.get(packageKey(c));
    return p?.version === c.to && p.status === "installed"
      ? []
      : [`${c.name} is ${p ? `${p.version} (${p.status})` : "not installed"}, planned ${c.to}.`];
  });
}

const endlessOf = (ran: Transacted): string =>
  ran.flooded ? "The transaction prints without end" : "The transaction waits for something that never comes";
const lastLine = (output: string): string => output.trimEnd().split("\n").at(-1)?.slice(0, 200) ?? "";
const detailOf = (ran: Transacted, wrong: readonly string[], problems: readonly string[]): string =>
  [
    `The package manager ${ran.flooded ? "was ended: it printed without end" : ran.hung ? "was ended: it hung" : ran.exit}.`,
    ...wrong,
    ...problems,
  ]
    .slice(0, 10)
    .join(" ")
    .slice(0, 2_000);

async function restartStale(run: Run): Promise<string[]> {
  const { now, later } = restartOrder(await staleUnits());
  const notes = later.length > 0 ? [`Still on replaced files until the machine restarts: ${later.join(", ")}.`] : [];
  for (const unit of now) {
    const failed = await restartUnit(run, unit);
    if (failed) notes.push(failed);
  }
  return notes;
}

/** Checks and services after the change; longer where the change touched a service. */
async function watchAfter(run: Run, order: Order, before: Baseline, findings: Findings): Promise<[string, string][]> {
  if (order.level !== "booted") return [];
  const watchMs = findings.restartedUnits.length > 0 ? order.watchMs : SETTLE_MS;
  await runChecks(run, order.action.checks, Math.min(BASELINE_GRACE_MS, watchMs), () => performance.now());
  let going = true;
  const sampling = sampleChecks(run, order.action.checks, WATCH_ROUND_MS, () => going);
  const services = await watchServices(run, before.services, watchMs, () => {
    going = false;
  });
  const compared = compareChecks(before.checks, await sampling);
  findings.checks = [...compared.checks];
  findings.warnings.push(...compared.warnings);
  return [
    ...services.map((m): [string, string] => ["service-failed", m]),
    ...compared.problems.map((m): [string, string] => ["check-failed", m]),
  ];
}

/** What else the change left behind. */
async function lookAround(run: Run, manager: PackageManager, order: Order, before: Baseline, findings: Findings): Promise<void> {
  findings.configurationReviews = (await manager.configurationReviews()).filter((r) => !before.reviews.includes(r));
  const planned = new Set(order.changes.map(packageKey));
  const stray = (await manager.installed()).filter(
    (p) => !planned.has(packageKey(p)) && !before.machine.has(`${packageKey(p)}=${p.version}`),
  );
  for (const p of stray.slice(0, 10))
    findings.problems.push({ failureClass: "version-mismatch", message: `${p.name} became ${p.version}, which is not in the plan.` });
  const listed = new Set([
    ...before.listed,
    ...(await listedFiles(
      run,
      manager.id,
      order.changes.map((c) => c.name),
    )),
  ]);
  const outside = filesOutside(before.layer, await listLayer(layerParts()), listed);
  findings.filesOutside = outside.slice(0, MAX_FILES_TOLD);
  findings.filesOutsideCount = outside.length;
  const reboot = await access("/run/reboot-required").then(
    () => true,
    () => false,
  );
  if (reboot) findings.warnings.push("The change wants the machine to restart (/run/reboot-required).");
  // rpm's tools leave no flag; what they call for is looked for by what was installed since the copy started.
  await manager.rebootReasons().then(
    (reasons) => findings.warnings.push(...reasons.map((reason) => `The change wants the machine to restart: ${reason}.`)),
    (error: Error) => findings.warnings.push(`Whether the change wants the machine to restart cannot be told: ${error.message}.`),
  );
}

async function wayBack(
  order: Order,
  manager: PackageManager,
  log: string,
  step: <T>(name: RehearsalStepName, work: (told: Findings["steps"][number]) => Promise<T>) => Promise<T>,
  findings: Findings,
  ours: () => Promise<Findings["packagesAfter"]>,
  problem: (failureClass: string, message: string) => void,
): Promise<void> {
  const from = new Map(order.changes.map((c) => [packageKey(c), c.from]));
  const asBefore = async () => {
    findings.packagesAfterRollback = await ours();
    const health = await manager.health();
    const wrong = findings.packagesAfterRollback.filter((p) => p.version !== from.get(packageKey(p)) || p.status !== "installed");
    // What was not there before is to be gone again, and counts as wrong by its version above.
    const missing = order.changes.filter((c) => !isNew(c)).length - findings.packagesAfterRollback.length;
    return { health, wrong, fine: health.healthy && wrong.length === 0 && missing <= 0 };
  };
  await step("rollback", async (told) => {
    const untouched = await asBefore();
    if (untouched.fine)
      return void Object.assign(told, { outcome: "skipped", detail: "Nothing had changed, so there was nothing to take back." });
    const files = [...order.newFiles, ...order.oldFiles];
    const archives = join(order.archives, "new");
    const kept = order.oldFiles.map((f) => ({ ...f, source: "archive" as const }));
    const restore = async () => {
      const { leaving } = await leavingNow(manager, kept, order.changes.filter(isNew));
      return transact(manager.restoreCommand(kept, archives, LOCK_WAIT_MS, leaving), log);
    };
    let last = await restore();
    let now = await asBefore();
    const rungs: number[] = [];
    for (let rung = 0; rung < manager.repairRungs && !now.health.healthy; rung++) {
      const command = await manager.repairCommand(rung, files, archives);
      if (!command) continue;
      rungs.push(rung);
      last = await transact(command, log);
      now = await asBefore();
    }
    if (!now.fine && now.health.healthy) {
      last = await restore();
      now = await asBefore();
    }
    const mended = rungs.length > 0 ? ` What it left half done had to be mended on the way (${rungs.length} tries).` : "";
    if (now.fine) return void Object.assign(told, { output: last.output, detail: `Every package is as it was before.${mended}` });
    const words = [...now.wrong.map((p) => `${p.name} is ${p.version} (${p.status})`), ...now.health.problems].slice(0, 10).join(" ");
    Object.assign(told, { outcome: last.hung ? "hung" : "failed", output: last.output, detail: `${words}${mended}` });
    problem("rollback-failed", `Going back did not succeed in the copy: ${words}${mended}`);
  });
}

/** The layer's directories as the clone's script names them, with where they lie in the clone. */
function layerParts(): Map<string, string> {
  const points = [
    "/",
    ...readFileSync(join(EXCHANGE, "mounts"), "utf8")
      .split("\n")
      .filter((l) => l !== ""),
  ];
  return new Map(points.map((point, i) => [join(LAYER, `up-${i}`), point]));
}

function measure(findings: Findings): void {
  findings.cpuSeconds = Math.round(cpuOfAllMs() / 100) / 10;
  const { blocks, bfree, bsize } = statfsSync(LAYER);
  findings.diskBytes = Math.max(findings.diskBytes, (blocks - bfree) * bsize);
  for (const file of ["/sys/fs/cgroup/memory.peak", "/sys/fs/cgroup/memory/memory.max_usage_in_bytes"])
    try {
      findings.memoryPeakBytes = Math.max(findings.memoryPeakBytes, Number.parseInt(readFileSync(file, "utf8"), 10) || 0);
    } catch {
      // Another kind of control groups, or a kernel before 5.19.
    }
}
