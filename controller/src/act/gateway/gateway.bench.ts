/**
 * Health batches a second through the gateway's session handler into the health intake, against bare grpc-js over the
 * same mTLS in the same run: an echo (each message read and written back) and a sink (each message read and dropped).
 * Agents run in a process of their own, so that their work is not counted as the server's. Run: npx tsx <this file>
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type AgentMessage, type AgentMessage__Output, AgentService, MAX_MESSAGE_BYTES } from "@breakwater/shared/wire";
import * as grpc from "@grpc/grpc-js";
import Table from "cli-table3";
import { openTestStore } from "../../store/testing.ts";
import { ControllerCredentials } from "./credentials.ts";
import { clientCredentials, enrolMachine, hello, openTestGateway, type TestGateway, type TestIdentity } from "./testing.ts";

const AGENTS = 8;
const ROUNDS = 3;
const BATCHES_PER_AGENT = 1_500;
const METRICS = ["cpu_percent", "load1", "memory_used_percent", "swap_used_percent", "disk_io_bytes_per_second", "units_failed"];

/** What an agent of an ordinary server sends every 15 s: 24 samples. */
const batch = (at: number): AgentMessage => ({
  health: {
    at: new Date(at).toISOString(),
    samples: [
      ...METRICS.map((metric, i) => ({ metric, value: i + 0.5 })),
      ...["/", "/var", "/home"].map((subject) => ({ metric: "disk_used_percent", subject, value: 40.5 })),
      ...Array.from({ length: 12 }, (_, i) => ({ metric: "unit_active", subject: `service-${i}.service`, value: 1 })),
      ...["http", "db", "ssh"].map((subject) => ({ metric: "check_latency_ms", subject, value: 3.25 })),
    ],
  },
});

interface Job {
  readonly address: string;
  readonly identities: readonly TestIdentity[];
  readonly awaitEcho: boolean;
}

/** The agents' side: opens one stream each, says so, and on "go" writes as fast as the stream takes it. */
async function runAgents(job: Job): Promise<void> {
  const streams = await Promise.all(
    job.identities.map(async (identity) => {
      const client = new grpc.Client(job.address, clientCredentials(identity.trustBundle, identity), {
        "grpc.use_local_subchannel_pool": 1,
      });
      const { path, requestSerialize, requestDeserialize, responseDeserialize } = AgentService.service.Session;
      const read: (bytes: Buffer) => unknown = job.awaitEcho ? requestDeserialize : responseDeserialize;
      const call = client.makeBidiStreamRequest(path, requestSerialize, read);
      let echoed = -1;
      let wake = () => {};
      call.on("data", () => {
        echoed++;
        wake();
      });
      call.on("error", () => {});
      call.write(hello(identity.machine));
      // The gateway answers Hello with Welcome, the echo with Hello; the sink says nothing and needs no greeting.
      const ready = Promise.race([once(call, "data"), new Promise((done) => setTimeout(done, 1_500))]);
      await ready;
      return {
        async send(at: number) {
          for (let i = 0; i < BATCHES_PER_AGENT; i++) if (!call.write(batch(at + i * 15_000))) await once(call, "drain");
          while (job.awaitEcho && echoed < BATCHES_PER_AGENT)
            await new Promise<void>((done) => {
              wake = done;
            });
        },
        close: () => client.close(),
      };
    }),
  );
  process.send?.("ready");
  await once(process, "message");
  const base = Date.now() - BATCHES_PER_AGENT * 15_000;
  await Promise.all(streams.map((s) => s.send(base)));
  process.send?.("sent");
  await once(process, "message");
  for (const stream of streams) stream.close();
  process.send?.("closed");
}

