import { join } from "node:path";
import { type Clock, formatInstant, hours, type Problem, ProblemError, type Random } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import { type ControllerMessage__Output, type Hello, PROTOCOL } from "@breakwater/shared/wire";
import {
  clearCache,
  createInventorySync,
  loadBase,
  packagesChangedAt,
  resultWrittenAt,
  type ScanSettings,
  saveBase,
} from "../inventory/index.ts";
import { drivenManager } from "../packages/index.ts";
import { type LoadedPolicy, loadOperatorKeys, loadPolicy, type PinnedKeys, systemTimezone } from "../policy/index.ts";
import {
  bootId,
  certificateLife,
  createExecutorLink,
  createRelay,
  createSession,
  type EnrolledIdentity,
  machineIdentity,
  nextIncarnation,
  readIdentity,
  renew,
  renewalDue,
  type SessionState,
} from "../session/index.ts";
import { createTelemetry, prometheusText, serveMetrics } from "../telemetry/index.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { agoMs, watchClock } from "./clock-watch.ts";
import { collectApart } from "./collect-apart.ts";
import { describeApart } from "./describe-apart.ts";
import { describeStatus } from "./describe-status.ts";
import { createDescribing } from "./describing.ts";
import { everyMinute } from "./every-minute.ts";
import { layDownOrder, ordersLaidDown } from "./laid-down.ts";
import { createListRefresh } from "./list-refresh.ts";
import { scanApart } from "./scan-apart.ts";
import { DEFAULT_INVENTORY_INTERVAL_SECONDS, readSettings } from "./settings.ts";
import { singleFlight } from "./single-flight.ts";
import { writeStatus } from "./status-file.ts";
import { AGENT_VERSION } from "./version.ts";

export interface RunOptions {
  readonly stateDir: string;
  readonly configDir: string;
  readonly executorSocket: string;
  /** How the files are looked through for language packages. */
  readonly componentScan: ScanSettings;
  /** 0: no local metrics. */
  readonly metricsPort: number;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
}

export interface RunningAgent {
  stop(): Promise<void>;
  /** Reads policy and keys anew. */
  reload(): Promise<void>;
}

/** Package managers write their databases many times within one transaction. */
const SETTLED_MS = 5_000;

