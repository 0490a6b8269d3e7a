import { expectOk } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, vi } from "vitest";
import { EVENT_CHANNEL, eventsAfter, type Store, schema } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { encodeOutboxCommand, type OutboxCommand } from "../rollout/index.ts";
import { enrolMachine, hello, movableClock, openStream, openTestGateway, type TestGateway, type TestIdentity } from "./testing.ts";

/** One gateway on one store for all tests of a file, with machines that enrol there, and streams that end with each test. */
export function gatewayOfFile() {
  let store: Store | undefined;
  let test: TestGateway | undefined;
  const clock = movableClock();
  let machines = 0;
  const streams: ReturnType<typeof openStream>[] = [];
  beforeAll(async () => {
    store = await openTestStore();
    test = await openTestGateway(store, { clock });
  });
  afterAll(async () => {
    await test?.close();
    await store?.close();
  });
  afterEach(() => {
    for (const stream of streams.splice(0)) stream.close();
  });
  const opened = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("the file's gateway is not open yet");
    return value;
  };
  const newName = () => `m${machines++}`;
  const stream = (identity: TestIdentity) => {
    const begun = openStream(identity);
    streams.push(begun);
    return begun;
  };

  return {
    clock,
    get store() {
      return opened(store);
    },
    get test() {
      return opened(test);
    },
    newName,
    newMachine: () => enrolMachine(opened(test), newName()),
    stream,
    async session(identity: TestIdentity, overrides: Record<string, unknown> = {}) {
      const begun = stream(identity);
      begun.send(hello(identity.machine, overrides));
      return { ...begun, welcome: await begun.next("welcome") };
    },
    token: async () => expectOk(await opened(test).fleet.createJoinToken({ actor: "user:ada" })).secret,
    /** Events of a type about an endpoint or an execution. */
    told: async (type: string, about: string) =>
      (await eventsAfter(opened(store).db, 0, 10_000)).filter(
        (e) => e.type === type && (e.subject.endsWith(about) || e.data.endpointId === about),
      ),
    async queueCommand(identity: TestIdentity, executionId: string, command: OutboxCommand, forMs = 3_600_000) {
      const { db } = opened(store);
      const { endpointId } = identity;
      await db
        .insert(schema.execution)
        .values({ id: executionId, deploymentId: "dp_1", endpointId, wave: 0, state: "queued" })
        .onConflictDoNothing();
      await db.insert(schema.commandOutbox).values({
        executionId,
        endpointId,
        kind: command.kind,
        payload: encodeOutboxCommand(command),
        createdAt: new Date(clock.now()).toISOString(),
        notAfter: new Date(clock.now() + forMs).toISOString(),
      });
      await db.execute(sql`select pg_notify(${EVENT_CHANNEL}, '')`);
    },
    outboxRows: (executionId: string) =>
      opened(store).db.query.commandOutbox.findMany({ where: (row, { eq }) => eq(row.executionId, executionId) }),
    steps: async (executionId: string) =>
      (
        await opened(store).db.query.executionReport.findMany({
          where: (row, { eq }) => eq(row.executionId, executionId),
          orderBy: (row) => row.step,
        })
      ).map((r) => `${r.step} ${r.state}`),
  };
}

/** Waits for a condition, however busy the machine is. */
export const eventually = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 60_000, interval: 20 });

export const cancel = { kind: "cancel", reason: "test" } satisfies OutboxCommand;
export const apply = {
  kind: "apply",
  action: Buffer.from('{"a":1}').toString("base64"),
  planHeader: Buffer.from('{"h":1}').toString("base64"),
  proof: [{ sibling: Buffer.alloc(32, 7).toString("base64"), siblingIsLeft: true }],
  approvals: [{ keyId: "k1", signature: Buffer.alloc(64, 9).toString("base64"), approver: "ada", at: "2026-01-01T00:00:00Z" }],
  notAfter: "2030-01-01T00:00:00Z",
} satisfies OutboxCommand;
export const report = (executionId: string, step: number, state: string, more: Record<string, unknown> = {}) => ({
  executionId,
  step,
  state,
  at: new Date().toISOString(),
  ...more,
});
