import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import { addMs, type Instant, instant } from "../core/index.ts";
import {
  type BusinessRule,
  closesAt,
  formatLocal,
  isAllowed,
  isOpen,
  isZone,
  type MaintenanceWindow,
  nextAllowed,
  nextOpening,
  occurrences,
  weekday,
} from "./index.ts";

const at = (text: string) => instant(Date.parse(text));
const show = (moment: Instant | undefined) => (moment === undefined ? undefined : new Date(moment).toISOString());
const everyDay = [...weekday.options];

describe("a maintenance window", () => {
  const night: MaintenanceWindow = { days: ["fri"], from: "22:00", to: "04:00" };

  it("belongs to the local day on which it opens and crosses midnight", () => {
    expect(isOpen(night, "Europe/Berlin", at("2026-11-27T21:00:00Z"))).toBe(true);
    expect(isOpen(night, "Europe/Berlin", at("2026-11-28T02:59:59.999Z"))).toBe(true);
    expect(isOpen(night, "Europe/Berlin", at("2026-11-28T03:00:00Z"))).toBe(false);
    expect(isOpen(night, "Europe/Berlin", at("2026-11-26T23:00:00Z"))).toBe(false);
    expect(show(nextOpening(night, "Asia/Tokyo", at("2026-11-24T00:00:00Z")))).toBe("2026-11-27T13:00:00.000Z");
    expect(show(closesAt(night, "Asia/Tokyo", at("2026-11-27T14:00:00Z")))).toBe("2026-11-27T19:00:00.000Z");
    expect(closesAt(night, "Asia/Tokyo", at("2026-11-27T19:00:00Z"))).toBeUndefined();
  });

  it("opens at the end of the gap when the clock jumps over its start", () => {
    const early: MaintenanceWindow = { days: ["sun"], from: "02:30", to: "04:00" };
    const opens = nextOpening(early, "Europe/Berlin", at("2026-03-28T12:00:00Z"));
    expect(show(opens)).toBe("2026-03-29T01:00:00.000Z");
    expect(show(closesAt(early, "Europe/Berlin", opens as Instant))).toBe("2026-03-29T02:00:00.000Z");
  });

  it("counts both passes when the clock goes back", () => {
    const early: MaintenanceWindow = { days: ["sun"], from: "02:00", to: "02:30" };
    const first = nextOpening(early, "Europe/Berlin", at("2026-10-24T12:00:00Z")) as Instant;
    expect(show(first)).toBe("2026-10-25T00:00:00.000Z");
    const closed = closesAt(early, "Europe/Berlin", first) as Instant;
    expect(show(nextOpening(early, "Europe/Berlin", closed))).toBe("2026-10-25T01:00:00.000Z");
  });

  it("that is always open never closes", () => {
    const always: MaintenanceWindow = { days: everyDay, from: "05:00", to: "05:00" };
    expect(closesAt(always, "America/New_York", at("2026-11-24T00:00:00Z"))).toBe(Number.POSITIVE_INFINITY);
  });

  it("leaves room for what is needed, outside blackouts", () => {
    const allowed = { window: night, zone: "UTC", blackouts: [{ from: "2026-11-27T22:00:00Z", to: "2026-11-28T02:00:00Z" }] };
    expect(show(nextAllowed(allowed, at("2026-11-24T00:00:00Z"), 2 * 3_600_000))).toBe("2026-11-28T02:00:00.000Z");
    expect(show(nextAllowed(allowed, at("2026-11-24T00:00:00Z"), 3 * 3_600_000))).toBe("2026-12-04T22:00:00.000Z");
    expect(nextAllowed(allowed, at("2026-11-24T00:00:00Z"), 7 * 3_600_000)).toBeUndefined();
    expect(isAllowed(allowed, at("2026-11-28T01:00:00Z"))).toBe(false);
  });

  it("knows zones by name only", () => {
    expect(isZone("Europe/Berlin")).toBe(true);
    expect(isZone("Mars/Olympus")).toBe(false);
    expect(formatLocal(at("2026-07-01T12:00:00Z"), "America/St_Johns")).toBe("2026-07-01T09:30:00-02:30");
  });
});

/** What the contract says, minute by minute, through the wall clock that the time zone database shows. */
function oracle(window: MaintenanceWindow, zone: string, moment: number): boolean {
  const local = Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(zone);
  const minute = local.hour * 60 + local.minute;
  const [from, to] = [window.from, window.to].map((t) => Number(t.slice(0, 2)) * 60 + Number(t.slice(3))) as [number, number];
  const opensOn = (date: Temporal.PlainDate) => window.days.includes(everyDay[date.dayOfWeek - 1] as "mon");
  const today = local.toPlainDate();
  if (to > from) return opensOn(today) && minute >= from && minute < to;
  return (opensOn(today) && minute >= from) || (opensOn(today.subtract({ days: 1 })) && minute < to);
}

const ZONES = [
  "UTC",
  "Europe/Berlin",
  "Europe/London",
  "Europe/Dublin",
  "Europe/Lisbon",
  "Europe/Istanbul",
  "Europe/Moscow",
  "America/New_York",
  "America/Los_Angeles",
  "America/Sao_Paulo",
  "America/Santiago",
  "America/Asuncion",
  "America/Havana",
  "America/St_Johns",
  "America/Caracas",
  "America/Phoenix",
  "Africa/Casablanca",
  "Africa/Cairo",
  "Asia/Beirut",
  "Asia/Tehran",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Asia/Tokyo",
  "Asia/Gaza",
  "Asia/Pyongyang",
  "Australia/Lord_Howe",
  "Australia/Sydney",
  "Australia/Adelaide",
  "Pacific/Auckland",
  "Pacific/Chatham",
  "Pacific/Apia",
  "Antarctica/Troll",
];

