/** One interval of a range. A missing end is open to that side. */
export interface Interval {
  readonly low: string | undefined;
  readonly lowIncluded: boolean;
  readonly high: string | undefined;
  readonly highIncluded: boolean;
}

const INTERVAL = /^([[(])([^[\](),]*)(?:(,)([^[\](),]*))?([\])])/;

/** Reads `[1,2)`, `(,3]`, `[4]` and their unions `[1,2),[4,)`, as Maven and NuGet write them; undefined when malformed. */
export function parseIntervals(range: string): Interval[] | undefined {
  const intervals: Interval[] = [];
  let rest = range.trim();
  while (rest) {
    const match = INTERVAL.exec(rest);
    if (!match) return undefined;
    const [whole, open, low = "", comma, high = "", close] = match;
    if (!comma && (open !== "[" || close !== "]" || !low.trim())) return undefined;
    intervals.push({
      low: low.trim() || undefined,
      lowIncluded: open === "[",
      high: (comma ? high : low).trim() || undefined,
      highIncluded: close === "]",
    });
    rest = rest.slice(whole.length).trim();
    if (!rest) break;
    if (!rest.startsWith(",")) return undefined;
    rest = rest.slice(1).trim();
    if (!rest) return undefined;
  }
  return intervals.length ? intervals : undefined;
}

/**
 * Whether each interval holds something and none begins before the one ahead of it ended, if that has an end. Maven and NuGet
 * refuse others ("Range defies version ordering", "Ranges overlap").
 */
export function areAscending(compare: (a: string, b: string) => number | undefined, intervals: readonly Interval[]): boolean {
  return intervals.every(({ low, lowIncluded, high, highIncluded }, i) => {
    const span = low === undefined || high === undefined ? -1 : compare(low, high);
    if (span === undefined || span > 0 || (span === 0 && !(lowIncluded && highIncluded))) return false;
    const before = intervals[i - 1]?.high;
    if (before === undefined) return true;
    const step = low === undefined ? undefined : compare(before, low);
    return step !== undefined && step <= 0;
  });
}

/** Whether a version lies in an interval; undefined when a comparison is. */
export function inInterval(
  compare: (a: string, b: string) => number | undefined,
  version: string,
  interval: Interval,
): boolean | undefined {
  const { low, high } = interval;
  const fromLow = low === undefined ? 1 : compare(version, low);
  const fromHigh = high === undefined ? -1 : compare(version, high);
  if (fromLow === undefined || fromHigh === undefined) return undefined;
  return (fromLow > 0 || (fromLow === 0 && interval.lowIncluded)) && (fromHigh < 0 || (fromHigh === 0 && interval.highIncluded));
}