/** Wires the connection part of the agent and starts it. Needs no privileges; without an executor it can look, not act. */
export async function runAgent(options: RunOptions): Promise<RunningAgent> {
  const { stateDir, configDir, clock, log, random } = options;
  const cacheDir = join(stateDir, "cache");
  const enrolled = await readIdentity(stateDir);
  if (!enrolled)
    throw new ProblemError({
      code: "not-enrolled",
      message: `There is no identity in ${stateDir}.`,
      next: "Join a fleet first: breakwater-agent enroll --server HOST:PORT --token TOKEN",
    });
  let identity: EnrolledIdentity = enrolled;
  let policy: LoadedPolicy = await loadPolicy(configDir);
  let pinned: PinnedKeys = await loadOperatorKeys(configDir);
  const machine = await machineIdentity(stateDir, AGENT_VERSION);
  const [boot, incarnation] = [await bootId(), await nextIncarnation(stateDir)];
  await clearCache(cacheDir);

  const stopping = new AbortController();
  let inventoryIntervalSeconds = DEFAULT_INVENTORY_INTERVAL_SECONDS;
  const ordersSeen = new Set<string>();
  let collectedAt = 0;
  let packagesSeen = 0;
  let scanTriedAt = 0;
  let scanProblem: Problem | undefined;

  const executor = createExecutorLink({
    socketPath: options.executorSocket,
    onEvent(event) {
      relay.event(event);
      if (event.event === "brakes") void publish(session.state);
    },
    onClosed: () => relay.executorClosed(),
  });
  const refresh = createListRefresh({ executor, clock, log });

  const session = createSession({
    identity: () => identity,
    hello,
    welcome(welcome) {
      log.info({ controller: welcome.controllerVersion, protocol: welcome.protocol }, "connected");
      if (welcome.settings) applySettings(welcome.settings);
      if (welcome.sendInventory) sync.snapshotWanted();
      void relay.welcome(welcome);
    },
    message,
    contact: () => relay.contact(),
    stateChanged: (state) => void publish(state),
    clock,
    random,
    log,
  });
  const relay = createRelay({
    executor,
    session,
    policy: () => policy.policy,
    layDown: (order) =>
      layDownOrder(stateDir, order).catch((error: Error) => log.error({ error: error.message }, "a signed order could not be kept")),
    finished: (executionId) => {
      log.info({ executionId }, "execution ended");
      void takeInventory();
    },
    log,
  });
  const sync = createInventorySync({
    send: session.send,
    discard: session.discard,
    saveBase: (base) =>
      saveBase(stateDir, base).catch((error: Error) => log.error({ error: error.message }, "inventory cache not written")),
    base: await loadBase(stateDir),
  });
  const telemetry = createTelemetry({
    clock,
    taken(batch) {
      session.offerHealth(batch);
      void noticePackageChange();
    },
  });

  async function hello(): Promise<Hello> {
    const unfinished = await relay.unfinished();
    return {
      protocol: PROTOCOL,
      identity: { ...machine, hostname: identity.name },
      bootId: boot,
      clock: formatInstant(clock.now()),
      timezone: systemTimezone(),
      policyMode: policy.policy.mode,
      capabilities: capabilitiesOf(relay.status, policy.policy, await drivenManager(configDir)),
      inventoryDigest: sync.digest(),
      unfinished,
      incarnation,
      pinnedKeyIds: pinned.keys.map((k) => k.keyId),
    };
  }
  function message(m: ControllerMessage__Output): void {
    if (m.command) void relay.command(m.command);
    else if (m.haltOrder) void relay.haltOrder(m.haltOrder.order);
    else if (m.settings) applySettings(m.settings);
    else if (m.sendInventory) sync.snapshotWanted();
    else if (m.describeUpdates) describe(m.describeUpdates);
  }
  function applySettings(settings: NonNullable<ControllerMessage__Output["settings"]>): void {
    const read = readSettings(settings, log);
    inventoryIntervalSeconds = read.inventoryIntervalSeconds;
    telemetry.configure({ intervalSeconds: read.healthIntervalSeconds, checks: read.checks });
  }
  const describe = createDescribing({
    describe: async (request, done) => describeApart(request, cacheDir, done, stopping.signal, await drivenManager(configDir)),
    send(description) {
      const u = description.update;
      session.send(`describe:${u?.name}:${u?.architecture}:${u?.fromVersion}:${u?.toVersion}`, {
        updateDescriptions: { descriptions: [description] },
      });
    },
    log,
  });

  const takeInventory = singleFlight(async () => {
    packagesSeen = await packagesChangedAt();
    collectedAt = clock.now();
    const looked = await collectApart(
      {
        ...{ os: machine.os ?? null, executorSocket: options.executorSocket, stateDir, scanProblem },
        ...{ neighbours: policy.policy.neighbours, manager: await drivenManager(configDir) },
      },
      refresh.outcome(),
    );
    if (!looked.ok) return log.error(looked.problem, "inventory not taken");
    const inventory = looked.value;
    for (const { collector, code, message } of inventory.problems ?? []) log.warn({ collector, code }, message);
    sync.collected(inventory);
    await publish(session.state);
  });
  /** Looks through the files when it is time to; what it found shows with the inventory that follows. */
  const scanWhenDue = singleFlight(async () => {
    const { everyHours } = options.componentScan;
    const last = Math.max(scanTriedAt, await resultWrittenAt(stateDir));
    if (everyHours === 0 || agoMs(last, clock.now()) < hours(everyHours)) return;
    scanTriedAt = clock.now();
    const scanned = await scanApart({ stateDir, settings: options.componentScan }, stopping.signal);
    scanProblem = scanned.ok ? undefined : scanned.problem;
    if (!scanned.ok && !stopping.signal.aborted) log.warn(scanned.problem, "files not looked through");
    if (!stopping.signal.aborted) await takeInventory();
  });
  /** Patches by other hands show within seconds, not with the next full look. */
  async function noticePackageChange(): Promise<void> {
    const changed = await packagesChangedAt();
    if (collectedAt > 0 && changed !== packagesSeen && agoMs(changed, clock.now()) > SETTLED_MS) await takeInventory();
  }
  async function renewWhenDue(): Promise<void> {
    if (clock.now() < renewalDue(identity.certificatePem)) return;
    const renewed = await renew(stateDir, identity, clock);
    if (!renewed.ok) return log.error(renewed.problem, "certificate not renewed");
    identity = renewed.value;
    log.info({ validUntil: formatInstant(renewalDue(identity.certificatePem)) }, "certificate renewed");
    session.reconnect("certificate renewed");
  }
  async function reload(): Promise<void> {
    const before = policy.policy;
    [policy, pinned] = [await loadPolicy(configDir), await loadOperatorKeys(configDir)];
    if (policy.problem) log.error(policy.problem, "policy not usable");
    // Hello is where the controller learns of it.
    const { mode, reboots, neighbours } = policy.policy;
    if (mode !== before.mode || reboots > 0 !== before.reboots > 0) session.reconnect(`policy is now ${mode}, reboots ${reboots}`);
    // Allowed or forbidden: either way the controller should not wait an hour to see it.
    if (neighbours !== before.neighbours) await takeInventory();
  }
  const publish = async (state: SessionState): Promise<void> => {
    const status = describeStatus({
      now: clock.now(),
      identity,
      state,
      session,
      policy,
      pinned,
      executor: relay.status,
      inventory: sync.current?.inventory,
    });
    await writeStatus(stateDir, status).catch((error: Error) => log.error({ error: error.message }, "status not written"));
  };

  const clockMoved = watchClock(() => clock.now());
  let zone = systemTimezone();
  /** Hello is where the controller learns of clock and zone, so it is said anew. */
  function tellOfClock(): void {
    const moved = clockMoved();
    const now = systemTimezone();
    const told = moved !== 0 ? `the clock was set by ${Math.round(moved / 1000)} s` : now !== zone ? `the time zone is now ${now}` : "";
    zone = now;
    if (told === "") return;
    const { notBefore, notAfter } = certificateLife(identity.certificatePem);
    const valid = clock.now() >= notBefore && clock.now() <= notAfter;
    log.warn(
      valid ? told : `${told}: out of the life of this machine's certificate, so no new session could be had, and the present one is kept`,
    );
    if (valid) session.reconnect(told);
  }
  const housekeeping = everyMinute(
    async () => {
      tellOfClock();
      await reload();
      await renewWhenDue().catch((error: Error) => log.error({ error: error.message }, "certificate not renewed"));
      // Wakes the executor only where somebody laid something down since.
      if (await ordersLaidDown(configDir, stateDir, ordersSeen)) await relay.brakes();
      const refreshed = await refresh.whenDue(policy.policy, await drivenManager(configDir));
      if (refreshed || agoMs(collectedAt, clock.now()) >= inventoryIntervalSeconds * 1000) await takeInventory();
      // It may take minutes, and nothing waits for it.
      void scanWhenDue();
      await publish(session.state);
    },
    (error) => log.error({ err: error }, "housekeeping failed; it is tried again in a minute"),
  );
  const metrics = options.metricsPort === 0 ? undefined : await serveMetrics(options.metricsPort, renderMetrics);
  if (metrics && !metrics.ok) log.warn(metrics.problem, "no local metrics");
  function renderMetrics(): string {
    const connected = session.state.kind === "connected" ? 1 : 0;
    return prometheusText(telemetry.latest, [
      { name: "info", help: "Version of the agent", type: "gauge", value: 1, labels: { version: AGENT_VERSION } },
      { name: "connected", help: "1 while the controller's session stands", type: "gauge", value: connected },
      { name: "messages_waiting", help: "Messages that the controller has not acknowledged", type: "gauge", value: session.waiting },
      {
        name: "health_batches_dropped_total",
        help: "Batches of samples given up while disconnected",
        type: "counter",
        value: session.droppedHealth,
      },
      {
        name: "last_contact_timestamp_seconds",
        help: "Last sign of life of the controller",
        type: "gauge",
        value: (session.lastContact ?? 0) / 1000,
      },
    ]);
  }

  if (policy.problem) log.error(policy.problem, "policy not usable");
  for (const problem of pinned.problems) log.error(problem, "operator key not usable");
  log.info({ endpointId: identity.endpointId, mode: policy.policy.mode, server: identity.sessionAddress }, "agent starts");
  await renewWhenDue().catch((error: Error) => log.error({ error: error.message }, "certificate not renewed"));
  session.start();
  telemetry.start();
  void takeInventory().then(scanWhenDue);

  return {
    reload,
    async stop() {
      stopping.abort();
      housekeeping.stop();
      telemetry.stop();
      relay.stop();
      if (metrics?.ok) metrics.value.close();
      await session.stop();
      executor.close();
      await publish({ kind: "stopped" });
    },
  };
}
