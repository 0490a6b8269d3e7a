import { describe, expect, it } from "vitest";
import { openTestApi } from "./testing.ts";

describe("probes", () => {
  it("say that the store is away also to who brings a cookie or a token, which only the store could tell of", async () => {
    const t = await openTestApi();
    const askers = [{}, { cookie: "breakwater=a-session" }, { authorization: "Bearer a-token" }];
    for (const headers of askers) expect((await t.request("/readyz", { headers })).status).toBe(200);
    // Closes the store last; the application still answers.
    await t.close();
    for (const headers of askers) {
      const ready = await t.request("/readyz", { headers });
      expect(ready.status).toBe(503);
      const { store, ...rest } = (await ready.json()) as { store: string };
      expect(rest).toEqual({ ready: false });
      expect(store).not.toBe("answers");
      expect((await t.request("/healthz", { headers })).status).toBe(200);
    }
  });
});