/** A server without anything of ours but its TLS. */
async function bareServer(test: TestGateway, echo: boolean) {
  let received = 0;
  let atTarget = () => {};
  const server = new grpc.Server({ "grpc.max_receive_message_length": MAX_MESSAGE_BYTES });
  // The echo answers with the agent's own message: one type both ways, as bare as it gets.
  const definition = AgentService.service.Session;
  const plain = { ...definition, responseSerialize: definition.requestSerialize } as unknown as typeof definition;
  server.addService({ Session: plain } as unknown as typeof AgentService.service, {
    Session: (call: grpc.ServerDuplexStream<AgentMessage__Output, AgentMessage__Output>) => {
      call.on("data", (message: AgentMessage__Output) => {
        if (message.health && ++received === AGENTS * BATCHES_PER_AGENT) atTarget();
        if (echo) call.write(message);
      });
      call.on("end", () => call.end());
      call.on("error", () => {});
    },
  });
  const credentials = new ControllerCredentials(await test.ca.serverIdentity(), test.ca.trustBundle);
  const port = await new Promise<number>((done, refuse) =>
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error ? refuse(error) : done(bound))),
  );
  return {
    address: `127.0.0.1:${port}`,
    all: () =>
      new Promise<void>((done) => {
        received = 0;
        atTarget = done;
      }),
    close: () => server.forceShutdown(),
  };
}

async function measure(agents: ChildProcess, job: Job, all: () => Promise<unknown>): Promise<number> {
  agents.send(job);
  await once(agents, "message");
  const arrived = all();
  const started = process.hrtime.bigint();
  agents.send("go");
  const sent = once(agents, "message");
  await arrived;
  if (job.awaitEcho) await sent;
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  await sent;
  const closed = once(agents, "message");
  agents.send("close");
  await closed;
  return (AGENTS * BATCHES_PER_AGENT) / seconds;
}

async function main(): Promise<void> {
  const store = await openTestStore();
  const test = await openTestGateway(store);
  const identities: TestIdentity[] = [];
  for (let i = 0; i < AGENTS; i++) identities.push(await enrolMachine(test, `bench${i}`));
  const [echo, sink] = [await bareServer(test, true), await bareServer(test, false)];
  const sessions = `127.0.0.1:${test.gateway.addresses().sessionPort}`;
  const samplesPerBatch = batch(0).health?.samples?.length ?? 0;
  const intoIntake = async () => {
    const target = test.health.counters().taken + AGENTS * BATCHES_PER_AGENT * samplesPerBatch;
    while (test.health.counters().taken < target) await new Promise((done) => setTimeout(done, 2));
  };
  const agents = fork(fileURLToPath(import.meta.url), ["agents"], { execArgv: process.execArgv });
  agents.once("exit", (code) => {
    if (code !== null && code !== 0) throw new Error(`the agents' process failed with ${code}`);
  });
  const rates: Record<"echo" | "sink" | "gateway", number[]> = { echo: [], sink: [], gateway: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    const measured = {
      echo: await measure(agents, { address: echo.address, identities, awaitEcho: true }, echo.all),
      sink: await measure(agents, { address: sink.address, identities, awaitEcho: false }, sink.all),
      gateway: await measure(agents, { address: sessions, identities, awaitEcho: false }, intoIntake),
    };
    // The first round warms the compiler up.
    if (round > 0) for (const key of ["echo", "sink", "gateway"] as const) rates[key].push(measured[key]);
  }
  const median = (list: number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
  const table = new Table({ head: ["server", "batches/s (median)", "lowest", "highest", "of echo"], style: { head: [] } });
  for (const [name, list] of Object.entries(rates))
    table.push([
      name,
      ...[median(list), Math.min(...list), Math.max(...list)].map((n) => n.toFixed(0)),
      (median(list) / median(rates.echo)).toFixed(2),
    ]);
  console.log(`${AGENTS} agents, ${samplesPerBatch} samples a batch, ${ROUNDS} rounds, Node ${process.version}`);
  console.log(table.toString());
  agents.kill();
  echo.close();
  sink.close();
  await test.close();
  await store.close();
  process.exit(0);
}

if (process.argv[2] === "agents") {
  process.on("message", (message) => {
    if (typeof message === "object") void runAgents(message as Job);
  });
} else await main();
