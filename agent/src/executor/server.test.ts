import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@breakwater/shared/log";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executions } from "../execution/index.ts";
import type { Rehearsals } from "../rehearsal/index.ts";
import { createLineReader } from "./lines.ts";
import { MAX_ASKED, MAX_REQUEST_BYTES } from "./protocol.ts";
import { createExecutorServer } from "./server.ts";

const directory = mkdtempSync(join(tmpdir(), "executor-"));
const path = join(directory, "s.sock");
const refuse = () => {
  throw new Error("not asked in this test");
};
let now = 0;
/** Questions for containers that are being answered, and how many they were at most. */
let [busy, most] = [0, 0];
const waiting: (() => void)[] = [];
let refreshed: (value: never) => void = () => {};
const refreshing = new Promise<never>((done) => {
  refreshed = done;
});
const served = createExecutorServer(
  {
    executions: () => ({ contact: () => undefined, reports: (after: object) => ["constructor" in after] }) as unknown as Executions,
    rehearsals: () => ({ reports: () => [] }) as unknown as Rehearsals,
    brakes: refuse,
    inspect: refuse,
    containers: () => {
      busy++;
      most = Math.max(most, busy);
      return new Promise((done) => waiting.push(() => done(void busy-- as never)));
    },
    refresh: () => refreshing,
    now: () => now,
  },
  createLogger("test", "silent"),
);
beforeAll(async () => {
  served.server.listen({ path });
  await once(served.server, "listening");
});
afterAll(() => {
  served.server.close();
  rmSync(directory, { recursive: true, force: true });
});

async function client(): Promise<{ socket: Socket; ask(text: string): Promise<unknown> }> {
  const socket = connect(path);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return {
    socket,
    ask: async (text) => {
      const answer = once(socket, "data");
      socket.write(`${text}\n`);
      return JSON.parse(String((await answer)[0]));
    },
  };
}

describe("the executor's socket", () => {
  it("answers what it knows", async () => {
    const { socket, ask } = await client();
    expect(await ask('{"id":1,"op":"contact"}')).toEqual({ id: 1, ok: true, value: { at: expect.stringMatching(/Z$/) } });
    socket.destroy();
  });
  it("refuses unknown operations, unknown fields and ids that would name a path", async () => {
    const { socket, ask } = await client();
    const refused = { ok: false, problem: { code: "malformed-request" } };
    expect(await ask('{"id":1,"op":"run","command":"id"}')).toMatchObject(refused);
    expect(await ask('{"id":2,"op":"contact","extra":1}')).toMatchObject(refused);
    expect(await ask('{"id":3,"op":"cancel","executionId":"../../etc","reason":""}')).toMatchObject(refused);
    socket.destroy();
  });
  it("closes a client that talks nonsense or without end, and no other", async () => {
    const [good, bad, endless] = [await client(), await client(), await client()];
    const closed = Promise.all([once(bad.socket, "close"), once(endless.socket, "close")]);
    bad.socket.write("what?\n");
    endless.socket.write(Buffer.alloc(MAX_REQUEST_BYTES + 10, 0x61));
    await closed;
    expect(await good.ask('{"id":9,"op":"contact"}')).toMatchObject({ id: 9, ok: true });
    good.socket.destroy();
  });
  it("is in use for as long as an answer takes, so that nobody takes it for idle meanwhile", async () => {
    const { socket, ask } = await client();
    const answer = ask('{"id":5,"op":"refresh"}');
    now = 600_000;
    await expect.poll(() => served.lastUsed).toBe(600_000);
    refreshed({ repositories: [] } as never);
    await answer;
    now = 700_000;
    expect(served.lastUsed).toBe(600_000);
    now = 0;
    socket.destroy();
  });
  it("knows of no step of an execution that nobody named, whatever it is called", async () => {
    const { socket, ask } = await client();
    expect(await ask('{"id":6,"op":"reports","afterStep":{"ex_1":3}}')).toMatchObject({ ok: true, value: [false] });
    socket.destroy();
  });
  it("answers some of a flood at a time, and all of it in the end", async () => {
    const { socket } = await client();
    let answers = 0;
    const read = createLineReader(
      1_000_000,
      () => void answers++,
      () => socket.destroy(),
    );
    socket.on("data", read);
    const flood = 5_000;
    socket.write('{"id":7,"op":"containers"}\n'.repeat(flood));
    await expect.poll(() => busy).toBe(MAX_ASKED);
    // Somebody who asks meanwhile is answered.
    const other = await client();
    expect(await other.ask('{"id":8,"op":"contact"}')).toMatchObject({ id: 8, ok: true });
    other.socket.destroy();
    while (answers < flood) {
      for (const done of waiting.splice(0)) done();
      await new Promise((next) => setImmediate(next));
    }
    expect([most, busy]).toEqual([MAX_ASKED, 0]);
    socket.destroy();
  });
  it("fails a request by itself when what it asks for goes wrong", async () => {
    const { socket, ask } = await client();
    expect(await ask('{"id":4,"op":"inspect"}')).toMatchObject({ id: 4, ok: false, problem: { code: "internal" } });
    socket.destroy();
  });
});

describe("lines", () => {
  it("are the same however the bytes are cut", () => {
    const text = Buffer.from('{"a":"ä"}\n\n{"b":2}\n');
    for (let cut = 1; cut < text.length; cut++) {
      const lines: string[] = [];
      const read = createLineReader(
        100,
        (l) => lines.push(l),
        () => lines.push("too long"),
      );
      read(text.subarray(0, cut));
      read(text.subarray(cut));
      expect(lines).toEqual(['{"a":"ä"}', '{"b":2}']);
    }
  });
});
