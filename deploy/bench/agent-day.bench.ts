// A day of the agent, compressed: the real programs of both sides on a machine that stands still. One stretch with a sample a second,
// one with hardly any, one with looks at the machine a minute apart: what each of them takes is told for a day of the usual pace.
// `npm run bench -- agent-day` takes eight minutes; `npx tsx deploy/bench/agent-day.bench.ts SECONDS` sets the length of a stretch.
import { setTimeout as wait } from "node:timers/promises";
import { AgentUnderTest, type DayReading } from "./agent-under-test.ts";
import { FIGURES_OF_OTHERS } from "./figures-of-others.ts";
import { type Reading, slope } from "./readings.ts";
import type { WireCount } from "./wire-meter.ts";

const DAY_SECONDS = 86_400;
const SAMPLES_A_DAY = DAY_SECONDS / 15;
/** At the controller's default of a look in 15 minutes. */
const LOOKS_A_DAY = DAY_SECONDS / 900;
/** Certificates of a day are renewed at two thirds of their life, and each renewal opens a new session. */
const SESSIONS_A_DAY = 1.5;
const SECONDS = Number(process.argv[2] ?? 150);
const READ_EVERY_MS = 2_000;
/** After a change of pace, until what it set off is over. */
const SETTLE_MS = 20_000;
const RARE = { health: 300, inventory: 86_400 };
/** Headers of IPv4 and TCP with time stamps, of a segment and of what acknowledges it. */
const HEADER_BYTES = 2 * 52;

interface Stretch {
  readonly readings: readonly DayReading[];
  readonly highest: number;
}
async function stretch(agent: AgentUnderTest, seconds: number): Promise<Stretch> {
  const readings = [agent.read()];
  let highest = 0;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    for (let i = 0; i < 8; i++) {
      await wait(READ_EVERY_MS / 8);
      highest = Math.max(highest, agent.everything());
    }
    readings.push(agent.read());
  }
  return { readings, highest };
}

type Of = (reading: DayReading) => number;
const wireOf = (kinds: readonly (keyof WireCount)[], ...ways: ("up" | "down")[]): Of => {
  const both: readonly ("up" | "down")[] = ways.length > 0 ? ways : ["up", "down"];
  return (r) => both.flatMap((way) => kinds.map((kind) => r[way][kind])).reduce((sum, n) => sum + n, 0);
};
const secondsOf = ({ readings }: Stretch): number => ((readings.at(-1)?.at ?? 0) - (readings[0]?.at ?? 0)) / 1000;
const grown = ({ readings }: Stretch, of: Of): number => of(readings.at(-1) as DayReading) - of(readings[0] as DayReading);
const perSecond = (s: Stretch, of: Of): number => grown(s, of) / secondsOf(s);
/** How the pace of the second half differs from that of the first. */
const drift = ({ readings }: Stretch, of: Of): string => {
  const middle = Math.floor(readings.length / 2);
  const [first, second] = [readings.slice(0, middle + 1), readings.slice(middle)].map((half) =>
    perSecond({ readings: half, highest: 0 }, of),
  );
  return first ? `${(100 * ((second ?? 0) / first - 1)).toFixed(0).replace(/^(?=\d)/, "+")} %` : "none";
};

