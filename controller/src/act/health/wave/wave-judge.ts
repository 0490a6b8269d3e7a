import { addMs, type Clock, formatInstant, type Instant } from "@breakwater/shared/core";
import { inArray } from "drizzle-orm";
import { type Store, schema } from "../../../store/index.ts";
import type { Health } from "../health.ts";
import type { Judgement } from "../judge/index.ts";
import { bandsOf } from "./bands.ts";
import { DEFAULT_ALPHA, DEFAULT_GRACE_MS, judgeSeries } from "./judge-series.ts";
import { LEVEL_METRICS, STATE_METRICS } from "./judged-metrics.ts";
import { createPastCache } from "./past-cache.ts";
import { readWave } from "./samples.ts";
import { tellHarm } from "./summary.ts";
import type { WaveJudge, WaveVerdict } from "./types.ts";

const SETTLED_MS = 10 * 60_000;
const MAX_WAVES_REMEMBERED = 1_000;
/** Unpatched endpoints beyond this many add cost, not certainty. */
const MAX_CONTROL = 40;

/**
 * Judges a wave from stored telemetry alone, so that a restarted controller says the same: hard rules first, then the
 * statistics of `judge` on every level metric, each check by itself.
 */
export function createWaveJudge({ health, store, clock }: { health: Health; store: Store; clock: Clock }): WaveJudge {
  const past = createPastCache(health);
  /** How far each wave was looked at without a conviction, while the same endpoints were treated. */
  const looked = new Map<string, { readonly treated: string; readonly upTo: Instant }>();
  return {
    async judge(question) {
      const now = Math.min(question.now, clock.now()) as Instant;
      const treated = new Map(question.treated.map((t) => [t.endpointId, t.patchedAt]));
      const control = question.control.filter((id) => !treated.has(id)).slice(0, MAX_CONTROL);
      const { rules } = question;
      const alpha = rules.alpha ?? DEFAULT_ALPHA;
      if (treated.size === 0) return nobody(alpha, control.length);
      const graceMs = rules.graceMs ?? DEFAULT_GRACE_MS;
      const wave = await readWave(health, past, { treated, control, levels: LEVEL_METRICS, states: STATE_METRICS, now });
      const levels = wave.series.filter((s) => (LEVEL_METRICS as readonly string[]).includes(s.metric));
      const key = `${question.deploymentId}/${question.wave}`;
      const who = JSON.stringify([...treated]);
      const before = looked.get(key);
      const lookedUpTo = before?.treated === who ? before.upTo : undefined;
      const alike = await sitesOf(store, [...treated.keys(), ...control]);
      const { verdict, hard, judged, ranked, statistical, harmfulAt } = judgeSeries({
        series: wave.series,
        rules: { ...rules, alpha, graceMs },
        alike,
        treated,
        control,
        now,
        lookedUpTo,
      });
      if (looked.size > MAX_WAVES_REMEMBERED) looked.clear();
      // The newest minutes may still grow; looks that rest on them are taken again.
      if (judged?.verdict === "harmful") looked.delete(key);
      else looked.set(key, { treated: who, upTo: addMs(now, -SETTLED_MS) });
      const harms = [
        ...hard.map((h) => h.sentence),
        ...ranked.filter((m) => m.verdict === "harmful").map((m) => tellHarm(m, levels, treated, statistical ?? now, graceMs)),
      ];
      const suspects = ranked.filter((m) => m.suspected).map((m) => m.metric);
      return {
        verdict,
        suspects,
        ...(harmfulAt !== undefined ? { decidedAt: harmfulAt } : verdict === "healthy" && judged ? { decidedAt: judged.decidedAt } : {}),
        evidence: {
          metrics: ranked,
          hard: hard.map((h) => ({ ...h, at: formatInstant(h.at) })),
          bands: bandsOf(
            levels,
            ranked.map((m) => m.metric),
            treated,
            now,
          ),
          patchedAt: Object.fromEntries([...treated].map(([id, at]) => [id, formatInstant(at)])),
          basis: { resolutionMs: wave.resolutionMs, historyMs: wave.historyMs, treated: treated.size, control: control.length, alpha },
        },
        summary: harms.length > 0 ? harms.slice(0, 3).join(" ") : calm(verdict, judged, treated.size, control.length),
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

function calm(verdict: WaveVerdict["verdict"], judged: Judgement | undefined, treated: number, control: number): string {
  const compared = control > 0 ? `compared with ${control} unpatched` : "compared with their own past only, for nobody is left unpatched";
  if (!judged) return "There are no samples of the patched endpoints to judge.";
  if (verdict === "healthy")
    return `All ${judged.metrics.length} metrics of ${patched(treated)} stayed within what is accepted, ${compared}.`;
  const suspected = judged.metrics.filter((m) => m.suspected).map((m) => m.evidence.sentence);
  if (suspected.length > 0) return `Harm is likely on ${patched(treated)}, but not proven, ${compared}: ${suspected.slice(0, 3).join(" ")}`;
  const open = judged.metrics.filter((m) => m.verdict !== "healthy").map((m) => m.metric);
  return `No harm is seen on ${patched(treated)}, ${compared}; still open: ${open.slice(0, 5).join(", ")}.`;
}

const nobody = (alpha: number, control: number): WaveVerdict => ({
  verdict: "undecided",
  suspects: [],
  evidence: { metrics: [], hard: [], bands: [], patchedAt: {}, basis: { resolutionMs: 0, historyMs: 0, treated: 0, control, alpha } },
  summary: "No endpoint of this wave has been patched yet.",
});

const patched = (n: number): string => (n === 1 ? "1 patched endpoint" : `${n} patched endpoints`);
