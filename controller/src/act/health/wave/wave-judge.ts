import { addMs, type Clock, formatInstant, type Instant } from "@breakwater/shared/core";
import { inArray } from "drizzle-orm";
import { type Store, schema } from "../../../store/index.ts";
import type { Judgement } from "../judge/index.ts";
import type { Health } from "../types.ts";
import { bandsOf } from "./bands.ts";
import { DEFAULT_ALPHA, DEFAULT_GRACE_MS, judgeSeries } from "./judge-series.ts";
import { LEVEL_METRICS, STILL_METRICS, UP_METRICS } from "./judged-metrics.ts";
import { createPastCache } from "./past-cache.ts";
import { disturbances, readWave, upToDisturbance } from "./samples.ts";
import { tellHarm } from "./summary.ts";
import { blindness, holdingTriggers } from "./triggers.ts";
import type { WaveJudge, WaveVerdict } from "./types.ts";

const SETTLED_MS = 10 * 60_000;
const MAX_WAVES_REMEMBERED = 1_000;

/**
 * Judges a wave from stored telemetry alone, so that a restarted controller says the same: hard rules first, then the
 * statistics of `judge` on every level metric, each check by itself.
 */
export function createWaveJudge({ health, store, clock }: { health: Health; store: Store; clock: Clock }): WaveJudge {
  const past = { levels: createPastCache(health), states: createPastCache(health) };
  /** How far each wave was looked at without a conviction, while the same endpoints were treated. */
  const looked = new Map<string, { readonly treated: string; readonly upTo: Instant }>();
  return {
    async judge(question) {
      const now = Math.min(question.now, clock.now()) as Instant;
      const treated = new Map(question.treated.map((t) => [t.endpointId, t.patchedAt]));
      const untouched = question.control.filter((id) => !treated.has(id));
      const { rules } = question;
      const alpha = rules.alpha ?? DEFAULT_ALPHA;
      if (treated.size === 0) return nobody(alpha, untouched.length);
      const graceMs = rules.graceMs ?? DEFAULT_GRACE_MS;
      const wave = await readWave(health, past, {
        treated,
        control: untouched,
        levels: LEVEL_METRICS,
        up: UP_METRICS,
        still: STILL_METRICS,
        now,
      });
      const { compared, control } = wave;
      const disturbed = disturbances(question.treated);
      const series = upToDisturbance(wave.series, disturbed);
      const levels = series.filter((s) => (LEVEL_METRICS as readonly string[]).includes(s.metric));
      const key = `${question.deploymentId}/${question.wave}`;
      const who = JSON.stringify([...treated, ...disturbed]);
      const before = looked.get(key);
      const lookedUpTo = before?.treated === who ? before.upTo : undefined;
      const alike = await sitesOf(store, [...compared.keys(), ...control]);
      const { verdict, hard, judged, ranked, statistical, harmfulAt } = judgeSeries({
        series,
        disturbed,
        rules: { ...rules, alpha, graceMs },
        alike,
        treated,
        compared,
        control,
        lastSeen: wave.lastSeen,
        now,
        lookedUpTo,
      });
      if (looked.size > MAX_WAVES_REMEMBERED) looked.clear();
      // The newest minutes may still grow; looks that rest on them are taken again.
      if (judged?.verdict === "harmful") looked.delete(key);
      else looked.set(key, { treated: who, upTo: addMs(now, -SETTLED_MS) });
      const harms = [
        ...hard.map((h) => h.sentence),
        ...ranked.filter((m) => m.verdict === "harmful").map((m) => tellHarm(m, levels, compared, statistical ?? now, graceMs)),
      ];
      const seen = { treated, control, series, disturbed, now, graceMs };
      const holding = holdingTriggers(rules.triggers ?? [], seen, ranked);
      const blind = blindness({ ...seen, treated: compared });
      const suspects = ranked.filter((m) => m.leans).map((m) => m.metric);
      return {
        verdict,
        suspects,
        ...(blind === undefined ? {} : { blind }),
        holding,
        harmed: [...new Set([...hard.map((h) => h.endpointId), ...holding.flatMap((h) => h.endpointIds)])],
        ...(harmfulAt !== undefined ? { decidedAt: harmfulAt } : verdict === "healthy" && judged ? { decidedAt: judged.decidedAt } : {}),
        evidence: {
          metrics: ranked,
          hard: hard.map((h) => ({ ...h, at: formatInstant(h.at) })),
          bands: bandsOf(
            levels,
            ranked.map((m) => m.metric),
            compared,
            now,
          ),
          patchedAt: Object.fromEntries([...compared].map(([id, at]) => [id, formatInstant(at)])),
          basis: {
            resolutionMs: wave.resolutionMs,
            historyMs: wave.historyMs,
            treated: treated.size,
            compared: compared.size,
            control: control.length,
            alpha,
          },
        },
        summary:
          harms.length > 0
            ? harms.slice(0, 3).join(" ")
            : calm(verdict, judged, { treated: treated.size, compared: compared.size, control: control.length }),
      };
    },
  };
}

/** Endpoints of one site share their hours and their network. */
async function sitesOf(store: Store, endpointIds: string[]): Promise<Record<string, string>> {
  const { endpoint } = schema;
  const rows = await store.db.select({ id: endpoint.id, site: endpoint.site }).from(endpoint).where(inArray(endpoint.id, endpointIds));
  return Object.fromEntries(rows.map((r) => [r.id, r.site]));
}

function calm(
  verdict: WaveVerdict["verdict"],
  judged: Judgement | undefined,
  n: { readonly treated: number; readonly compared: number; readonly control: number },
): string {
  const some = n.compared < n.treated ? `levels of ${n.compared} of them ` : "";
  const others = n.control > 0 ? `compared with ${n.control} unpatched` : "compared with their own past only, for nobody is left unpatched";
  const how = `${some}${others}`;
  const treated = patched(n.treated);
  if (!judged) return "There are no samples of the patched endpoints to judge.";
  if (verdict === "healthy") return `All ${judged.metrics.length} metrics of ${treated} stayed within what is accepted, ${how}.`;
  const suspected = judged.metrics.filter((m) => m.suspected).map((m) => m.evidence.sentence);
  if (suspected.length > 0) return `Harm is likely on ${treated}, but not proven, ${how}: ${suspected.slice(0, 3).join(" ")}`;
  const leaning = judged.metrics.filter((m) => m.leans).map((m) => m.evidence.sentence);
  if (leaning.length > 0)
    return `No harm is proven on ${treated}, ${how}, but what is seen is more than is accepted: ${leaning.slice(0, 3).join(" ")}`;
  const open = judged.metrics.filter((m) => m.verdict !== "healthy").map((m) => m.metric);
  return `No harm is seen on ${treated}, ${how}; still open: ${open.slice(0, 5).join(", ")}.`;
}

const nobody = (alpha: number, control: number): WaveVerdict => ({
  verdict: "undecided",
  suspects: [],
  blind: "no endpoint has been patched yet",
  holding: [],
  harmed: [],
  evidence: {
    metrics: [],
    hard: [],
    bands: [],
    patchedAt: {},
    basis: { resolutionMs: 0, historyMs: 0, treated: 0, compared: 0, control, alpha },
  },
  summary: "No endpoint of this wave has been patched yet.",
});

const patched = (n: number): string => (n === 1 ? "1 patched endpoint" : `${n} patched endpoints`);
