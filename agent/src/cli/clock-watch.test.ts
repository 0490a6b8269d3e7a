import { describe, expect, it } from "vitest";
import { agoMs, watchClock } from "./clock-watch.ts";

describe("a clock that is watched", () => {
  it("says when it was set, either way, and nothing of time that passed, asleep or awake", () => {
    let [wall, up] = [1_000_000, 500];
    const look = watchClock(
      () => wall,
      () => ({ bootId: "b", upMs: up }),
    );
    const pass = (ms: number, setMs = 0) => {
      wall += ms + setMs;
      up += ms;
      return look();
    };
    expect(pass(60_000)).toBe(0);
    expect(pass(8 * 3_600_000)).toBe(0);
    expect(pass(60_000, 30_000)).toBe(0);
    expect(pass(60_000, 365 * 86_400_000)).toBe(365 * 86_400_000);
    expect(pass(60_000)).toBe(0);
    expect(pass(60_000, -365 * 86_400_000)).toBe(-365 * 86_400_000);
  });

  it("keeps nobody waiting for a moment that a wrong clock wrote down", () => {
    expect(agoMs(100, 400)).toBe(300);
    expect(agoMs(401, 400)).toBe(Number.POSITIVE_INFINITY);
  });
});
