import { instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { openPostgres, queryRows } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { fillLargeFleet } from "../large-fleet.testing.ts";
import { planLargeFleet } from "../large-fleet-plans.testing.ts";
import { openTestApi } from "./testing.ts";

/** Where the clock of a test API stands: the fleet is made for that moment. */
const NOW = instant(Date.parse("2026-03-02T08:00:00Z"));
const JSON_HEADERS = { "content-type": "application/json", "x-breakwater": "1" };
export const LARGE_FLEET_USER = { name: "ada", password: "a long enough password" };

/**
 * An API over a made-up fleet with somebody signed in: in a test store, or in the database at the address of one that is filled when it is
 * empty, and kept.
 */
export async function openLargeFleet(endpoints: number, kept?: string, options: { consoleDirectory?: string } = {}) {
  const store = kept === undefined ? await openTestStore() : await openPostgres(kept);
  const [made] = await queryRows(
    store.db,
    z.object({ endpoints: z.coerce.number(), plans: z.coerce.number() }),
    sql`select (select count(*) from endpoint) as endpoints, (select count(*) from plan) as plans`,
  );
  if (made?.endpoints !== endpoints) await fillLargeFleet(store, endpoints, NOW);
  const t = await openTestApi([], { store, ...options });
  const post = (path: string, body: unknown) => t.request(path, { method: "POST", headers: JSON_HEADERS, body: JSON.stringify(body) });
  if (made?.plans === 0) {
    await planLargeFleet(t);
    const token = (await t.auth.setupLink("http://localhost"))?.split("#")[1] ?? "";
    await post("/setup", { token, ...LARGE_FLEET_USER });
    await store.db.execute(sql`vacuum analyze`);
  }
  const session = await post("/session", LARGE_FLEET_USER);
  const cookie = session.headers.get("set-cookie")?.split(";")[0] ?? "";
  return { t, store, cookie };
}
