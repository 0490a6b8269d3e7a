import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@breakwater/shared/log";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parsePolicy } from "../policy/index.ts";
import { createExecutorLink, createRelay } from "./index.ts";
import type { Body } from "./outbox.ts";
import { until } from "./testing.ts";

type Request = { id: number; op: string } & Record<string, unknown>;

const REPORT = {
  executionId: "ex_1",
  step: 3,
  state: "succeeded",
  at: "2026-01-01T00:00:00.000Z",
  failureClass: "",
  message: "",
  output: "",
  packages: [],
  checks: [],
  packageManagerHealth: "healthy",
  terminal: true,
  journalDigest: "d",
};
const STATUS = {
  version: "1",
  endpointId: "ep",
  policyMode: "patch",
  pinnedKeyIds: [],
  running: null,
  executions: [{ executionId: "ex_1", state: "succeeded", step: 3, terminal: true, acknowledged: 2 }],
};

let dir: string;
let server: Server;
let peer: Socket | undefined;
const asked: Request[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "breakwater-relay-"));
  server = createServer((socket) => {
    peer = socket;
    // The client may leave while an answer is under way.
    socket.on("error", () => {});
    socket.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.trim().split("\n")) {
        const request = JSON.parse(line) as Request;
        asked.push(request);
        if (request.op === "apply") return socket.destroy();
        const value = request.op === "status" ? STATUS : request.op === "reports" ? [REPORT] : { acknowledged: 3, at: "" };
        const refusal = { ok: false, problem: { code: "not-reversible", message: "Nothing is kept." } };
        socket.write(`${JSON.stringify({ id: request.id, ...(request.op === "rollback" ? refusal : { ok: true, value }) })}\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(join(dir, "s"), resolve));
});
afterAll(async () => {
  peer?.destroy();
  server.close();
  await rm(dir, { recursive: true });
});

function setup(mode: string, socketPath = join(dir, "s")) {
  const sent: { key: string; body: Body; acknowledge: () => void }[] = [];
  const finished: string[] = [];
  asked.length = 0;
  const executor = createExecutorLink({ socketPath, onEvent: (e) => relay.event(e), onClosed: () => relay.executorClosed() });
  const relay = createRelay({
    executor,
    session: { send: (key, body, acknowledge = () => {}) => sent.push({ key, body, acknowledge }) > 0, offer: () => {}, discard: () => {} },
    policy: () => parsePolicy(`mode: ${mode}`, "UTC").policy,
    layDown: async () => {},
    finished: (id) => finished.push(id),
    log: createLogger("test", "silent"),
  });
  return { relay, sent, finished, executor };
}
const apply = { action: Buffer.from("{}"), planHeader: Buffer.from("{}"), proof: [], approvals: [], notAfter: "" };

describe("the relay", () => {
  it("brings up what the controller has not acknowledged, and acknowledges to the executor only then", async () => {
    const { relay, sent, finished, executor } = setup("patch");
    expect(await relay.unfinished()).toEqual([{ executionId: "ex_1", step: 3, state: "succeeded", terminal: true }]);
    await relay.welcome({ forgetExecutions: [] } as never);
    expect(asked.find((r) => r.op === "reports")).toMatchObject({ afterStep: { ex_1: 2 } });
    expect(sent.map((s) => s.key)).toEqual(["report:ex_1:3"]);
    expect(finished).toEqual(["ex_1"]);
    expect(asked.some((r) => r.op === "acknowledge")).toBe(false);
    sent[0]?.acknowledge();
    await until(() => asked.some((r) => r.op === "acknowledge" && r.step === 3));
    executor.close();
  });

  it("refuses by itself where the policy observes, without asking the executor to act", async () => {
    const { relay, sent, executor } = setup("observe");
    await relay.command({ executionId: "ex_2", apply });
    expect(sent[0]?.body.commandRefused).toMatchObject({ executionId: "ex_2", code: "policy-observe" });
    expect(asked.some((r) => r.op === "apply")).toBe(false);
    executor.close();
  });

  it("passes on the executor's refusal", async () => {
    const { relay, sent, executor } = setup("patch");
    await relay.command({ executionId: "ex_3", rollback: { ofExecutionId: "ex_1", reason: "" } });
    expect(sent[0]?.body.commandRefused).toMatchObject({ executionId: "ex_3", code: "not-reversible" });
    executor.close();
  });

  it("refuses what is too long for the executor to read, without losing the connection to it", async () => {
    const { relay, sent, executor } = setup("patch");
    await relay.unfinished();
    await relay.command({ executionId: "ex_long", apply: { ...apply, action: Buffer.alloc(3_000_000) } } as never);
    expect(sent[0]?.body.commandRefused).toMatchObject({ executionId: "ex_long", code: "malformed-action" });
    expect([executor.connected, asked.some((r) => r.op === "apply")]).toEqual([true, false]);
    executor.close();
  });

  it("looks at a few commands at a time and refuses the others by name", async () => {
    const { relay, sent, executor } = setup("patch");
    const rollback = { ofExecutionId: "ex_1", reason: "" };
    await Promise.all(Array.from({ length: 20 }, (_, i) => relay.command({ executionId: `ex_${i}`, rollback } as never)));
    const codes = sent.map((s) => s.body.commandRefused?.code);
    expect([codes.filter((c) => c === "busy").length, codes.filter((c) => c === "not-reversible").length]).toEqual([4, 16]);
    executor.close();
  });

  it("claims no refusal when the answer was lost: the command may have been taken", async () => {
    const { relay, sent, executor } = setup("patch");
    await relay.command({ executionId: "ex_4", apply });
    expect(asked.filter((r) => r.op === "apply").length).toBeGreaterThan(1);
    expect(sent).toEqual([]);
    executor.close();
    relay.stop();
  });

  it("goes on asking an executor that is killed again while it is asked, and tells it of the controller", async () => {
    const socketPath = join(dir, "killed");
    const running = { ...STATUS, running: "ex_6", executions: [{ ...STATUS.executions[0], executionId: "ex_6", terminal: false }] };
    let looks = 0;
    const heard: string[] = [];
    const killed = createServer((socket) => {
      socket.on("error", () => {});
      socket.setEncoding("utf8").on("data", (text: string) => {
        for (const line of text.trim().split("\n")) {
          const { id, op } = JSON.parse(line) as Request;
          heard.push(op);
          // The first look is answered, then it dies; the next one dies of the question; after that it lives.
          if (op === "status" && ++looks === 2) return socket.destroy();
          const value = op === "status" ? running : op === "reports" ? [] : { acknowledged: 3, at: "" };
          socket.write(`${JSON.stringify({ id, ok: true, value })}\n`);
          if (op === "status" && looks === 1) setTimeout(() => socket.destroy(), 100);
        }
      });
    });
    await new Promise<void>((resolve) => killed.listen(socketPath, resolve));
    const { relay, executor } = setup("patch", socketPath);
    await relay.unfinished();
    await until(() => looks >= 3 && heard.at(-1) === "reports");
    relay.contact();
    await until(() => heard.includes("contact"));
    relay.stop();
    executor.close();
    killed.close();
  }, 20_000);

  it("tells of contact also after the clock was set back, or a good change would be taken back for the want of it", async () => {
    const socketPath = join(dir, "set-back");
    const running = { ...STATUS, running: "ex_7", executions: [{ ...STATUS.executions[0], executionId: "ex_7", terminal: false }] };
    let contacts = 0;
    const executorThere = createServer((socket) => {
      socket
        .on("error", () => {})
        .setEncoding("utf8")
        .on("data", (text: string) => {
          for (const line of text.trim().split("\n")) {
            const { id, op } = JSON.parse(line) as Request;
            if (op === "contact") contacts++;
            socket.write(`${JSON.stringify({ id, ok: true, value: op === "status" ? running : { at: "" } })}\n`);
          }
        });
    });
    await new Promise<void>((resolve) => executorThere.listen(socketPath, resolve));
    const { relay, executor } = setup("patch", socketPath);
    await relay.unfinished();
    const passed = vi.spyOn(performance, "now").mockReturnValue(1_000_000);
    relay.contact();
    await expect.poll(() => contacts).toBe(1);
    vi.spyOn(Date, "now").mockReturnValue(Date.now() - 365 * 86_400_000);
    passed.mockReturnValue(1_006_000);
    relay.contact();
    vi.restoreAllMocks();
    await expect.poll(() => contacts, { timeout: 5_000 }).toBe(2);
    relay.stop();
    executor.close();
    executorThere.close();
  }, 20_000);

  it("says that nothing was changed where there is no executor", async () => {
    const { relay, sent } = setup("patch", join(dir, "absent"));
    await relay.command({ executionId: "ex_5", apply });
    expect(sent[0]?.body.commandRefused).toMatchObject({
      code: "executor-absent",
      message: expect.stringContaining("Nothing was changed"),
    });
  });
});
