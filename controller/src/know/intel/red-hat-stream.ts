import { readRelease } from "./release.ts";

/**
 * Red Hat's longer support of older points is of other builds than the main stream's: "rhel:9.2-eus" beside "rhel:9". EUS is extended, AUS advanced and
 * TUS telecommunications update support, E4S is for SAP, ELS the extended life cycle.
 * @see https://access.redhat.com/support/policy/updates/errata
 */
const STREAM = /^cpe:(?:\/|2\.3:)[ao]:redhat:rhel_(eus|aus|tus|e4s|els|eus_long_life)[^:]*:(\d+(?:\.\d+)?)(?:[^\d.]|$)/;
const MAIN = /^cpe:(?:\/|2\.3:)[ao]:redhat:enterprise_linux:(\d+)/;

/** The release, or the stream of one, that a CPE of Red Hat's names; "" for other products. */
export function redHatReleaseOf(cpe: string): string {
  const main = MAIN.exec(cpe)?.[1];
  if (main) return readRelease(`rhel:${main}`);
  const stream = STREAM.exec(cpe);
  return stream?.[1] && stream[2] ? `rhel:${stream[2]}-${stream[1].replaceAll("_", "-")}` : "";
}
