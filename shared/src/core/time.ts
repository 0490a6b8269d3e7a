/** A moment as milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number & { readonly __brand: "Instant" };

/** A length of time in milliseconds. */
export type DurationMs = number & { readonly __brand: "DurationMs" };

/** The only source of the present moment. Passed in, so that simulations and tests can own time. */
export interface Clock {
  now(): Instant;
}

export const systemClock: Clock = { now: () => Date.now() as Instant };

export const instant = (ms: number): Instant => ms as Instant;

/** Parses RFC 3339 / ISO 8601 with a zone. @returns undefined when the text is no moment. */
export function parseInstant(text: string): Instant | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T.*(?:Z|[+-]\d{2}:?\d{2})$/i.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : (ms as Instant);
}

/** RFC 3339 in UTC with milliseconds. */
export const formatInstant = (at: Instant): string => new Date(at).toISOString();

export const addMs = (at: Instant, ms: number): Instant => (at + ms) as Instant;
export const milliseconds = (n: number): DurationMs => n as DurationMs;
export const seconds = (n: number): DurationMs => (n * 1000) as DurationMs;
export const minutes = (n: number): DurationMs => (n * 60_000) as DurationMs;
export const hours = (n: number): DurationMs => (n * 3_600_000) as DurationMs;
export const days = (n: number): DurationMs => (n * 86_400_000) as DurationMs;