const changesOf = new Map(
  ZONES.map((zone) => {
    const changes: number[] = [];
    let moment = Temporal.Instant.from("2009-01-01T00:00Z").toZonedDateTimeISO(zone);
    for (let n = 0; n < 40; n++) {
      const next = moment.getTimeZoneTransition("next");
      if (!next || next.epochMilliseconds > Date.parse("2028-01-01T00:00Z")) break;
      changes.push(next.epochMilliseconds);
      moment = next;
    }
    return [zone, changes.length > 0 ? changes : [Date.parse("2026-03-29T01:00Z")]] as const;
  }),
);
const time = fc
  .integer({ min: 0, max: 1439 })
  .map((m) => `${String(Math.floor(m / 60)).padStart(2, "0")}:${String(m % 60).padStart(2, "0")}`);
const anyWindow = fc.record({ days: fc.subarray(everyDay, { minLength: 1 }), from: time, to: time });

/** Every clock change and every bound used below falls on a quarter of an hour. */
const QUARTER_MS = 15 * 60_000;

describe("windows around clock changes", () => {
  it("agree with the wall clock at every moment", () => {
    const where = fc.constantFrom(...ZONES).chain((zone) => fc.tuple(fc.constant(zone), fc.constantFrom(...(changesOf.get(zone) ?? [0]))));
    fc.assert(
      fc.property(
        anyWindow,
        where,
        fc.array(fc.integer({ min: -2880, max: 2880 }), { minLength: 12, maxLength: 12 }),
        (window, [zone, change], near) => {
          for (const minutes of [-1, 0, ...near]) {
            const moment = instant(change + minutes * 60_000);
            expect(isOpen(window, zone, moment), `${zone} ${new Date(moment).toISOString()}`).toBe(oracle(window, zone, moment));
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it("open at the first moment that the wall clock allows", () => {
    for (const zone of ZONES) {
      for (const window of [
        { days: everyDay, from: "02:15", to: "02:45" },
        { days: everyDay, from: "23:30", to: "00:30" },
      ]) {
        const change = changesOf.get(zone)?.at(-1) as number;
        const from = instant(Math.floor(change / QUARTER_MS) * QUARTER_MS - 6 * 3_600_000);
        let expected: number = from;
        while (!oracle(window, zone, expected)) expected += QUARTER_MS;
        expect(show(nextOpening(window, zone, from)), zone).toBe(new Date(expected).toISOString());
      }
    }
  });
});

describe("business events", () => {
  const spans = (rule: BusinessRule, zone: string, from: string, to: string) =>
    occurrences(rule, zone, at(from), at(to)).map((s) => `${formatLocal(s.from, zone)} ${formatLocal(s.to, zone)}`);

  it("repeat daily in local time, also over a clock change", () => {
    expect(spans({ kind: "daily", from: "18:00", to: "23:00" }, "Europe/Berlin", "2026-10-24T00:00:00Z", "2026-10-26T00:00:00Z")).toEqual([
      "2026-10-24T18:00:00+02:00 2026-10-24T23:00:00+02:00",
      "2026-10-25T18:00:00+01:00 2026-10-25T23:00:00+01:00",
    ]);
  });

  it("cover whole days of the month, its end in short months, and wrap into the next", () => {
    expect(spans({ kind: "monthly", fromDay: 1, toDay: 5 }, "UTC", "2026-11-24T00:00:00Z", "2026-12-20T00:00:00Z")).toEqual([
      "2026-12-01T00:00:00+00:00 2026-12-06T00:00:00+00:00",
    ]);
    expect(spans({ kind: "monthly", fromDay: 29, toDay: 31 }, "UTC", "2026-02-01T00:00:00Z", "2026-03-02T00:00:00Z")).toEqual([
      "2026-02-28T00:00:00+00:00 2026-03-01T00:00:00+00:00",
    ]);
    expect(spans({ kind: "monthly", fromDay: -2, toDay: 1 }, "UTC", "2026-02-15T00:00:00Z", "2026-03-15T00:00:00Z")).toEqual([
      "2026-02-27T00:00:00+00:00 2026-03-02T00:00:00+00:00",
    ]);
  });

  it("happen once on local days, or between two moments", () => {
    expect(
      spans(
        { kind: "once", fromDate: "2026-11-27", toDate: "2026-11-30" },
        "America/New_York",
        "2026-11-01T00:00:00Z",
        "2026-12-31T00:00:00Z",
      ),
    ).toEqual(["2026-11-27T00:00:00-05:00 2026-12-01T00:00:00-05:00"]);
    const interval: BusinessRule = { kind: "interval", from: "2026-11-24T10:00:00Z", to: "2026-11-24T12:00:00Z" };
    expect(occurrences(interval, "UTC", at("2026-11-24T11:00:00Z"), at("2026-11-25T00:00:00Z"))).toHaveLength(1);
    expect(occurrences(interval, "UTC", at("2026-11-24T12:00:00Z"), addMs(at("2026-11-24T12:00:00Z"), 1))).toEqual([]);
  });
});
