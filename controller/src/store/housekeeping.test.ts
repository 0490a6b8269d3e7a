import { formatInstant, type Instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sweepStore } from "./housekeeping.ts";
import { rowsOf, type Store, schema } from "./index.ts";
import { openTestStore } from "./testing.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-06-01T00:00:00Z");
const at = (days: number) => formatInstant((NOW + days * DAY) as Instant);
let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

describe("rows that nothing asks for", () => {
  it("go, and what an answer may still need stays", async () => {
    const certificate = (serial: string, endpointId: string, expires: number) => ({
      ...{ serial, endpointId, subject: endpointId, issuedAt: at(expires - 1), expiresAt: at(expires) },
    });
    const thousands = Array.from({ length: 6_000 }, (_, i) => certificate(`old-${i}`, "ep_1", -40 - i / 1_000));
    for (let i = 0; i < thousands.length; i += 1_000) await store.db.insert(schema.certificate).values(thousands.slice(i, i + 1_000));
    await store.db
      .insert(schema.certificate)
      .values([certificate("recent", "ep_1", -29), certificate("current", "ep_1", 1), certificate("last-of-one-that-left", "ep_2", -300)]);
    const session = (secretHash: string, expires: number) => ({
      ...{ secretHash, userId: "us_1", kind: "session", createdAt: at(-99), expiresAt: at(expires) },
    });
    await store.db.insert(schema.user).values({ id: "us_1", name: "ada", passwordHash: "", role: "viewer", createdAt: at(-99) });
    await store.db.insert(schema.userSession).values([session("gone", -31), session("ended", -1), session("open", 5)]);
    const command = (executionId: string, done: number | null) => ({
      ...{ executionId, endpointId: "ep_1", kind: "apply", payload: Buffer.from("bytes"), createdAt: at(-99), notAfter: at(9) },
      doneAt: done === null ? null : at(done),
    });
    await store.db.insert(schema.commandOutbox).values([command("settled", -31), command("young", -5), command("open", null)]);

    expect(await sweepStore(store.db, NOW as Instant)).toEqual({ certificates: 6_000, sessions: 1, payloads: 1 });
    expect(await sweepStore(store.db, NOW as Instant)).toEqual({ certificates: 0, sessions: 0, payloads: 0 });
    const names = async (query: ReturnType<typeof sql>) => rowsOf(await store.db.execute(query)).map((r) => (r as { n: string }).n);
    expect(await names(sql`select serial n from certificate order by 1`)).toEqual(["current", "last-of-one-that-left", "recent"]);
    expect(await names(sql`select secret_hash n from user_session order by 1`)).toEqual(["ended", "open"]);
    expect(await names(sql`select execution_id || length(payload) n from command_outbox order by 1`)).toEqual([
      "open5",
      "settled0",
      "young5",
    ]);
  });
});
