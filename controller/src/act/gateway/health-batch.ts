import { fail, instant, ok, parseInstant, type Result } from "@breakwater/shared/core";
import { METRICS, type Sample } from "@breakwater/shared/health";
import type { HealthMoment } from "@breakwater/shared/wire";
import { gatewayProblem } from "./refusal.ts";

const MAX_SAMPLES = 4_000;
const MAX_SUBJECT = 256;
/** Clocks closer than this count as equal: the offset was measured over a network. */
const CLOCK_TOLERANCE_MS = 2_000;

/**
 * Samples as they go to the health intake, at the controller's time. Metrics of a newer agent that this build does not
 * know, and values that are no number, are left out and counted.
 */
export function readHealthBatch(
  batch: HealthMoment,
  clockOffsetMs: number,
): Result<{ at: ReturnType<typeof instant>; samples: Sample[]; left: number }> {
  const at = parseInstant(batch.at);
  if (at === undefined) return fail(gatewayProblem.malformed("HealthBatch.at is not RFC 3339"));
  if (batch.samples.length > MAX_SAMPLES) return fail(gatewayProblem.tooLarge(`A health batch has at most ${MAX_SAMPLES} samples`));
  const samples: Sample[] = [];
  for (const { metric, subject, value } of batch.samples) {
    if (Object.hasOwn(METRICS, metric) && Number.isFinite(value) && subject.length <= MAX_SUBJECT)
      samples.push({ metric: metric as Sample["metric"], subject, value });
  }
  const corrected = Math.abs(clockOffsetMs) > CLOCK_TOLERANCE_MS ? instant(at - clockOffsetMs) : at;
  return ok({ at: corrected, samples, left: batch.samples.length - samples.length });
}
