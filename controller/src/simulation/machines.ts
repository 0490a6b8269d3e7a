import type { EndpointAction } from "@breakwater/shared/command";
import { type Clock, formatInstant, type Instant, seededRandom } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import { takeExecutionReport } from "../act/gateway/index.ts";
import type { Health } from "../act/health/index.ts";
import type { Inventory } from "../know/inventory/index.ts";
import type { Store } from "../store/index.ts";
import { isTerminal, packagesOfAction, reportOf, type TimedStep, timeline } from "./executions.ts";
import type { SimulatedEndpoint } from "./fleet.ts";
import { descriptionsOf, inventoryDigest, inventoryOf } from "./inventory.ts";
import { collectCommands, deliveredCommands, type SimulatedCommand, type StoredCommand } from "./outbox.ts";
import { SHOP } from "./packages.ts";
import { createSampler } from "./telemetry.ts";

/** What the harmful version does to the latency of the shop. */
const HARM = 1.7;
/** How long a service takes to come back after a package was set up. */
const RESTART_MS = 20_000;

interface Machine {
  readonly spec: SimulatedEndpoint;
  readonly sample: ReturnType<typeof createSampler>;
  readonly versions: Map<string, string>;
  restartedAt: number;
}

interface Running {
  readonly machine: Machine;
  readonly executionId: string;
  readonly packages: EndpointAction["packages"];
  readonly steps: TimedStep[];
  /** Steps that were reported. */
  done: number;
}

export interface Machines {
  /** Reads what the machines did before a restart, and sends the inventories that the controller does not have. */
  recover(): Promise<void>;
  /** Takes in commands and reports what is due by now. */
  work(): Promise<void>;
  /** Takes the samples of one moment on every machine. */
  sampleAll(at: Instant): void;
}

/** The simulated machines: they do what agents do, through the same doors. */
export function createMachines(parts: {
  readonly seed: string;
  readonly endpoints: readonly SimulatedEndpoint[];
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly health: Health;
  readonly inventory: Inventory;
}): Machines {
  const { store, clock, log, health, inventory } = parts;
  const machines = new Map<string, Machine>(
    parts.endpoints.map((spec) => [
      spec.id,
      { spec, sample: createSampler(spec, seededRandom(`${parts.seed}/${spec.id}/${clock.now()}`)), versions: new Map(), restartedAt: 0 },
    ]),
  );
  const running = new Map<string, Running>();
  const packagesOfExecution = new Map<string, EndpointAction["packages"]>();

  function begin({ executionId, endpointId, command }: SimulatedCommand, done = 0, lastAt?: Instant): void {
    const machine = machines.get(endpointId);
    if (!machine || running.has(executionId)) return;
    if (command.kind === "cancel") {
      cancel(executionId);
      return;
    }
    // There is no machine to copy: the controller asks simulated endpoints for none.
    if (command.kind === "rehearse") return;
    const packages = command.kind === "apply" ? packagesOfAction(command.action) : (packagesOfExecution.get(command.ofExecutionId) ?? []);
    packagesOfExecution.set(executionId, packages);
    const random = seededRandom(`${parts.seed}/${executionId}`);
    const steps = timeline(command.kind, clock.now(), random);
    // What was under way when the controller stopped goes on from the step it had reached.
    const shift = lastAt === undefined || done === 0 ? 0 : lastAt - (steps[done - 1]?.at ?? lastAt);
    running.set(executionId, { machine, executionId, packages, done, steps: steps.map((s) => ({ ...s, at: (s.at + shift) as Instant })) });
  }

  /** Before the package manager runs, a cancel ends the execution; after that it is finished. */
  function cancel(executionId: string): void {
    const run = running.get(executionId);
    const applying = run?.steps.findIndex((s) => s.state === "applying") ?? -1;
    if (!run || (applying >= 0 && run.done > applying)) return;
    run.steps.splice(run.done, run.steps.length, { state: "cancelled", at: clock.now() });
  }

  async function report(run: Running, timed: TimedStep): Promise<void> {
    const { machine, executionId, packages } = run;
    const check = { name: machine.spec.check.name, latencyMs: machine.spec.usual.latencyMs };
    const told = reportOf(executionId, run.done + 1, timed, formatInstant(timed.at), packages, check);
    const taken = await takeExecutionReport(store.db, clock, machine.spec.id, told);
    if (!taken.ok) log.warn({ executionId, problem: taken.problem }, "a simulated report was not taken");
    run.done++;
    if (timed.state === "verifying" || timed.state === "rolling-back") machine.restartedAt = timed.at;
    if (timed.state === "verifying" || timed.state === "succeeded") for (const p of packages) machine.versions.set(p.name, p.to);
    if (timed.state === "rolled-back") for (const p of packages) machine.versions.set(p.name, p.from);
    if (timed.state === "succeeded" || timed.state === "rolled-back") await sendInventory(machine);
    if (isTerminal(timed.state)) running.delete(executionId);
  }

  async function sendInventory(machine: Machine): Promise<void> {
    const { spec, versions } = machine;
    const digest = inventoryDigest(spec, versions);
    if ((await inventory.knownDigest(spec.id)) === digest) return;
    const taken = await inventory.takeSnapshot(spec.id, inventoryOf(spec, versions, clock.now()), digest);
    if (!taken.ok) return log.warn({ endpointId: spec.id, problem: taken.problem }, "a simulated inventory was not taken");
    const asked = new Set((await inventory.updatesToDescribe(spec.id, 100)).map((u) => u.name));
    const described = descriptionsOf(spec, versions).filter((d) => asked.has(d.update?.name ?? ""));
    if (described.length > 0) await inventory.takeDescriptions(spec.id, described);
  }

  return {
    async recover() {
      for (const stored of await deliveredCommands(store)) replay(stored);
      for (const machine of machines.values()) await sendInventory(machine);
    },

    async work() {
      for (const command of await collectCommands(store, clock.now())) begin(command);
      const now = clock.now();
      for (const run of [...running.values()])
        for (let next = run.steps[run.done]; next && next.at <= now; next = run.steps[run.done]) await report(run, next);
    },

    sampleAll(at) {
      for (const machine of machines.values()) {
        const harmful = machine.versions.get(SHOP.name) === SHOP.to;
        const restarting = at >= machine.restartedAt && at < machine.restartedAt + RESTART_MS;
        health.take(machine.spec.id, at, machine.sample(at, { latency: harmful ? HARM : 1, restarting }));
      }
    },
  };

  function replay(stored: StoredCommand): void {
    const machine = machines.get(stored.endpointId);
    if (!machine) return;
    const { command, lastState } = stored;
    const ended = lastState === "succeeded" || lastState === "rolled-back" || lastState === "cancelled";
    if (!ended) begin(stored, stored.steps, stored.lastAt ?? undefined);
    else if (command.kind === "apply") {
      const packages = packagesOfAction(command.action);
      packagesOfExecution.set(stored.executionId, packages);
      if (lastState === "succeeded") for (const p of packages) machine.versions.set(p.name, p.to);
    } else if (command.kind === "rollback" && lastState === "rolled-back") {
      for (const p of packagesOfExecution.get(command.ofExecutionId) ?? []) machine.versions.set(p.name, p.from);
    }
  }
}