const agent = await AgentUnderTest.start({ health: 15, inventory: 86_400 });
try {
  // While the executor is there: it goes when it has had nothing to do for a minute.
  await wait(15_000);
  const [besides, executor] = [agent.read(), agent.readExecutor()];
  let executorLast: Reading | undefined = executor;
  const opening = await agent.openSession({ health: 1, inventory: 86_400 });
  await wait(SETTLE_MS);
  const busy = await stretch(agent, SECONDS);
  executorLast = agent.readExecutor() ?? executorLast;
  await agent.pace(RARE);
  await wait(SETTLE_MS);
  const idle = await stretch(agent, SECONDS);
  await agent.pace({ ...RARE, inventory: 60 });
  await wait(SETTLE_MS);
  const looking = await stretch(agent, Math.max(SECONDS, 125));
  const samples = secondsOf(busy);
  /** The agent looks at full minutes only. */
  const looks = Math.floor(secondsOf(looking) / 60);
  const perSample = (of: Of): number => Math.max(0, grown(busy, of) - perSecond(idle, of) * secondsOf(busy)) / samples;
  const perLook = (of: Of): number => Math.max(0, grown(looking, of) - perSecond(idle, of) * secondsOf(looking)) / looks;
  const aDay = (of: Of): number => perSecond(idle, of) * DAY_SECONDS + perSample(of) * SAMPLES_A_DAY + perLook(of) * LOOKS_A_DAY;

  const row = (name: string, value: string, aim = "") => console.log(`${name.padEnd(42)} ${value.padEnd(58)} ${aim}`);
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;
  const percent = (secondsADay: number) => `${((100 * secondsADay) / DAY_SECONDS).toFixed(3)} % of a core`;
  const memory = (r: Reading) => `RSS ${r.rssMb.toFixed(1)} MB, of it its own ${r.ownMb.toFixed(1)} MB, PSS ${r.pssMb.toFixed(1)} MB`;
  const last = busy.readings.at(-1) as DayReading;
  const cpu: Of = (r) => r.cpuSeconds + r.childrenCpuSeconds;
  const all: Of = wireOf(["handshake", "keepAlive", "control", "small", "messages"]);
  const lookCpu = perLook(cpu) * LOOKS_A_DAY;

  console.log(`${SECONDS} s for each stretch, ${samples.toFixed(0)} samples of ${agent.samples} figures, ${looks} looks\n`);
  row("agent alone, as it is nearly always", memory(last), "aim 75 MB");
  if (executor) {
    row("agent while the executor is there", memory(besides));
    row("executor beside it", memory(executor));
    const both = besides.pssMb + executor.pssMb;
    row(
      "both together",
      `each page once (PSS) ${both.toFixed(1)} MB; sum of RSS ${(besides.rssMb + executor.rssMb).toFixed(1)} MB`,
      "aim 75 MB",
    );
  } else row("executor", "was gone before it could be read");
  row(
    "highest with all that it starts",
    `sum of RSS ${Math.max(busy.highest, idle.highest, looking.highest).toFixed(0)} MB, during a look`,
  );
  const points = busy.readings.map((r) => [(r.at - (busy.readings[0]?.at ?? 0)) / 1000 / SAMPLES_A_DAY, r.rssMb] as const);
  row(
    "  slope over the samples of a day",
    `${slope(points).toFixed(1)} MB a day, from ${points[0]?.[1].toFixed(1)} to ${last.rssMb.toFixed(1)} MB`,
    "aim 0",
  );
  row(
    "processor, without looks",
    percent(perSecond(idle, cpu) * DAY_SECONDS + perSample(cpu) * SAMPLES_A_DAY),
    `aim 0.5 %; drift ${drift(busy, cpu)}`,
  );
  row("  with a look in 15 minutes", percent(aDay(cpu)), `${perLook(cpu).toFixed(2)} s each, niced; ${percent(lookCpu)}`);
  if (executorLast)
    row("  the executor's start for each", percent(executorLast.cpuSeconds * LOOKS_A_DAY), `${executorLast.cpuSeconds.toFixed(2)} s each`);
  const wakeUps: Of = (r) => r.wakeUps;
  row(
    "wake-ups",
    `${((perSecond(idle, wakeUps) * DAY_SECONDS + perSample(wakeUps) * SAMPLES_A_DAY) / DAY_SECONDS).toFixed(2)} a second`,
    `drift ${drift(busy, wakeUps)}`,
  );
  const disk: Of = (r) => r.diskBytes;
  row("written to disk", `${mb(aDay(disk))} a day, of it ${mb(perLook(disk) * LOOKS_A_DAY)} by looks`, `drift ${drift(idle, disk)}`);
  const wire = aDay(all) + opening * SESSIONS_A_DAY;
  row("on the wire, nothing changed", `${mb(wire)} a day`, `aim 2 MB; drift ${drift(busy, all)}`);
  const records = wireOf(["records"]);
  row("  with headers of IP and TCP, estimated", `${mb(wire + aDay(records) * HEADER_BYTES)} a day, ${aDay(records).toFixed(0)} records`);
  for (const [name, kinds] of [
    ["messages: figures", ["messages"]],
    ["signs of life, acknowledgements", ["small"]],
    ["HTTP/2 pings", ["keepAlive"]],
    ["windows and settings", ["control"]],
  ] as const)
    row(`  ${name}`, `${mb(aDay(wireOf(kinds, "up")))} up, ${mb(aDay(wireOf(kinds, "down")))} down`);
  row("  a sample's message", `${perSample(wireOf(["messages"], "up")).toFixed(0)} B with all its layers, of ${agent.samples} figures`);
  row("  opening the session", `${mb(opening * SESSIONS_A_DAY)}, ${opening.toFixed(0)} B each`);
  console.log("\nWhat others publish:");
  for (const { product, figure, source } of FIGURES_OF_OTHERS) console.log(`  ${product.padEnd(20)} ${figure} [${source}]`);
} finally {
  await agent.stop();
}
