/** Zones that a browser offers by name; aliases and offsets that it takes as well are not among them. */
export const zones: readonly string[] = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

/** The zone as the time zone database spells it, or undefined where it knows none of this name. */
export function zoneNamed(text: string): string | undefined {
  const wanted = text.trim();
  const offered = zones.find((zone) => zone.toLowerCase() === wanted.toLowerCase());
  if (offered !== undefined || wanted === "") return offered;
  try {
    new Intl.DateTimeFormat("en", { timeZone: wanted });
    return wanted;
  } catch {
    return undefined;
  }
}

/** Minutes that this zone is ahead of UTC at a moment of epoch milliseconds. */
function aheadMinutes(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    ...({ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" } as const),
    ...{ hourCycle: "h23", timeZone: zone },
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((p) => p.type === type)?.value ?? 0);
  const local = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return Math.round((local - Math.floor(at / 1000) * 1000) / 60_000);
}

/**
 * The moment when clocks of a zone show "2026-12-24T18:00", in epoch milliseconds. Of an hour that the clocks show twice it
 * is the first; of one that they leave out, as long after the change as the clock would have been.
 */
export function momentOf(local: string, zone: string): number {
  const asUtc = Date.parse(`${local}Z`);
  const [before, after] = [aheadMinutes(asUtc - 86_400_000, zone), aheadMinutes(asUtc + 86_400_000, zone)];
  const moments = [before, after].map((ahead) => asUtc - ahead * 60_000);
  const shown = moments.find((at) => at + aheadMinutes(at, zone) * 60_000 === asUtc);
  return shown ?? asUtc - before * 60_000;
}
