import { describe, expect, it } from "vitest";
import { momentOf, zoneNamed, zones } from "../src/lib/zones.ts";

describe("a zone that somebody writes", () => {
  it("is taken as the database spells it, and refused where it knows none", () => {
    expect(zones).toContain("Europe/Berlin");
    expect(zoneNamed(" europe/berlin ")).toBe("Europe/Berlin");
    expect(zoneNamed("Asia/Calcutta")).toBeDefined();
    for (const none of ["Mars/Olympus", "Berlin", "", "18:00"]) expect(zoneNamed(none), none).toBeUndefined();
  });
});

describe("a local time", () => {
  const shown = (local: string, zone: string) => new Date(momentOf(local, zone)).toISOString();
  it("is of the zone that stands beside it, in winter and in summer", () => {
    expect(shown("2026-12-24T18:00", "UTC")).toBe("2026-12-24T18:00:00.000Z");
    expect(shown("2026-12-24T18:00", "Europe/Berlin")).toBe("2026-12-24T17:00:00.000Z");
    expect(shown("2026-07-01T18:00", "America/St_Johns")).toBe("2026-07-01T20:30:00.000Z");
    expect(shown("2026-07-01T00:00", "Pacific/Kiritimati")).toBe("2026-06-30T10:00:00.000Z");
  });
  it("is the first of two, and never lost where the clocks leave it out", () => {
    // 25 October: 02:30 comes twice in Berlin, at 00:30 and at 01:30 UTC. 29 March: it does not come at all.
    expect(shown("2026-10-25T02:30", "Europe/Berlin")).toBe("2026-10-25T00:30:00.000Z");
    expect(shown("2026-10-25T03:30", "Europe/Berlin")).toBe("2026-10-25T02:30:00.000Z");
    expect(shown("2026-03-29T02:30", "Europe/Berlin")).toBe("2026-03-29T01:30:00.000Z");
    expect(shown("2026-03-29T03:30", "Europe/Berlin")).toBe("2026-03-29T01:30:00.000Z");
  });
});
