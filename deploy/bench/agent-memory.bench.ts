// Whether the agent grows: its memory over the samples of a day, one a second, told at each tenth of them, and its slope over the
// second half, in which what a process takes once has been taken. `npm run bench -- agent-memory 5760` takes a whole day's samples
// (100 minutes); without a number, those of two hours.
import { setTimeout as wait } from "node:timers/promises";
import { AgentUnderTest, type DayReading } from "./agent-under-test.ts";
import { slope } from "./readings.ts";

const SAMPLES_A_DAY = 86_400 / 15;
const SAMPLES = Number(process.argv[2] ?? SAMPLES_A_DAY / 12);
const READ_EVERY_MS = 5_000;
/** After the session is open, until what it set off is over. */
const SETTLE_MS = 20_000;

const agent = await AgentUnderTest.start({ health: 15, inventory: 86_400 });
try {
  await agent.openSession({ health: 1, inventory: 86_400 });
  await wait(SETTLE_MS);
  const readings: DayReading[] = [agent.read()];
  for (const end = Date.now() + SAMPLES * 1_000; Date.now() < end; ) {
    await wait(READ_EVERY_MS);
    readings.push(agent.read());
  }
  const first = readings[0] as DayReading;
  const taken = (r: DayReading) => (r.at - first.at) / 1_000;
  console.log(`${SAMPLES} samples of ${agent.samples} figures, ${((100 * SAMPLES) / SAMPLES_A_DAY).toFixed(0)} % of a day's\n`);
  console.log("samples      RSS   its own");
  for (let tenth = 0; tenth <= 10; tenth++) {
    const r = readings[Math.round((tenth / 10) * (readings.length - 1))] as DayReading;
    console.log(
      `${taken(r).toFixed(0).padStart(7)}  ${r.rssMb.toFixed(1).padStart(5)} MB  ${r.ownMb.toFixed(1).padStart(5)} MB  ${"#".repeat(Math.round(r.rssMb / 2))}`,
    );
  }
  const growth = (rs: readonly DayReading[]) => slope(rs.map((r) => [taken(r) / SAMPLES_A_DAY, r.rssMb] as const)).toFixed(1);
  const highest = Math.max(...readings.map((r) => r.rssMb));
  console.log(
    `\nhighest ${highest.toFixed(1)} MB, lowest ${Math.min(...readings.map((r) => r.rssMb)).toFixed(1)} MB, at the end ${readings.at(-1)?.rssMb.toFixed(1)} MB`,
  );
  console.log(
    `slope ${growth(readings)} MB a day over all, ${growth(readings.slice(Math.floor(readings.length / 2)))} MB a day over the second half (aim 0)`,
  );
} finally {
  await agent.stop();
}
