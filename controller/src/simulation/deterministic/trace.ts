import { formatInstant, type Instant } from "@breakwater/shared/core";

/** What a stranger needs to check a run by himself. */
export const TRACE_KINDS = [
  "deployment-started",
  "wave-opened",
  "wave-passed",
  "wave-failed",
  "execution-started",
  "applied",
  "succeeded",
  "failed",
  "rolled-back",
  "unreachable",
  "paused",
  "resumed",
  "halted",
  "finished",
  "controller-crashed",
  "controller-recovered",
] as const;

/** What only our own checker looks at: I7 to I10 have no kind of their own in the trace that is written. */
export const INNER_KINDS = [
  "command-sent",
  /** The end of an execution is written, which is a little after it was decided: from here on its command must not leave. */
  "closed",
  /** An endpoint that counts as failed or unreachable serves as before: it had refused, or came back and said that all is well. */
  "fit",
  /** Who comes next, where the plan grows by belief. */
  "wave-sized",
  /** No telemetry comes from this endpoint. */
  "mute",
  /** A person lets a wave pass on which the judge has not said what its gate asks for. */
  "let-pass",
  "plan-changed",
  "plan-restored",
  /** What an endpoint would get is out of date; is the right thing again. */
  "superseded",
  "current",
  /** A person wants the approved versions on this wave all the same. */
  "insisted",
  /** The old version is in place again. */
  "restored",
  /** The controller heard that an endpoint could not be restored; a person has seen to all of those. */
  "not-restored",
  "seen-to",
  /** Another deployment changes an endpoint; it has ended there, and may watch what it did until a moment. */
  "elsewhere",
  "elsewhere-ended",
] as const;

export type TraceKind = (typeof TRACE_KINDS)[number];

/** One thing that happened, in true time. Waves count from 0. */
export interface TraceLine {
  readonly at: Instant;
  readonly kind: TraceKind | (typeof INNER_KINDS)[number];
  readonly endpoint?: string;
  readonly wave?: number;
  /** More for the reader: which controller, why, who was taken back. */
  readonly more?: Readonly<Record<string, string | readonly string[]>>;
}

const told: ReadonlySet<string> = new Set(TRACE_KINDS);

/** The lines of a run as the file holds them, one JSON object each. */
export function traceText(seed: number, lines: readonly TraceLine[]): string {
  let text = "";
  for (const { at, kind, endpoint, wave, more } of lines)
    if (told.has(kind)) text += `${JSON.stringify({ seed, at: formatInstant(at), kind, endpoint, wave, ...more })}\n`;
  return text;
}
