import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expectOk, ProblemError, systemClock } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { createAudit } from "./account/audit/index.ts";
import { createGateway, openAuthority } from "./act/gateway/index.ts";
import { createHealth, createWaveJudge } from "./act/health/index.ts";
import { createRollout } from "./act/rollout/index.ts";
import { type Config, readConfig } from "./config.ts";
import { createPlanning } from "./decide/planning/index.ts";
import { createFleet } from "./know/fleet/index.ts";
import { startKnow } from "./know/index.ts";
import { createSboms } from "./know/sbom/index.ts";
import { startLocalAgent } from "./local-agent.ts";
import { createApi, createAuth, openAgentPackage, serveApi } from "./serve/index.ts";
import { startDemo } from "./simulation/index.ts";
import { keepStoreTidy, openPglite, openPostgres } from "./store/index.ts";
import { VERSION } from "./version.ts";

/** The console as `npm run build:console` or the package left it. */
const CONSOLE = fileURLToPath(new URL("./serve/console/dist", import.meta.url));

/** The agent's package that a package of the controller carries along. */
const SHIPPED_AGENT = fileURLToPath(new URL(`./breakwater-agent_${VERSION}_amd64.deb`, import.meta.url));

/** Puts the house together, floor by floor from below, and takes it apart in the other order. */
async function start(config: Config): Promise<{ stop(): Promise<void> }> {
  const clock = systemClock;
  const startedAt = clock.now();
  const log = createLogger("breakwater", config.logLevel);
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse())
      await step().catch((cause: unknown) => log.error({ err: cause }, "a part did not stop cleanly"));
  };
  try {
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
    const store = config.databaseUrl ? await openPostgres(config.databaseUrl) : await openPglite(join(config.dataDir, "database"));
    undo.push(() => store.close());

    undo.push(keepStoreTidy({ db: store.db, clock, log }));
    const fleet = createFleet({ store, clock });
    const know = await startKnow({
      ...{ store, clock, log },
      ...(config.feeds === "default" ? {} : { feeds: config.feeds }),
      feedDirectory: join(config.dataDir, "feeds"),
      bundles: { keyPath: join(config.dataDir, "bundle-key.pem"), pinned: config.bundleKeys },
      transport: {
        ...(config.feedProxy ? { proxy: config.feedProxy } : {}),
        ...(config.feedNoProxy === undefined ? {} : { noProxy: config.feedNoProxy }),
      },
    });
    undo.push(() => know.stop());
    const planning = createPlanning({ store, clock });
    const health = createHealth({ store, clock, log });
    health.start();
    undo.push(() => health.stop());
    // Simulated deployments live in the demo's own time, under an engine of its own.
    const judge = createWaveJudge({ health, store, clock });
    const rollout = createRollout({
      ...{ store, clock, log, health: judge, instanceId: randomUUID(), simulated: false },
      patience: { unreachableAfterMs: config.unreachableAfterSeconds * 1_000 },
    });
    await rollout.start();
    undo.push(() => rollout.stop());
    const audit = createAudit({ store, clock, log });
    await audit.start();
    undo.push(() => audit.stop());

    const ca = await openAuthority({ directory: join(config.dataDir, "authority"), clock, names: config.advertise });
    const gateway = createGateway({
      ...{ store, clock, log, fleet, inventory: know.inventory, health, ca, version: VERSION },
      listen: { enrollment: written(config.enrollment), sessions: written(config.sessions) },
      advertise: config.advertise[0] ?? "localhost",
      rhythms: { healthIntervalSeconds: config.healthIntervalSeconds, inventoryIntervalSeconds: config.inventoryIntervalSeconds },
    });
    await gateway.start();
    undo.push(() => gateway.stop());

    const handedOut = config.agentPackage ?? (existsSync(SHIPPED_AGENT) ? SHIPPED_AGENT : null);
    const agentPackage = handedOut ? await openAgentPackage(handedOut) : null;
    const console_ = config.consoleUrl ?? `http://${written(config.http)}`;
    const enrolment = `${config.advertise[0] ?? "localhost"}:${gateway.addresses().enrollmentPort}`;
    const auth = createAuth({ store, clock });
    const api = await createApi(
      {
        ...{ store, clock, log, auth, fleet, intel: know.intel, planning, rollout, health, audit },
        ...{ suppressions: know.suppressions, vex: know.vex, sboms: createSboms({ store, clock, version: VERSION }) },
        system: {
          version: VERSION,
          startedAt,
          dataDirectory: config.dataDir,
          addresses: { console: console_, session: gateway.addresses().sessions, enrolment },
          caFingerprint: ca.caFingerprint(),
          agentPackage,
          simulatedTime: false,
        },
      },
      { secure: console_.startsWith("https:"), trustProxy: config.consoleUrl !== undefined, consoleDirectory: CONSOLE },
    );
    const http = await serveApi(api, config.http);
    undo.push(() => http.close());

    if (config.localAgent) {
      const local = await startLocalAgent({
        directory: join(config.dataDir, "local-agent"),
        enrollmentAddress: `127.0.0.1:${gateway.addresses().enrollmentPort}`,
        caFingerprint: ca.caFingerprint(),
        joinToken: async () =>
          expectOk(
            await fleet.createJoinToken({ uses: 1, expiresInMs: 600_000, tags: ["this-machine"], site: "default", actor: "local-agent" }),
          ).secret,
        log,
      });
      undo.push(() => local.stop());
    }

    if (config.demo) {
      const demo = await startDemo({ store, log, health });
      undo.push(() => demo.stop());
    }

    const link = await auth.setupLink(console_);
    say(
      `Breakwater ${VERSION} runs.`,
      ``,
      `  Console      ${console_}${existsSync(CONSOLE) ? "" : "   (not built: run `npm run build:console`)"}`,
      ...(link ? [`  Set-up       ${link}`, `               opens once and makes the first administrator`] : []),
      `  Agents       enrol at ${enrolment}, authority sha256 ${ca.caFingerprint()}`,
      `  Data         ${config.dataDir} (${store.engine === "pglite" ? "embedded database" : "PostgreSQL"})`,
      ...(config.localAgent ? [`  This machine is an endpoint in observe mode: nothing on it is changed.`] : []),
      ...(config.demo ? [`  A simulated fleet is being added; everything simulated is marked so.`] : []),
      ``,
      `Ctrl-C stops it; everything is kept.`,
    );
    return { stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

const written = ({ host, port }: { host: string; port: number }): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;
const say = (...lines: string[]): void => void process.stdout.write(`${lines.join("\n")}\n`);

try {
  const controller = await start(readConfig(process.argv.slice(2), process.env));
  let asked = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      // A second Ctrl-C means now.
      if (asked) process.exit(130);
      asked = true;
      say("Stopping ...");
      void controller.stop().then(() => {
        say("Stopped; nothing was lost.");
        process.exit(0);
      });
    });
} catch (cause) {
  if (!(cause instanceof ProblemError)) throw cause;
  const { code, message, next } = cause.problem;
  process.stderr.write(`${code}: ${message}\n${next ? `${next}\n` : ""}`);
  process.exitCode = 1;
}
