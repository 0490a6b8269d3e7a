import { type Clock, formatInstant, type Problem, ProblemError } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import {
  type AgentMessage__Output,
  type ControllerMessage,
  type ExecutionReport__Output,
  type HealthMoment,
  type Hello__Output,
  healthAssembly,
} from "@breakwater/shared/wire";
import type * as grpc from "@grpc/grpc-js";
import type { Fleet } from "../../know/fleet/index.ts";
import { brakesSchema, type Halts } from "../../know/halts/index.ts";
import type { Store } from "../../store/index.ts";
import type { Admission } from "./admission.ts";
import type { createDelivery } from "./delivery.ts";
import { readHealthBatch } from "./health-batch.ts";
import { readHello } from "./hello.ts";
import type { Peer } from "./identity.ts";
import type { HealthIntake, InventoryIntake, LiveOutput } from "./intakes.ts";
import { LIMITS } from "./limits.ts";
import { gatewayProblem, refusal } from "./refusal.ts";
import { createSerialQueue } from "./serial-queue.ts";
import type { LiveSession, Sessions } from "./sessions.ts";
import { type Rhythms, settingsFor } from "./settings.ts";
import { createSnapshotAssembly } from "./snapshot-assembly.ts";
import type { StoreWatch } from "./store-watch.ts";
import { endedExecutions, takeExecutionReport, takeRefusal } from "./take-report.ts";

/** Updates that one endpoint is asked about at a time, and how much it may download for that. */
const DESCRIBE_AT_ONCE = 20;
/** The next are asked for when no more than these are unanswered, so that the endpoint need not wait and is never buried. */
const DESCRIBE_AHEAD = 5;
const DESCRIBE_DOWNLOAD_BYTES = 64 * 1024 * 1024;
/** An agent that has not answered by then is asked again. */
const DESCRIBE_PATIENCE_MS = 120_000;

export type AgentCall = grpc.ServerDuplexStream<AgentMessage__Output, ControllerMessage>;

/** What a session needs of the gateway around it. */
export interface SessionContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  readonly rhythms: Rhythms;
  readonly fleet: Fleet;
  readonly halts: Pick<Halts, "missingOn" | "takeBrakes">;
  readonly inventory: InventoryIntake;
  readonly health: HealthIntake;
  readonly onLiveOutput: (output: LiveOutput) => void;
  readonly sessions: Sessions;
  readonly admission: Admission;
  readonly delivery: ReturnType<typeof createDelivery>;
  readonly storeWatch: StoreWatch;
  /** There may be commands for endpoints that just came. */
  readonly wakeDelivery: () => void;
}

