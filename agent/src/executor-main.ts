import { systemClock } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { createBrakes } from "./brakes/index.ts";
import { AGENT_VERSION } from "./cli/version.ts";
import { createExecutions, createStarts, createTrust, type Executions, readAllJournals, readExecutorSettings } from "./execution/index.ts";
import { ownStateDirectory } from "./execution/ownership.ts";
import { createExecutorServer, ENDPOINT_PIN, EXECUTOR_SOCKET, EXECUTOR_STATE_DIR } from "./executor/index.ts";
import { viewProc } from "./exposure/index.ts";
import { readContainerRuntimes } from "./inventory/containers/index.ts";
import { createManager, runTool } from "./packages/index.ts";
import { createGrub, createMachine, noFallback, runningKernel } from "./reboot/index.ts";
import { createRehearsals, type Rehearsals, rehearseInside } from "./rehearsal/index.ts";
import { createSnapshots, noSnapshots } from "./snapshots/index.ts";

/** First descriptor that systemd hands over (sd_listen_fds(3)). */
const FIRST_FD = 3;
/** Root's process is there only while it has something to do. */
const IDLE_MS = 60_000;
const IDLE_POLL_MS = 5_000;
const STALL_MS = 10 * 60_000;

/**
 * The only process of the agent that runs as root. It listens where systemd tells it (or at BREAKWATER_EXECUTOR_SOCKET),
 * takes up what an earlier one left unfinished, and goes when there is nothing to do.
 */
async function main(): Promise<void> {
  const environment = process.env;
  const log = createLogger("breakwater-executor", "info");
  const stateDir = environment.BREAKWATER_EXECUTOR_STATE_DIR ?? EXECUTOR_STATE_DIR;
  const configDir = environment.BREAKWATER_AGENT_CONFIG_DIR ?? "/etc/breakwater-agent";
  const agentStateDir = environment.BREAKWATER_AGENT_STATE_DIR ?? "/var/lib/breakwater-agent";
  ownStateDirectory(stateDir);
  const manager = await createManager(runTool, systemClock, configDir);
  const bootLoader = createGrub(runTool);
  let executions: Executions | undefined;
  const ready = (): Executions => {
    if (!executions) throw new Error("the executor answers before it has read its journals");
    return executions;
  };
  let rehearsals: Rehearsals | undefined;
  const rehearsing = (): Rehearsals => {
    if (!rehearsals) throw new Error("the executor answers before it has swept up");
    return rehearsals;
  };
  const served = createExecutorServer(
    {
      executions: ready,
      rehearsals: rehearsing,
      inspect: async () => ({ ...(await viewProc()), kernelFallback: noFallback(await bootLoader.look(), runningKernel()) ?? "yes" }),
      brakes: () => brakes,
      containers: () => readContainerRuntimes(),
      refresh: () => manager.refresh(),
      // No setting of the clock makes it idle, or keeps it from being so.
      now: () => performance.now(),
    },
    log,
  );
  const trust = createTrust(configDir, agentStateDir, `${stateDir}/${ENDPOINT_PIN}`);
  const brakes = createBrakes({
    ...{ stateDir, configDir, agentStateDir, clock: systemClock, log },
    endpointId: () => trust.endpointId(),
    changed() {
      served.emit({ event: "brakes", brakes: brakes.status() });
      rehearsals?.heedHalts();
      executions?.heedHalts().catch((error: Error) => log.error({ err: error }, "an execution could not be asked to stop for a halt"));
    },
  });
  await brakes.look();
  const common = { stateDir, manager, trust, brakes, run: runTool, clock: systemClock, log, emit: served.emit };
  rehearsals = createRehearsals({ ...common, owner: () => executions?.owner });
  const settings = await readExecutorSettings(configDir, log);
  const snapshots = createSnapshots(runTool);
  executions = createExecutions({
    ...common,
    version: AGENT_VERSION,
    configDir,
    bootLoader,
    machine: createMachine(runTool),
    retention: settings.retention,
    // An owner who turns them off is still rid of the elder ones in time.
    starts: createStarts(runTool),
    snapshots: settings.snapshots === "off" ? { ...snapshots, take: noSnapshots.take } : snapshots,
    stallMs: Number(environment.BREAKWATER_STALL_MS ?? STALL_MS),
    // A real change never waits for a rehearsal.
    clearTheWay: (why) => rehearsing().giveWay(why),
  });
  await rehearsals.recover();
  await executions.recover();
  const activated = environment.LISTEN_PID === String(process.pid) && Number(environment.LISTEN_FDS) >= 1;
  served.server.listen(activated ? { fd: FIRST_FD } : { path: environment.BREAKWATER_EXECUTOR_SOCKET ?? EXECUTOR_SOCKET });
  served.server.once("listening", () => log.info({ activated }, "the executor listens"));

  const idleClock = setInterval(() => {
    if (!executions?.idle || !rehearsals?.idle || performance.now() - served.lastUsed < IDLE_MS) return;
    log.info("nothing to do");
    clearInterval(idleClock);
    served.server.close();
    process.exit(0);
  }, IDLE_POLL_MS);
}

/** What a new version shows before it is put into service: that it starts, and reads every journal that was left here. */
function selfTest(): void {
  const stateDir = process.env.BREAKWATER_EXECUTOR_STATE_DIR ?? EXECUTOR_STATE_DIR;
  const { journals, unreadable } = readAllJournals(stateDir);
  if (unreadable.length > 0) throw new Error(`journals of ${unreadable.join(", ")} cannot be read by ${AGENT_VERSION}`);
  process.stdout.write(`${AGENT_VERSION}: ${journals} journals read\n`);
}

/** In a copy of the machine this program is not the executor but what drives the rehearsal there. */
const inCopy = process.argv[2] === "rehearse-inside";
const start = async (): Promise<unknown> => {
  if (process.argv[2] === "self-test") return selfTest();
  const configDir = process.env.BREAKWATER_AGENT_CONFIG_DIR ?? "/etc/breakwater-agent";
  return inCopy ? rehearseInside(runTool, await createManager(runTool, systemClock, configDir)) : main();
};
start().catch((error: unknown) => {
  createLogger("breakwater-executor", "info").fatal(
    { err: error },
    inCopy ? "fatal: the rehearsal cannot go on" : "the executor cannot run",
  );
  process.exit(1);
});
