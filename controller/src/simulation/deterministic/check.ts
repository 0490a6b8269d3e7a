import { type CheckedRails, type CheckedWave, checkedWaves } from "./checked-waves.ts";
import type { Fleet } from "./fleet-file.ts";
import { oracleOpen } from "./oracle.ts";
import type { TraceLine } from "./trace.ts";

/** Endpoints whose approved action forbids a rollback, and how many of them may be in danger at once. */
export interface OneWay {
  readonly endpointIds: ReadonlySet<string>;
  readonly atOnce: number;
}

type End = "succeeded" | "failed" | "rolled-back" | "unreachable";

/** Of larger waves only so many are sampled. */
const SAMPLED = 12;

/** More of the same tell nothing new. */
const MOST_FOUND = 50;

/**
 * The invariants, read from a trace by somebody who knows the fleet, the plan's waves and nothing of the core. Everything
 * is counted anew from the lines. @returns violations, each beginning with the invariant's name
 */
export function check(
  fleet: Fleet,
  plan: { readonly waves: readonly CheckedWave[]; readonly growth?: CheckedRails | undefined },
  oneWay: OneWay,
  trace: readonly TraceLine[],
): string[] {
  const found: string[] = [];
  const say = (text: string) => void (found.length < MOST_FOUND && found.push(text));
  const about = new Map(fleet.endpoints.map((e) => [e.id, e]));
  const groups = new Map(
    Object.entries(fleet.redundancyGroups).map(([name, g]) => [name, { members: g.members, spare: g.members.length - g.minHealthy }]),
  );
  const waves = checkedWaves(plan.waves, plan.growth, groups);
  const running = new Set<string>();
  const ends = new Map<string, End[]>();
  const applied = new Map<string, number>();
  const passed = new Set<number>();
  const begun = new Set<string>();
  const closed = new Set<string>();
  const fit = new Set<string>();
  const superseded = new Set<string>();
  const insisted = new Set<number>();
  const installedAt = new Map<string, number>();
  const notRestored = new Set<string>();
  const mute = new Set<string>();
  const elsewhere = new Map<string, number>();
  const letPass = new Set<number>();
  let failed = 0;
  let stopped: string | undefined;
  let changed = false;
  let finished = false;
  let last = Number.NEGATIVE_INFINITY;

  function started(line: TraceLine, id: string): void {
    const at = new Date(line.at).toISOString();
    const endpoint = about.get(id);
    const wave = waves.of(id);
    if (!endpoint || wave === undefined) {
      say(`I7 ${id} started, which the plan does not hold`);
      return;
    }
    if (endpoint.window && !oracleOpen(endpoint.window, endpoint.zone, line.at)) say(`I1 ${id} started at ${at}, outside its window`);
    for (const b of endpoint.blackouts)
      if (Date.parse(b.from) <= line.at && line.at < Date.parse(b.to)) say(`I1 ${id} started at ${at}, in its blackout`);
    if (stopped !== undefined) say(`I3 ${id} started at ${at}, after the rollout was ${stopped}`);
    for (let earlier = 0; earlier < wave; earlier += 1)
      if (!passed.has(earlier)) say(`I3 ${id} of wave ${wave} started before wave ${earlier} had passed`);
    if (running.has(id)) say(`I4 ${id} started again while it ran`);
    if ((ends.get(id) ?? []).length > 0) say(`I4 ${id} started again at ${at} after it had ended`);
    if (failed >= fleet.errorBudget) say(`I6 ${id} started at ${at} after ${failed} failures, ${fleet.errorBudget} end it`);
    if (changed) say(`I7 ${id} started at ${at} on a plan that was changed after its approval`);
    if (superseded.has(id) && !insisted.has(wave)) say(`I8 ${id} started at ${at} on what is no longer current`);
    if (line.at < (elsewhere.get(id) ?? 0)) say(`I10 ${id} started at ${at}, while another deployment changed or watched it`);
    danger(line, id);
    closed.delete(id);
    fit.delete(id);
    begun.add(id);
    running.add(id);
    places(line, id, wave);
  }

  /** An endpoint without a way back is in danger while it runs, and from the new version on until that has lived through its wave's bake. */
  function danger(line: TraceLine, id: string): void {
    const at = new Date(line.at).toISOString();
    for (const other of notRestored) say(`I9 ${id} started at ${at}, when ${other} could not be restored and nobody had seen to it`);
    if (!oneWay.endpointIds.has(id)) return;
    const inDanger = [...oneWay.endpointIds].filter((other) => {
      const bakedAt = (installedAt.get(other) ?? Number.NEGATIVE_INFINITY) + (waves.at(waves.of(other) ?? -1)?.gate.bakeMs ?? 0);
      return running.has(other) || line.at < bakedAt;
    });
    if (inDanger.length >= oneWay.atOnce)
      say(`I9 ${id} started at ${at} without a way back, as ${inDanger.join(", ")}, in danger: ${oneWay.atOnce} may be`);
  }

  /** A wave of which nobody could see one in ten or more passes by a person's word alone. */
  function consent(line: TraceLine): void {
    const wave = line.wave ?? -1;
    const patched = (waves.at(wave)?.endpointIds ?? []).filter((id) => ends.get(id)?.at(-1) === "succeeded");
    const unseen = patched.filter((id) => mute.has(id));
    if (unseen.length * 10 > patched.length && patched.length <= SAMPLED && !letPass.has(wave))
      say(
        `I3 wave ${wave} passed at ${new Date(line.at).toISOString()}, though nobody could see ${unseen.join(", ")}, and no person let it pass`,
      );
  }

  function places(line: TraceLine, id: string, wave: number): void {
    const endpoint = about.get(id);
    const count = (belongs: (id: string) => boolean) => [...running].filter(belongs).length;
    const limit = (what: string, n: number, most: number | undefined) => {
      if (most !== undefined && n > most) say(`I2 ${id} made ${n} at once in ${what}, ${most} may be (${new Date(line.at).toISOString()})`);
    };
    limit("the deployment", running.size, fleet.maxConcurrent);
    limit(
      `wave ${wave}`,
      count((other) => waves.of(other) === wave),
      waves.at(wave)?.maxConcurrent,
    );
    const site = endpoint?.site ?? "";
    limit(
      `site ${site}`,
      count((other) => about.get(other)?.site === site),
      fleet.sites[site]?.maxConcurrent,
    );
    const group = endpoint?.redundancyGroup;
    if (group === undefined) return;
    const { members, minHealthy } = fleet.redundancyGroups[group] ?? { members: [], minHealthy: 0 };
    const out = (m: string) => running.has(m) || (!fit.has(m) && ["failed", "unreachable"].includes(ends.get(m)?.at(-1) ?? ""));
    const healthy = members.filter((m) => !out(m)).length;
    if (healthy < minHealthy) say(`I2 ${id} left group ${group} with ${healthy} healthy members, it needs ${minHealthy}`);
  }

  function ended(id: string, as: End): void {
    const before = ends.get(id) ?? [];
    const inPlace = running.delete(id);
    if (!inPlace && !(as === "rolled-back" && before.length === 1 && before[0] === "failed"))
      say(`I5 ${id} ended as ${as}, after ${before.join(", ") || "it had never started"}`);
    ends.set(id, [...before, as]);
  }

  for (const line of trace) {
    if (line.at < last) say(`the trace goes back in time at ${new Date(line.at).toISOString()}`);
    last = line.at;
    const id = line.endpoint ?? "";
    switch (line.kind) {
      case "execution-started":
        started(line, id);
        break;
      case "applied": {
        const times = (applied.get(id) ?? 0) + 1;
        applied.set(id, times);
        installedAt.set(id, line.at);
        if (times > 1) say(`I4 ${id} was patched ${times} times`);
        break;
      }
      case "failed":
        failed += 1;
        ended(id, "failed");
        break;
      case "succeeded":
      case "rolled-back":
      case "unreachable":
        if (line.kind === "rolled-back") notRestored.delete(id);
        // A pause takes back what has not left: that one may start again.
        if (line.more?.why === "withdrawn before its command left") {
          running.delete(id);
          begun.delete(id);
        } else ended(id, line.kind);
        break;
      case "wave-passed":
        if ([...running].some((other) => waves.of(other) === line.wave)) say(`I3 wave ${line.wave} passed while executions of it ran`);
        consent(line);
        passed.add(line.wave ?? -1);
        break;
      case "elsewhere":
        elsewhere.set(id, Number.POSITIVE_INFINITY);
        break;
      case "elsewhere-ended":
        elsewhere.set(id, Number(line.more?.until ?? 0));
        break;
      case "mute":
        mute.add(id);
        break;
      case "let-pass":
        letPass.add(line.wave ?? -1);
        break;
      case "wave-sized":
        for (const what of waves.cut(line, (other) => begun.has(other))) say(`I7 ${what}`);
        break;
      case "paused":
      case "halted":
        stopped = line.kind;
        break;
      case "resumed":
        stopped = undefined;
        break;
      case "plan-changed":
        changed = true;
        break;
      case "plan-restored":
        changed = false;
        break;
      case "superseded":
        superseded.add(id);
        break;
      case "current":
        superseded.delete(id);
        break;
      case "insisted":
        insisted.add(line.wave ?? -1);
        break;
      case "restored":
        installedAt.delete(id);
        break;
      case "not-restored":
        notRestored.add(id);
        break;
      case "seen-to":
        notRestored.clear();
        break;
      case "fit":
        fit.add(id);
        break;
      case "closed":
        closed.add(id);
        break;
      case "command-sent":
        if (closed.has(id) || !begun.has(id))
          say(`I8 ${id} was sent its command at ${new Date(line.at).toISOString()}, when its execution had ended`);
        break;
      case "finished":
        finished = true;
        for (const other of running) say(`I5 ${other} had not ended when the rollout had`);
        break;
      default:
        break;
    }
  }
  if (!finished) say("I5 the rollout did not come to an end");
  return found;
}