/** Serves one stream of one endpoint, from its Hello to its end. Whatever goes wrong here ends this stream alone. */
export function serveSession(call: AgentCall, peer: Peer, context: SessionContext): void {
  const { clock, fleet, inventory, health, sessions, store, storeWatch } = context;
  const endpointId = peer.name;
  const log = context.log.child({ endpoint: endpointId });
  const assembly = createSnapshotAssembly();
  let phase: "waiting" | "greeting" | "live" | "closed" = "waiting";
  let session: LiveSession | undefined;
  let lastSequence = 0;
  let clockOffsetMs = 0;
  let orphans = 0;
  const figures = healthAssembly();
  let describeMovedAt = 0;
  let undescribed = 0;
  const carried = new Set<string>();
  let leaveAdmission: () => void = () => {};
  let settle: () => void = () => {};
  const settled = new Promise<void>((done) => {
    settle = done;
  });
  const closed = () => phase === "closed";

  const queue = createSerialQueue(LIMITS.queuedMessages, call, (cause) => {
    if (cause instanceof ProblemError) return refuse(cause.problem);
    log.error({ cause }, "a message could not be taken in");
    refuse(gatewayProblem.internal());
  });
  const helloTimer = setTimeout(() => refuse(gatewayProblem.helloLate()), LIMITS.helloMs);
  let snapshotTimer: NodeJS.Timeout | undefined;

  function finish(): void {
    if (closed()) return;
    phase = "closed";
    clearTimeout(helloTimer);
    clearTimeout(snapshotTimer);
    leaveAdmission();
    void signOff().then(settle);
  }

  /** The fleet is told that the endpoint went; when it cannot be told now, the sweep of silent endpoints tells it. */
  async function signOff(): Promise<void> {
    await queue.close();
    if (!session || !sessions.remove(session)) return;
    try {
      await fleet.setConnection(endpointId, false);
    } catch (cause) {
      if (await storeWatch.answers()) log.error({ cause }, "the end of a session could not be recorded");
    }
  }

  function refuse(problem: Problem): void {
    if (closed()) return;
    log.info({ code: problem.code }, problem.message);
    call.emit("error", refusal(problem));
    finish();
  }

  function send(message: ControllerMessage): boolean {
    if (closed() || call.destroyed) return false;
    if (call.writableLength >= LIMITS.unreadMessages) {
      refuse(gatewayProblem.unread());
      return false;
    }
    call.write(message);
    return true;
  }

  function disconnect(reason: string, retryAfterSeconds: number): void {
    if (closed()) return;
    send({ disconnect: { reason, retryAfterSeconds } });
    call.end();
    finish();
  }

  const ack = (sequences: readonly number[]) => {
    for (const sequence of sequences) send({ ack: { sequence } });
  };

  /** Runs store work of this stream to its end, whatever the database does meanwhile. */
  const stored = <T>(work: () => Promise<T>) => storeWatch.untilStored(work, closed);

  async function greet(hello: Hello__Output): Promise<void> {
    const giveBack = context.admission.enter();
    if (!giveBack) return disconnect("the controller is busy with other agents", 5 + Math.floor(Math.random() * 25));
    leaveAdmission = giveBack;
    try {
      await welcome(hello);
    } catch (cause) {
      if (cause instanceof ProblemError) return refuse(cause.problem);
      const answers = await storeWatch.answers();
      if (answers) log.error({ cause }, "a session could not be opened");
      refuse(answers ? gatewayProblem.internal() : gatewayProblem.storeAway());
    }
  }

  async function welcome(hello: Hello__Output): Promise<void> {
    const state = await fleet.certificates.state(peer.serial);
    if (state !== "valid") return refuse(state === "revoked" ? gatewayProblem.certificateRevoked() : gatewayProblem.certificateUnknown());
    const read = readHello(hello, clock);
    if (!read.ok) return refuse(read.problem);
    const endpoint = await fleet.get(endpointId);
    if (!endpoint.ok) return refuse(endpoint.problem);
    if (endpoint.value.machineId !== read.value.facts.identity.machineId) {
      await fleet.tell("endpoint.identity-copied", endpointId, { hostname: read.value.facts.identity.hostname });
      return refuse(gatewayProblem.foreignMachine());
    }
    const { facts, incarnation } = read.value;
    clockOffsetMs = facts.clockOffsetMs;
    const unknown: string[] = [];
    // An entry without a moment only names an execution and how far it is; its reports follow in the stream.
    for (const report of read.value.unfinished) if (report.at !== "" && !(await takeReport(report))) unknown.push(report.executionId);
    const connected = await fleet.setConnection(endpointId, true, facts);
    if (!connected.ok) return refuse(connected.problem);
    const ended = await endedExecutions(
      store.db,
      read.value.unfinished.map((r) => r.executionId),
    );
    const sendInventory = (await inventory.knownDigest(endpointId)) !== read.value.inventoryDigest || read.value.inventoryDigest === "";
    await context.delivery.renewFor(endpointId);
    if (closed()) return void (await fleet.setConnection(endpointId, false));
    session = {
      endpointId,
      serial: peer.serial,
      incarnation,
      bootId: facts.bootId,
      protocol: read.value.protocol,
      send,
      disconnect,
      refuse,
      ping: () => void send({ ping: { nonce: 0 } }),
      carry,
      askForDescriptions: () => queue.add(askForDescriptions),
      closed: settled,
    };
    const clone = sessions.add(session);
    phase = "live";
    send({
      welcome: {
        protocol: read.value.protocol,
        controllerVersion: context.version,
        clock: formatInstant(clock.now()),
        settings: settingsFor(endpoint.value, context.rhythms),
        sendInventory,
        forgetExecutions: [...new Set([...ended, ...unknown])],
      },
    });
    if (sendInventory) snapshotTimer = setTimeout(leaveAdmission, LIMITS.snapshotMs);
    else leaveAdmission();
    if (read.value.zoneUnknown) log.warn({ timezone: hello.timezone }, "the endpoint's time zone is unknown; its windows are read in UTC");
    context.wakeDelivery();
    if (!sendInventory) queue.add(askForDescriptions);
    if (clone) await fleet.tell("endpoint.clone-suspected", endpointId, { sign: clone });
  }

  /**
   * @returns whether its execution is known here
   * @throws ProblemError when the report ends the stream
   */
  async function takeReport(report: ExecutionReport__Output): Promise<boolean> {
    const taken = await takeExecutionReport(store.db, clock, endpointId, report);
    if (taken.ok) return true;
    if (taken.problem.code !== "execution-unknown" || ++orphans > LIMITS.orphanReports) throw new ProblemError(taken.problem);
    log.warn({ execution: report.executionId }, taken.problem.message);
    return false;
  }

  /** Carries a signed halt or lift to the endpoint, once a stream: it may refuse what it does not trust. */
  function carry(order: string): void {
    if (carried.has(order)) return;
    carried.add(order);
    send({ haltOrder: { order } });
  }

  async function askForDescriptions(): Promise<void> {
    if (clock.now() - describeMovedAt >= DESCRIBE_PATIENCE_MS) undescribed = 0;
    if (undescribed > DESCRIBE_AHEAD) return;
    const asked = await stored(() => inventory.updatesToDescribe(endpointId, DESCRIBE_AT_ONCE));
    if (!asked || asked.value.length === 0) return;
    describeMovedAt = clock.now();
    undescribed += asked.value.length;
    send({ describeUpdates: { updates: [...asked.value], downloadLimitBytes: DESCRIBE_DOWNLOAD_BYTES } });
  }

  /** A message that must not be lost: it is in line, or one in between is missing. One that came before is taken again, which changes nothing. */
  function inOrder(sequence: number): boolean {
    if (sequence < 1) refuse(gatewayProblem.malformed("a message that must not be lost has no sequence number"));
    else if (sequence > lastSequence + 1) refuse(gatewayProblem.outOfOrder(lastSequence + 1, sequence));
    else lastSequence = Math.max(lastSequence, sequence);
    return !closed();
  }

  function inTurn(sequence: number, work: () => Promise<unknown>): void {
    if (!inOrder(sequence)) return;
    queue.add(async () => {
      if (await stored(work)) ack([sequence]);
    });
  }

  function take(message: AgentMessage__Output) {
    const { sequence } = message;
    if (message.health) return takeHealth(figures.whole(message.health));
    if (message.healthDelta) {
      const moment = figures.changed(message.healthDelta);
      return moment ? takeHealth(moment) : refuse(gatewayProblem.malformed("a HealthDelta does not fit the figures before it"));
    }
    if (message.pong) return;
    if (message.goodbye) return void call.end();
    if (message.executionReport) {
      const report = message.executionReport;
      if (report.live) return takeLive(report);
      return inTurn(sequence, () => takeReport(report));
    }
    if (message.commandRefused) {
      const refused = message.commandRefused;
      return inTurn(sequence, async () => {
        const taken = await takeRefusal(store.db, clock, endpointId, refused);
        if (!taken.ok && taken.problem.code !== "execution-unknown") throw new ProblemError(taken.problem);
      });
    }
    if (message.inventorySnapshot) return takeChunk(message.inventorySnapshot, sequence);
    if (message.inventoryDelta) {
      const delta = message.inventoryDelta;
      return inTurn(sequence, async () => {
        const taken = await inventory.takeDelta(endpointId, delta);
        if (!taken.ok) throw new ProblemError(taken.problem);
        if (taken.value.kind === "snapshot-needed") send({ sendInventory: {} });
        else queue.add(askForDescriptions);
      });
    }
    if (message.brakes) {
      const brakes = brakesSchema.safeParse(message.brakes);
      if (!brakes.success) return refuse(gatewayProblem.malformed(`BrakesReport.${brakes.error.issues[0]?.path.join(".")}`));
      return inTurn(sequence, async () => {
        await context.halts.takeBrakes(endpointId, brakes.data);
        for (const order of await context.halts.missingOn(endpointId, brakes.data)) carry(order);
      });
    }
    if (message.updateDescriptions) {
      const { descriptions } = message.updateDescriptions;
      return inTurn(sequence, async () => {
        await inventory.takeDescriptions(endpointId, descriptions);
        describeMovedAt = clock.now();
        undescribed = Math.max(0, undescribed - descriptions.length);
        queue.add(askForDescriptions);
      });
    }
    // A body of a later protocol within the generation that both speak.
    if (sequence > 0 && inOrder(sequence)) ack([sequence]);
  }

  function takeChunk(chunk: NonNullable<AgentMessage__Output["inventorySnapshot"]>, sequence: number) {
    if (!inOrder(sequence)) return;
    const assembled = assembly.take(chunk, sequence);
    if (!assembled.ok) return refuse(assembled.problem);
    const result = assembled.value;
    ack(result.abandoned);
    if (result.kind === "waiting") return;
    queue.add(async () => {
      const taken = await stored(() => inventory.takeSnapshot(endpointId, result.inventory, result.digest));
      if (!taken) return;
      if (!taken.value.ok) throw new ProblemError(taken.value.problem);
      leaveAdmission();
      ack(result.sequences);
      await askForDescriptions();
    });
  }

  function takeHealth(batch: HealthMoment) {
    const read = readHealthBatch(batch, clockOffsetMs);
    if (!read.ok) return refuse(read.problem);
    health.take(endpointId, read.value.at, read.value.samples);
  }

  function takeLive(report: ExecutionReport__Output) {
    const { executionId, step, live } = report;
    if (live) context.onLiveOutput({ endpointId, executionId, step, offset: live.offset, text: live.text });
  }

  call.on("data", (message: AgentMessage__Output) => {
    if (closed()) return;
    if (phase === "waiting") {
      if (!message.hello) return refuse(gatewayProblem.helloMissing());
      phase = "greeting";
      clearTimeout(helloTimer);
      const { hello } = message;
      call.pause();
      void greet(hello).then(() => call.resume());
      return;
    }
    if (message.hello) return refuse(gatewayProblem.helloMissing());
    take(message);
  });
  call.on("end", () => {
    if (!closed()) call.end();
    finish();
  });
  call.on("cancelled", finish);
  call.on("error", finish);
  call.on("close", finish);
}
