import { readRelease } from "./release.ts";

/**
 * Red Hat's longer support of older points is of other builds than the main stream's: "rhel:9.2-eus" beside "rhel:9". EUS is extended, AUS advanced and
 * TUS telecommunications update support, E4S is for SAP, ELS the extended life cycle.
 * @see https://access.redhat.com/support/policy/updates/errata
 */
const STREAM = /^cpe:(?:\/|2\.3:)[ao]:redhat:rhel_(eus|aus|tus|e4s|els|eus_long_life)[^:]*:(\d+(?:\.\d+)?)(?:[^\d.]|$)/;
const MAIN = /^cpe:(?:\/|2\.3:)[ao]:redhat:enterprise_linux:(\d+)/;

/** Streams of one point that an endpoint may get. */
export const POINT_STREAMS = ["eus", "aus", "tus", "e4s"] as const;
/** All of them: the main one, those of points, and the extended life cycle. */
const STREAM_OF = /^rhel:(\d+\.\d+)(?:-(main|eus|aus|tus|e4s|els|eus-long-life))?$/;

/** The point and the stream of "rhel:9.2-eus"; no stream where it is not known, and undefined for what names no point of Red Hat's. */
export function redHatPointOf(distribution: string): { readonly point: string; readonly stream: string | undefined } | undefined {
  const match = STREAM_OF.exec(distribution);
  return match?.[1] ? { point: match[1], stream: match[2] } : undefined;
}

/** The release, or the stream of one, that a CPE of Red Hat's names; "" for other products. */
export function redHatReleaseOf(cpe: string): string {
  const main = MAIN.exec(cpe)?.[1];
  if (main) return readRelease(`rhel:${main}`);
  const stream = STREAM.exec(cpe);
  return stream?.[1] && stream[2] ? `rhel:${stream[2]}-${stream[1].replaceAll("_", "-")}` : "";
}
