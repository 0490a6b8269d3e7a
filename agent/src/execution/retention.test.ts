import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decidePruning, type Remembered, retentionSchema } from "./retention.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-06-01T00:00:00Z");
const defaults = retentionSchema.parse({});
const execution = (id: string, daysAgo: number, more: Partial<Remembered> = {}): Remembered => ({
  ...{ id, lastAt: NOW - daysAgo * DAY, terminal: true, acknowledged: true, inForceUntil: 0, wayBackUntil: 0 },
  ...{ journalBytes: 50_000, packageBytes: 10_000_000 },
  ...more,
});

describe("pruning", () => {
  it("drops packages by age first and the journal much later", () => {
    const all = [execution("new", 1), execution("old", 31), execution("ancient", 366)];
    expect(decidePruning(all, defaults, NOW)).toEqual({ dropPackages: ["old"], forget: ["ancient"], beyondLimitBytes: 0 });
  });

  it("remembers no more executions than the owner wants, newest first", () => {
    const all = ["a", "b", "c", "d"].map((id, i) => execution(id, i + 1));
    expect(decidePruning(all, { ...defaults, maxExecutions: 2 }, NOW).forget.toSorted()).toEqual(["c", "d"]);
  });

  it("frees bytes from the oldest on, packages before any journal", () => {
    const all = ["a", "b", "c"].map((id, i) => execution(id, i + 1));
    const limits = { ...defaults, maxMegabytes: 16 };
    expect(decidePruning(all, limits, NOW)).toMatchObject({ dropPackages: ["c", "b"], forget: [], beyondLimitBytes: 0 });
    const journals = all.map((e) => ({ ...e, packageBytes: 0, journalBytes: 8_000_000 }));
    expect(decidePruning(journals, limits, NOW)).toMatchObject({ forget: ["c"] });
  });

  it("says how far beyond the limit what is needed goes, and takes none of it", () => {
    const needed = [1, 2].map((n) => execution(`n${n}`, 90, { wayBackUntil: NOW + DAY, packageBytes: 20_000_000 }));
    expect(decidePruning(needed, { ...defaults, maxMegabytes: 16 }, NOW)).toEqual({
      ...{ dropPackages: [], forget: [] },
      beyondLimitBytes: 40_100_000 - 16_000_000,
    });
  });

  it("never takes what is still needed, and keeps to the limits with all else", () => {
    const some = fc.array(
      fc.record({
        lastAt: fc.integer({ min: NOW - 800 * DAY, max: NOW }),
        terminal: fc.boolean(),
        acknowledged: fc.boolean(),
        inForceUntil: fc.integer({ min: NOW - 400 * DAY, max: NOW + 100 * DAY }),
        wayBackUntil: fc.oneof(fc.constant(0), fc.integer({ min: NOW - 50 * DAY, max: NOW + 50 * DAY })),
        journalBytes: fc.integer({ min: 1, max: 5_000_000 }),
        packageBytes: fc.integer({ min: 0, max: 50_000_000 }),
      }),
      { maxLength: 40 },
    );
    const limits = fc.record({
      maxExecutions: fc.integer({ min: 1, max: 20 }),
      maxDays: fc.integer({ min: 1, max: 400 }),
      packageDays: fc.integer({ min: 0, max: 60 }),
      maxMegabytes: fc.integer({ min: 16, max: 400 }),
    });
    fc.assert(
      fc.property(some, limits, (rows, retention) => {
        const all = rows.map((r, i) => ({ ...r, id: `ex_${i}` }));
        const { dropPackages, forget, beyondLimitBytes } = decidePruning(all, retention, NOW);
        const gone = new Set([...dropPackages, ...forget]);
        for (const e of all) {
          if (!e.terminal || e.wayBackUntil > NOW) expect(gone).not.toContain(e.id);
          if (!e.acknowledged || e.inForceUntil > NOW) expect(forget).not.toContain(e.id);
        }
        const free = (e: Remembered) => e.terminal && e.acknowledged && e.inForceUntil <= NOW && e.wayBackUntil <= NOW;
        const stays = all.filter((e) => !forget.includes(e.id));
        const bytes = stays.reduce((sum, e) => sum + e.journalBytes + (dropPackages.includes(e.id) ? 0 : e.packageBytes), 0);
        expect(bytes - beyondLimitBytes).toBeLessThanOrEqual(retention.maxMegabytes * 1_000_000);
        if (beyondLimitBytes > 0) expect(stays.filter(free)).toEqual([]);
        expect(stays.filter(free).every((e) => NOW - e.lastAt <= retention.maxDays * DAY)).toBe(true);
      }),
    );
  });
});
