import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRhythm } from "./rhythm.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a rhythm", () => {
  it("runs at once, after each interval, and no more once it is stopped", async () => {
    let runs = 0;
    const rhythm = createRhythm(
      1_000,
      async () => void runs++,
      () => {},
    );
    rhythm.start();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(runs).toBe(3);
    await rhythm.stop();
    rhythm.wake();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(runs).toBe(3);
  });

  it("runs once more, however often it is woken while it works, and never twice at a time", async () => {
    let [runs, atOnce, most] = [0, 0, 0];
    const rhythm = createRhythm(
      60_000,
      async () => {
        runs++;
        most = Math.max(most, ++atOnce);
        await new Promise((done) => setTimeout(done, 10));
        atOnce--;
      },
      () => {},
    );
    rhythm.start();
    for (let i = 0; i < 5; i++) rhythm.wake();
    await vi.advanceTimersByTimeAsync(100);
    expect([runs, most]).toEqual([2, 1]);
    await rhythm.stop();
  });

  it.each([
    ["work that fails", () => Promise.reject(new Error("refused")), () => {}],
    [
      "work that fails before it waits",
      () => {
        throw new Error("refused");
      },
      () => {},
    ],
    ["a failure that cannot be handed on", () => Promise.reject(new Error("refused")), () => Promise.reject(new Error("no log"))],
  ])("outlives %s", async (_what, work, handed) => {
    const causes: unknown[] = [];
    const rhythm = createRhythm(1_000, work, (cause) => {
      causes.push(cause);
      return handed();
    });
    rhythm.start();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(causes).toHaveLength(3);
    expect(String(causes[0])).toBe("Error: refused");
    await rhythm.stop();
  });
});
