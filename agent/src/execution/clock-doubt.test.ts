import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { doubtClock } from "./clock-doubt.ts";

const [HOUR, DAY] = [3_600_000, 86_400_000];
let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "clock-doubt-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A machine whose executor looks at the clock now and then. */
function machine() {
  let wall = Date.parse("2026-01-01T00:00:00Z");
  const uptime = { bootId: "one", upMs: 10 * HOUR };
  return {
    runs(ms: number, setBy = 0) {
      wall += ms + setBy;
      uptime.upMs += ms;
      return doubtClock(directory, wall, { ...uptime });
    },
    starts(offMs: number, setBy = 0) {
      wall += offMs + setBy;
      Object.assign(uptime, { bootId: `${uptime.bootId}+`, upMs: 60_000 });
      return doubtClock(directory, wall, { ...uptime });
    },
  };
}

describe("a clock", () => {
  it("is believed while it goes as the machine runs, also over a time off", () => {
    const m = machine();
    expect([m.runs(0), m.runs(HOUR), m.runs(30 * DAY, 60_000), m.starts(200 * DAY), m.runs(DAY)]).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it("that was set by a year is doubted, either way, until a week of running time has passed", () => {
    for (const year of [365 * DAY, -365 * DAY]) {
      const m = machine();
      m.runs(0);
      expect([m.runs(HOUR, year), m.runs(HOUR), m.runs(6 * DAY), m.runs(DAY), m.runs(DAY)]).toEqual([true, true, true, false, false]);
      rmSync(join(directory, "clock.json"));
    }
  });

  it("that lies behind what was seen before a start is doubted", () => {
    const m = machine();
    m.runs(0);
    expect([m.starts(HOUR, -2 * DAY), m.runs(8 * DAY)]).toEqual([true, false]);
  });

  it("is doubted where nothing can be read of what was seen", () => {
    const m = machine();
    m.runs(0);
    writeFileSync(join(directory, "clock.json"), "torn");
    expect(m.runs(HOUR)).toBe(true);
  });
});
