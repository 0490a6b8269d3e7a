import { ProblemError } from "@breakwater/shared/core";
import type { z } from "zod";
import type { deploymentSchema } from "../../api/schemas/index.ts";
import type { Client } from "../client.ts";
import type { Io } from "../io.ts";
import { state, when } from "../output.ts";

type Deployment = z.infer<typeof deploymentSchema>;

/** Without news the deployment is read anew this often: a stream that only looks open must not hide its end. */
const READ_AT_LEAST_EVERY_MS = 30_000;
/** After a stream that broke off. */
const AGAIN_AFTER_MS = 2_000;
/** A controller that is started anew answers within minutes; after this the watch ends with its problem. */
const AWAY_AT_MOST_MS = 10 * 60_000;
/** What the client and the API say while nothing is wrong but that the controller or its database is away. */
const AWAY = ["server-unreachable", "store-unavailable"];

/**
 * Follows a deployment until it is over: reads it once for each burst of its events, and tells on standard error what has
 * changed. A stream that breaks off is resumed where it was, so that nothing between is missed, and a controller that goes
 * away meanwhile is waited for.
 * @param againAfterMs between two tries while the controller is away
 */
export async function follow(
  io: Io,
  client: Client,
  id: string,
  read: () => Promise<Deployment>,
  againAfterMs = AGAIN_AFTER_MS,
): Promise<Deployment> {
  let position: string | undefined;
  let told: ReadonlySet<string> = new Set();
  for (let now = await read(); ; now = await readPatiently(io, read, againAfterMs)) {
    told = tell(io, now, told);
    if (now.finishedAt !== null) return now;
    position = await news(client, id, position, againAfterMs);
  }
}

/** @throws what `read` throws, at once unless it says that the controller is away, else when that lasts too long */
async function readPatiently(io: Io, read: () => Promise<Deployment>, againAfterMs: number): Promise<Deployment> {
  for (let triesLeft = Math.ceil(AWAY_AT_MOST_MS / againAfterMs); ; triesLeft--) {
    try {
      return await read();
    } catch (cause) {
      if (!(cause instanceof ProblemError) || !AWAY.includes(cause.problem.code) || triesLeft === 0) throw cause;
      if (triesLeft === Math.ceil(AWAY_AT_MOST_MS / againAfterMs))
        io.err(`${cause.problem.message} It is asked again; the deployment does not need this watch.\n`);
      await new Promise((next) => setTimeout(next, againAfterMs));
    }
  }
}

/** Waits until something of this deployment happened, or it is time to look. @returns where the stream stands */
async function news(client: Client, id: string, position: string | undefined, againAfterMs: number): Promise<string | undefined> {
  const late = AbortSignal.timeout(READ_AT_LEAST_EVERY_MS);
  let at = position;
  try {
    for await (const { position: reached, event } of client.events(position, late)) {
      at = reached === "" ? at : reached;
      if (event?.data.deploymentId === id || event?.subject === `deployment:${id}`) return at;
    }
  } catch (cause) {
    if (!late.aborted && position === undefined && at === undefined) throw cause;
  }
  if (!late.aborted) await new Promise((next) => setTimeout(next, againAfterMs));
  return at;
}

/** Tells what is new since the last look. */
function tell(io: Io, d: Deployment, before: ReadonlySet<string>): ReadonlySet<string> {
  const lines = linesOf(d);
  const at = when(new Date(io.clock.now()).toISOString());
  for (const line of lines) if (!before.has(line)) io.err(`${at}  ${line}\n`);
  return new Set(lines);
}

/** What is the case now, a line for each thing: only those that are new are told. */
function linesOf(d: Deployment): string[] {
  const wave = d.wave ? `wave ${d.wave.index + 1}/${d.waves} ${d.wave.name} ${d.wave.state}, ` : "";
  return [
    `${state(d.state)} ${wave}${d.succeeded}/${d.endpoints} succeeded, ${d.failed} failed (${d.budget.left} of ${d.budget.threshold} left), ${d.inFlight} in flight`,
    ...d.waveList.flatMap((w) => [
      ...(w.growth ? [`  wave ${w.index + 1}, size: ${w.growth.sentence}`] : []),
      ...(w.verdict ? [`  wave ${w.index + 1}: the judge says ${state(w.verdict.verdict)}. ${w.verdict.summary}`] : []),
      ...w.tree.flatMap((b) => (b.taken ? [`  wave ${w.index + 1}: ${b.when}, so ${b.action}; ${b.ask}. ${b.taken.why}`] : [])),
    ]),
    ...d.waits.slice(0, 10).map((w) => `  waits: ${w.what}${w.until ? ` Until ${when(w.until)}.` : ""} ${w.afterwards}`),
    `  ${d.forecast.sentence}`,
  ];
}
