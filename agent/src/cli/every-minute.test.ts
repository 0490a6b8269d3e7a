import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { everyMinute } from "./every-minute.ts";

describe("what is done every minute", () => {
  it("never runs twice at a time, goes on after a failure, and begins nothing once it was stopped", async () => {
    const failures: string[] = [];
    let [runs, atOnce, most] = [0, 0, 0];
    const rhythm = everyMinute(
      async () => {
        most = Math.max(most, ++atOnce);
        await wait(30);
        atOnce--;
        if (++runs === 2) throw new Error("the second time");
      },
      (error) => failures.push(error.message),
      5,
    );
    while (runs < 4) await wait(5);
    // In the middle of a run: it ends, and none follows.
    while (atOnce === 0) await wait(1);
    rhythm.stop();
    const before = runs;
    await wait(100);
    expect([runs, most, failures]).toEqual([before + 1, 1, ["the second time"]]);
  });
});
