import { instant } from "@breakwater/shared/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsAfter, recordEvents, type Store } from "./index.ts";
import { openTestStore } from "./testing.ts";

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

describe("domain events", () => {
  it("are written with the change they tell of, or not at all", async () => {
    const event = { at: instant(1_700_000_000_000), type: "test.happened", actor: "user:ada", subject: "test:1", data: { n: 1 } };
    await store.db.transaction(async (tx) => recordEvents(tx, [event]));
    await expect(
      store.db.transaction(async (tx) => {
        await recordEvents(tx, [{ ...event, data: { n: 2 } }]);
        throw new Error("the change failed");
      }),
    ).rejects.toThrow("the change failed");
    const seen = await eventsAfter(store.db, 0, 10);
    expect(seen.map((e) => e.data)).toEqual([{ n: 1 }]);
    expect(seen[0]?.at).toBe(event.at);
  });
});
