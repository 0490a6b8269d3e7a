// A day of the agent, compressed: the real programs of both sides, with samples once a second instead of every 15 s, beside a
// stretch with hardly any. The difference is what a sample takes, the rest what time takes; both are told for a day.
import { setTimeout as wait } from "node:timers/promises";
import { AgentUnderTest } from "./agent-under-test.ts";
import { FIGURES_OF_OTHERS } from "./figures-of-others.ts";
import { type Reading, slope } from "./readings.ts";

const SAMPLES_A_DAY = 86_400 / 15;
/** Certificates of a day are renewed at two thirds of their life, and each renewal opens a new session. */
const SESSIONS_A_DAY = 1.5;
const SECONDS = Number(process.argv[2] ?? 150);
const READ_EVERY_MS = 5_000;

async function stretch(agent: AgentUnderTest, seconds: number): Promise<Reading[]> {
  const readings = [agent.read()];
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    await wait(READ_EVERY_MS);
    readings.push(agent.read());
  }
  return readings;
}
type Counter = "sent" | "received" | "cpuSeconds" | "wakeUps" | "diskBytes";
const total = (readings: readonly Reading[], key: Counter): number => (readings.at(-1)?.[key] ?? 0) - (readings[0]?.[key] ?? 0);
/** More than this within one reading is no sample and no sign of life, but an inventory of a machine that changed meanwhile. */
const BURST_BYTES = 4_096;
const stepsOf = (readings: readonly Reading[], key: Counter): number[] =>
  readings.slice(1).map((r, i) => r[key] - (readings[i]?.[key] ?? 0));
const grown = (readings: readonly Reading[], key: Counter): number =>
  key === "sent" || key === "received"
    ? stepsOf(readings, key)
        .filter((step) => step <= BURST_BYTES)
        .reduce((sum, step) => sum + step, 0)
    : total(readings, key);
const secondsOf = (readings: readonly Reading[]): number => ((readings.at(-1)?.at ?? 0) - (readings[0]?.at ?? 0)) / 1000;

const agent = await AgentUnderTest.start();
try {
  const opening = await agent.firstSession();
  await agent.pace(1);
  await wait(20_000);
  const busy = await stretch(agent, SECONDS);
  await agent.pace(300);
  await wait(20_000);
  const idle = await stretch(agent, SECONDS);
  const [busySeconds, idleSeconds] = [secondsOf(busy), secondsOf(idle)];
  const samples = busySeconds;
  const aDay = (key: Counter): number => {
    const perSecond = grown(idle, key) / idleSeconds;
    const perSample = Math.max(0, grown(busy, key) - perSecond * busySeconds) / samples;
    return perSecond * 86_400 + perSample * SAMPLES_A_DAY;
  };
  const sessions = (opening.sent + opening.received) * SESSIONS_A_DAY;
  const wire = aDay("sent") + aDay("received") + sessions;
  const rss = busy.map((r) => r.rssMb);
  const perDay = slope(busy.map((r) => [((r.at - (busy[0]?.at ?? 0)) / 1000 / SAMPLES_A_DAY) * 1, r.rssMb] as const));
  const row = (name: string, value: string, aim: string) => console.log(`${name.padEnd(34)} ${value.padEnd(44)} ${aim}`);
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;
  row("RSS", `${rss.at(-1)?.toFixed(0)} MB, highest ${Math.max(...rss).toFixed(0)} MB`, "aim 75 MB");
  row("RSS, slope over the samples of a day", `${perDay.toFixed(1)} MB a day`, "aim 0; the first minutes still settle");
  row("processor, a sample every 15 s", `${((aDay("cpuSeconds") / 86_400) * 100).toFixed(2)} % of a core`, "aim 0.5 %");
  row("wake-ups", `${(aDay("wakeUps") / 86_400).toFixed(1)} a second`, "");
  row("written to disk", `${mb(aDay("diskBytes"))} a day`, "");
  row("on the wire", `${mb(wire)} a day, nothing changed`, "aim 2 MB");
  row(
    "  by samples, up",
    `${mb((Math.max(0, grown(busy, "sent") - (grown(idle, "sent") / idleSeconds) * busySeconds) / samples) * SAMPLES_A_DAY)} (${agent.samples} figures each)`,
    "",
  );
  row("  by keeping the session", mb(((grown(idle, "sent") + grown(idle, "received")) / idleSeconds) * 86_400), "");
  row("  by opening it, inventory included", `${mb(sessions)} (${opening.sent} B up, ${opening.received} B down each)`, "");
  const changed = [...stepsOf(busy, "sent"), ...stepsOf(idle, "sent")].filter((step) => step > BURST_BYTES);
  row(
    "left out of it",
    `${changed.length} inventories of this machine, which changed meanwhile, ${changed.reduce((a, n) => a + n, 0)} B`,
    "",
  );
  console.log("\nWhat others publish:");
  for (const { product, figure, source } of FIGURES_OF_OTHERS) console.log(`  ${product.padEnd(20)} ${figure} [${source}]`);
} finally {
  await agent.stop();
}
