import { Temporal } from "temporal-polyfill";

/** A stretch of absolute time in which a zone's distance from UTC does not change. Half-open, epoch milliseconds. */
export interface OffsetSegment {
  readonly from: number;
  readonly to: number;
  readonly offsetMs: number;
}

/** Length of the pieces in which a zone's history is computed and kept. */
const PIECE_MS = 4 * 365.25 * 86_400_000;
/** Pieces kept at most; the facts are recomputed when they were thrown away. 600 zones x 4 pieces fit. */
const MAX_PIECES = 2_400;
const pieces = new Map<string, readonly OffsetSegment[]>();

/** The offsets of an IANA zone that are in force in [from, to), in order. @throws RangeError for a name that is no zone */
export function offsetSegments(zone: string, from: number, to: number): OffsetSegment[] {
  const all: OffsetSegment[] = [];
  for (let piece = Math.floor(from / PIECE_MS); piece * PIECE_MS < to; piece++) {
    for (const segment of segmentsOfPiece(zone, piece)) if (segment.to > from && segment.from < to) all.push(segment);
  }
  return all;
}

/** Distance of local time from UTC at a moment. */
export function offsetAt(zone: string, at: number): number {
  for (const segment of segmentsOfPiece(zone, Math.floor(at / PIECE_MS))) if (at < segment.to) return segment.offsetMs;
  throw new RangeError(`no offset for ${zone} at ${at}`);
}

function segmentsOfPiece(zone: string, piece: number): readonly OffsetSegment[] {
  const key = `${zone}|${piece}`;
  const known = pieces.get(key);
  if (known) return known;
  const end = (piece + 1) * PIECE_MS;
  const segments: OffsetSegment[] = [];
  let from = piece * PIECE_MS;
  while (from < end) {
    const here = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(zone);
    const change = here.getTimeZoneTransition("next");
    const to = Math.min(end, change ? change.epochMilliseconds : end);
    segments.push({ from, to, offsetMs: Math.round(here.offsetNanoseconds / 1e6) });
    from = to;
  }
  if (pieces.size >= MAX_PIECES) pieces.clear();
  pieces.set(key, segments);
  return segments;
}

/** RFC 3339 with the zone's own offset, to the second: what a person on site reads. */
export function formatLocal(at: number, zone: string): string {
  const offset = offsetAt(zone, at);
  const minutes = Math.round(Math.abs(offset) / 60_000);
  const two = (n: number) => String(n).padStart(2, "0");
  const sign = offset < 0 ? "-" : "+";
  return `${new Date(at + offset).toISOString().slice(0, 19)}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
