import { expectOk } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { NO_FAULTS, readFaults } from "./faults.ts";
import { readFleet } from "./fleet-file.ts";
import { simulate } from "./simulate.ts";

const endpoint = { id: "a", timezone: "Europe/Berlin", site: "s", tags: [], criticality: 3 };
const truth = { failureRate: 0, harmful: null, applyMinutes: 5 };
const fleet = {
  start: "2026-03-27T12:00:00Z",
  endpoints: [endpoint],
  sites: {},
  redundancyGroups: {},
  maxConcurrent: 2,
  errorBudget: 2,
  truth,
};
const two = [endpoint, { ...endpoint, id: "b" }];

function run(changes: object) {
  const read = expectOk(readFleet(JSON.stringify({ ...fleet, ...changes })));
  return simulate({ fleet: read, faults: NO_FAULTS, policy: "adaptive", from: 1, to: 2 });
}

describe("a fleet that cannot be meant", () => {
  it.each<[string, object, RegExp]>([
    ["nobody", { endpoints: [] }, /nobody to patch/],
    ["a zone that is none", { endpoints: [{ ...endpoint, timezone: "Mars/Olympus" }] }, /endpoints\.0\.timezone \(endpoint a\).*no zone/],
    ["a window of no day", { endpoints: [{ ...endpoint, window: { days: [], from: "22:00", to: "04:00" } }] }, /never opens/],
    ["a window of no time", { endpoints: [{ ...endpoint, window: { days: ["mon"], from: "22", to: "25:00" } }] }, /local time/],
    [
      "a blackout that ends first",
      { endpoints: [{ ...endpoint, blackouts: [{ from: "2026-03-28T00:00:00Z", to: "2026-03-27T00:00:00Z" }] }] },
      /ends before it begins/,
    ],
    ["a name twice", { endpoints: [endpoint, endpoint] }, /named twice/],
    ["a group of which nothing is said", { endpoints: [{ ...endpoint, redundancyGroup: "g" }] }, /group g/],
    ["no place", { maxConcurrent: 0 }, /maxConcurrent.*nothing could ever start/],
    ["no place at a site", { sites: { s: { maxConcurrent: 0 } } }, /sites\.s\.maxConcurrent/],
    ["no error budget", { errorBudget: 0 }, /errorBudget.*nothing may ever start/],
    ["a rate above 1", { truth: { ...truth, failureRate: 2 } }, /share from 0 to 1/],
    ["harm where nobody is", { truth: { ...truth, harmful: { share: 1, onsetMinutes: 1, sites: ["moon"] } } }, /site moon/],
    ["a start without zone", { start: "2026-03-27T12:00:00" }, /start must be a moment/],
  ])("is refused in a sentence: %s", (_, changes, sentence) => {
    const read = readFleet(JSON.stringify({ ...fleet, ...changes }));
    expect(read).toMatchObject({ ok: false, problem: { message: expect.stringMatching(sentence) } });
  });

  it("is no JSON, or no object", () => {
    expect(readFleet("{").ok).toBe(false);
    expect(readFleet("[1]").ok).toBe(false);
    expect(readFaults('{"network":{"drop":2}}')).toMatchObject({
      ok: false,
      problem: { message: expect.stringContaining("network.drop") },
    });
    expect(readFaults('{"netwrok":{}}').ok).toBe(false);
  });
});

describe("a fleet that is hard to patch", () => {
  it.each<[string, object, string]>([
    ["one endpoint", {}, "succeeded"],
    ["all executions fail", { endpoints: two, truth: { ...truth, failureRate: 1 }, errorBudget: 1 }, "halted"],
    ["a window once a week", { endpoints: [{ ...endpoint, window: { days: ["thu"], from: "03:00", to: "03:30" } }] }, "succeeded"],
  ])("comes to an end: %s", (_, changes, state) => {
    const { seeds } = expectOk(run(changes));
    expect(seeds.map((s) => [s.state, s.violations])).toEqual([
      [state, []],
      [state, []],
    ]);
    expect(seeds.every((s) => s.finishedAt !== null)).toBe(true);
  });

  it("is told who was left out and why, when others can be patched", () => {
    const group = { endpoints: [...two, { ...endpoint, id: "c", redundancyGroup: "g" }], redundancyGroups: { g: { minHealthy: 1 } } };
    const done = expectOk(run(group));
    expect(done.excluded).toEqual([{ what: "c", why: expect.stringContaining("none can be taken out") }]);
    expect(done.seeds.map((s) => s.patched)).toEqual([2, 2]);
  });

  it("is refused when nobody can be patched", () => {
    const never = { endpoints: [{ ...endpoint, window: { days: ["mon"], from: "22:00", to: "22:03" } }] };
    expect(run(never)).toMatchObject({
      ok: false,
      problem: { code: "nothing-to-plan", message: expect.stringContaining("Never in window") },
    });
    const dark = { endpoints: [{ ...endpoint, blackouts: [{ from: "2026-01-01T00:00:00Z", to: "2028-01-01T00:00:00Z" }] }] };
    expect(run(dark)).toMatchObject({ ok: false });
  });
});
