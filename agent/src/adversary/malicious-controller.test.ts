import { execFileSync } from "node:child_process";
import { connect } from "node:net";
import { type EndpointAction, newApprovalKey, type SealedPlan, signRehearsal } from "@breakwater/shared/command";
import { systemClock } from "@breakwater/shared/core";
import { type Apply, type ExecutionReport__Output, MAX_MESSAGE_BYTES } from "@breakwater/shared/wire";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WELCOME } from "../session/testing.ts";
import { altered, approvedBy, commandOf, hours, plan, shop, wire } from "./plans.ts";
import { privateMachineLacks } from "./private-machine.ts";
import { eventually, startVictim, type Victim } from "./victim.ts";

const [ada, bob, stranger] = [newApprovalKey(), newApprovalKey(), newApprovalKey()];
const signed = approvedBy;
const applyOf = (p: SealedPlan, change: Partial<Apply> = {}, endpointId = "ep_test") => commandOf(p, ada, change, endpointId);

const lacks = privateMachineLacks();
if (lacks) process.stderr.write(`attacks by a malicious controller are not tried: ${lacks}\n`);

describe.skipIf(lacks !== undefined)("a malicious controller", () => {
  let victim: Victim;
  let attacks = 0;
  beforeAll(async () => {
    const owners = [ada, bob].map((k, i) => ({ keyId: k.keyId, publicKey: k.publicKey, owner: `owner ${i}` }));
    victim = await startVictim(owners);
  });
  afterAll(() => victim?.stop());
  beforeEach(() => victim.policy("mode: patch\n"));

  const refusalOf = (executionId: string) =>
    eventually(() => {
      const found = victim.controller.streams.flatMap((s) => s.received).find((m) => m.commandRefused?.executionId === executionId);
      return found?.commandRefused ?? Promise.reject(new Error(`${executionId} was not refused`));
    });
  const reported = (executionId: string, which: (r: ExecutionReport__Output) => boolean) =>
    eventually(() => {
      const reports = victim.controller.streams.flatMap((s) => s.received).flatMap((m) => m.executionReport ?? []);
      const of = reports.filter((r) => r.executionId === executionId);
      return of.find(which) ?? Promise.reject(new Error(`${executionId} has not come so far: ${JSON.stringify(of.at(-1))}`));
    });
  const terminalOf = (executionId: string) => reported(executionId, (r) => r.terminal);
  const logged = (text: string, fields: object = {}) =>
    eventually(() => expect(victim.log).toContainEqual(expect.objectContaining({ ...fields, msg: expect.stringContaining(text) })));

  /** The command is refused by its code on the wire and in the log, and nothing at all is left of it on the machine. */
  async function expectRefused(command: object, code: string, message?: RegExp): Promise<void> {
    const executionId = `ex_attack_${++attacks}`;
    const before = [victim.machine.traces(), victim.journals()];
    victim.stream().send({ command: { executionId, ...command } });
    const refused = await refusalOf(executionId);
    expect(refused.code).toBe(code);
    if (message) expect(refused.message).toMatch(message);
    await logged("command refused", { executionId, code });
    expect([victim.machine.traces(), victim.journals()]).toEqual(before);
  }
  /** The command is what people signed, and the machine itself finds why not: told in its last report, nothing was begun. */
  async function expectFailedUntouched(p: SealedPlan, failureClass: string, approvals = signed(p.digest, ada)): Promise<void> {
    const executionId = `ex_attack_${++attacks}`;
    const before = victim.machine.traces();
    victim.stream().send({ command: { executionId, apply: applyOf(p, { approvals: wire(approvals) }) } });
    expect(await terminalOf(executionId)).toMatchObject({ state: "failed", failureClass });
    expect(victim.machine.traces()).toEqual(before);
    expect(victim.journal(executionId)).not.toContain("transaction-began");
  }

  describe("T1: commands that people did not approve", () => {
    it("nobody signed it", () => expectRefused({ apply: applyOf(plan(), { approvals: [] }) }, "signature-missing"));

    it("a key that is not pinned signed it, also under a pinned key's name", async () => {
      const p = plan();
      const [forged] = signed(p.digest, stranger);
      await expectRefused({ apply: applyOf(p, { approvals: wire(forged ? [forged] : []) }) }, "signature-missing");
      const posing = forged ? [{ ...forged, keyId: ada.keyId }] : [];
      await expectRefused({ apply: applyOf(p, { approvals: wire(posing) }) }, "signature-missing");
    });

    it("the signature is another plan's, or allows a rehearsal only", async () => {
      const [approved, other] = [plan(), plan({ rollback: false })];
      await expectRefused({ apply: applyOf(other, { approvals: wire(signed(approved.digest, ada)) }) }, "signature-missing");
      const rehearsal = signRehearsal(other.digest, ada.privateKeyPem, "x", systemClock.now());
      await expectRefused({ apply: applyOf(other, { approvals: wire([rehearsal]) }) }, "signature-missing");
    });

    it("action, proof or header were altered after the signature", async () => {
      const p = plan();
      const { action, proof, planHeader } = applyOf(p) as { action: Buffer; proof: { sibling: Buffer }[]; planHeader: Buffer };
      await expectRefused({ apply: applyOf(p, { action: altered(action, '"to":"1.1"', '"to":"1.2"') }) }, "not-in-plan");
      // White space alone changes no meaning, and is not what was signed either.
      await expectRefused({ apply: applyOf(p, { action: altered(action, "{", "{ ") }) }, "not-in-plan");
      await expectRefused({ apply: applyOf(p, { proof: [...proof].reverse() }) }, "not-in-plan");
      await expectRefused({ apply: applyOf(p, { proof: [] }) }, "not-in-plan");
      await expectRefused({ apply: applyOf(p, { planHeader: altered(planHeader, p.header.expiresAt, hours(24)) }) }, "signature-missing");
      const own = altered(planHeader, p.header.actionsRoot, plan({ rollback: false }).header.actionsRoot);
      await expectRefused({ apply: applyOf(p, { planHeader: own }) }, "not-in-plan");
    });

    it("it speaks no language that plans are written in", async () => {
      const p = plan();
      await expectRefused({ apply: applyOf(p, { action: Buffer.from("rm -rf /") }) }, "malformed-action");
      await expectRefused({ apply: applyOf(p, { planHeader: Buffer.from([0xff, 0xfe]) }) }, "malformed-plan");
      const option = altered(applyOf(p).action as Buffer, '"name":"shop"', '"name":"--allow-downgrades"');
      await expectRefused({ apply: applyOf(p, { action: option }) }, "malformed-action", /Debian package name/);
      const script = altered(applyOf(p).action as Buffer, '"checks":[]', '"checks":[{"kind":"exec","command":"id"}]');
      await expectRefused({ apply: applyOf(p, { action: script }) }, "malformed-action");
      await expectRefused({}, "malformed-action", /nothing that this agent knows/);
    });

    it("the plan is over, the command is over, or the plan has not begun", async () => {
      await expectRefused({ apply: applyOf(plan({}, { notBefore: hours(-3), expiresAt: hours(-2) })) }, "expired");
      await expectRefused({ apply: applyOf(plan(), { notAfter: hours(-1) }) }, "expired");
      await expectRefused({ apply: applyOf(plan(), { notAfter: "whenever" }) }, "expired");
      await expectRefused({ apply: applyOf(plan({}, { notBefore: hours(1), expiresAt: hours(2) })) }, "too-early");
    });

    it("it was approved for another endpoint", async () => {
      const p = plan();
      await expectRefused({ apply: applyOf(p, {}, "ep_z") }, "misaddressed");
      const renamed = altered(applyOf(p, {}, "ep_z").action as Buffer, "ep_z", "ep_test");
      await expectRefused({ apply: applyOf(p, { action: renamed }, "ep_z") }, "not-in-plan");
    });
  });

  describe("T2: a stolen approval against the owner's policy", () => {
    it("changes nothing where the owner observes or only rehearses", async () => {
      for (const mode of ["observe", "rehearse"]) {
        victim.policy(`mode: ${mode}\n`);
        await expectRefused({ apply: applyOf(plan()) }, "policy-observe");
      }
      victim.policy("mode: observe\n");
      await expectRefused({ rehearse: applyOf(plan()) }, "policy-rehearse");
      victim.policy("mode: patch\nnonsense: 1\n");
      await expectRefused({ apply: applyOf(plan()) }, "policy-observe");
    });

    it("keeps to packages, their number, windows, blackouts, restarts and versions that the owner allows", async () => {
      const refuses = async (yaml: string, code: string, change: Partial<EndpointAction> = {}) => {
        victim.policy(`mode: patch\n${yaml}\n`);
        await expectRefused({ apply: applyOf(plan(change)) }, code);
      };
      await refuses("packages: {deny: [shop]}", "policy-package");
      await refuses("packages: {allow: [openssl]}", "policy-package");
      await refuses("maxPackages: 1", "policy-package", { packages: [shop("1.0", "1.1"), { ...shop("1.0", "1.1"), name: "rival" }] });
      const day = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"][(new Date().getUTCDay() + 3) % 7];
      await refuses(`timezone: UTC\nwindows: [{days: [${day}], from: '01:00', to: '02:00'}]`, "policy-window");
      await refuses(`blackouts: [{from: '${hours(-1)}', to: '${hours(1)}'}]`, "policy-window");
      await refuses("", "policy-reboot", { reboot: "when-needed" });
      await refuses("", "policy-package", { packages: [shop("1.0", "0.9")] });
    });

    it("brings nothing from an origin that the owner does not allow", async () => {
      victim.policy("mode: patch\norigins: {allow: ['Shop:*']}\n");
      await expectFailedUntouched(plan({ packages: [shop("1.0", "1.2")] }), "repository-untrusted");
    });

    it("removes nothing, moves nothing that is on hold, and installs nothing that no repository offers", async () => {
      const other = (name: string) => plan({ packages: [{ ...shop("1.0", "1.1"), name }] });
      await expectFailedUntouched(other("rival"), "removal-needed");
      await expectFailedUntouched(other("held"), "held");
      await expectFailedUntouched(plan({ packages: [shop("1.0", "6.6")] }), "version-gone");
    });
  });

  describe("T3: fewer people than the owner asks for", () => {
    it("counts different pinned keys, not signatures", async () => {
      victim.policy("mode: patch\nrequiredApprovals: 2\norigins: {allow: ['Nobody:*']}\n");
      const p = plan();
      const with_ = (...keys: { privateKeyPem: string }[]) => applyOf(p, { approvals: wire(signed(p.digest, ...keys)) });
      await expectRefused({ apply: with_(ada) }, "signature-missing", /^1 of the 2/);
      await expectRefused({ apply: with_(ada, ada, ada) }, "signature-missing", /^1 of the 2/);
      await expectRefused({ apply: with_(ada, stranger) }, "signature-missing", /^1 of the 2/);
      // With two it is taken, and goes as far as the owner's word on origins lets it.
      await expectFailedUntouched(p, "repository-untrusted", signed(p.digest, ada, bob));
    });
  });

  describe("work that is not the controller's to name", () => {
    it("rolls back and cancels nothing that never was", async () => {
      await expectRefused({ rollback: { ofExecutionId: "ex_never", reason: "" } }, "unknown-execution");
      await expectRefused({ rollback: { ofExecutionId: "../../etc", reason: "" } }, "malformed-request");
      await expectRefused({ cancel: { reason: "stop" } }, "unknown-execution");
      // What only looked at the machine kept nothing to go back to.
      await expectRefused({ rollback: { ofExecutionId: victim.journals()[0], reason: "" } }, "not-reversible");
    });

    it("refuses executions whose names would be paths or novels, and repeats no novel", async () => {
      victim.stream().send({ command: { executionId: "../../../etc/cron.d/x", apply: applyOf(plan()) } });
      expect(await refusalOf("../../../etc/cron.d/x")).toMatchObject({ code: "malformed-action" });
      victim.stream().send({ command: { executionId: "n".repeat(1_000_000), apply: applyOf(plan()) } });
      expect(await refusalOf("n".repeat(64))).toMatchObject({ code: "malformed-action" });
      expect(victim.journals().every((id) => id.startsWith("ex_attack_"))).toBe(true);
    });

    it("describes no update whose name is an option or a path", async () => {
      const names = ["--option=APT::Update::Pre-Invoke::=id", "../../etc/shadow", "-oDir=/tmp", "shop;id", ""];
      const update = { ecosystem: "deb", architecture: "all", fromVersion: "1.0", toVersion: "1.1" };
      const updates = [
        ...names.map((name) => ({ ...update, name })),
        { ...update, name: "shop", toVersion: "-1" },
        { ...update, name: "l".repeat(100_000) },
      ];
      const before = victim.machine.traces();
      victim.stream().send({ describeUpdates: { updates, downloadLimitBytes: 2 ** 40 } });
      const told = await eventually(() => {
        const all = victim.stream().received.flatMap((m) => m.updateDescriptions?.descriptions ?? []);
        return all.length === 6 ? all : Promise.reject(new Error(`${all.length} answers`));
      });
      expect(told.map((d) => d.problem.split(":")[0])).toEqual(Array(6).fill("request-malformed"));
      await logged("absurd length", { left: 1 });
      const crowd = Array.from({ length: 300 }, (_, i) => ({ ...update, name: `-${i}` }));
      for (let i = 0; i < 8; i++) victim.stream().send({ describeUpdates: { updates: crowd, downloadLimitBytes: 0 } });
      await logged("one too many");
      expect(victim.machine.traces()).toEqual(before);
    });

    it("gives checks in settings no powers and no crowd", async () => {
      const tcp = Array.from({ length: 500 }, (_, i) => ({ name: `t${i}`, tcp: { host: "127.0.0.1", port: 1 }, timeoutMs: 100 }));
      const bad = [
        { name: "option", unit: { unit: "--help" }, timeoutMs: 2 ** 32 - 1 },
        { name: "shell", unit: { unit: "x; touch /tmp/x" } },
        { name: "file", http: { url: "file:///etc/shadow", expectStatus: 0 } },
        { name: "path", process: { name: "../../bin/sh" } },
        { name: "nothing" },
      ];
      victim.stream().send({ settings: { healthIntervalSeconds: 1, inventoryIntervalSeconds: 2 ** 32 - 1, checks: [...bad, ...tcp] } });
      await logged("cannot be read", { checks: ["option", "shell", "file", "path", "nothing"] });
      await logged("more checks than are run", { beyond: 441, limit: 64 });
      const sampled = await eventually(() => {
        const samples =
          victim
            .stream()
            .received.at(-1)
            ?.health?.samples.filter((s) => s.metric === "check_up") ?? [];
        return samples.length > 0 ? samples : Promise.reject(new Error("no check was sampled"));
      });
      expect(sampled.length).toBe(59);
      victim.stream().send({ settings: { healthIntervalSeconds: 3_600, inventoryIntervalSeconds: 0, checks: [] } });
    });
  });

  describe("T12: floods and nonsense", () => {
    it("are borne with bounded memory, and other work goes on", async () => {
      const before = victim.machine.traces();
      const known = victim.journals();
      const memory = victim.agentMemoryBytes();
      const big = Buffer.alloc(3_000_000, 0x20);
      const stream = victim.stream();
      for (let i = 0; i < 5; i++) stream.send({ command: { executionId: `ex_big_${i}`, apply: applyOf(plan(), { action: big }) } });
      const unsigned = applyOf(plan(), { approvals: [] });
      for (let i = 0; i < 400; i++) stream.send({ command: { executionId: `ex_flood_${i}`, apply: unsigned } });
      for (let i = 0; i < 10; i++) stream.send({ command: { executionId: `${i}`.repeat(500_000), apply: unsigned } });
      for (let i = 1; i <= 1_000; i++) stream.send({ ping: { nonce: i } });
      expect(["malformed-action", "busy"]).toContain((await refusalOf("ex_big_4")).code);
      expect((await refusalOf("ex_big_0")).code).toBe("malformed-action");
      const flooded = await Promise.all(Array.from({ length: 400 }, (_, i) => refusalOf(`ex_flood_${i}`)));
      expect([...new Set(flooded.map((r) => r.code))].filter((code) => code !== "busy")).toEqual(["signature-missing"]);
      await eventually(() => expect(stream.received.some((m) => m.pong?.nonce === 1)).toBe(true));
      // The wire's own buffers and the garbage of reading 20 MB.
      expect(victim.agentMemoryBytes() - memory).toBeLessThan(200 * 1024 * 1024);
      await expectRefused({ apply: applyOf(plan(), { approvals: [] }) }, "signature-missing");
      expect(victim.stream()).toBe(stream);
      expect([victim.machine.traces(), victim.journals()]).toEqual([before, known]);
    });

    it("end one stream when they cannot be read, and the agent comes back", async () => {
      for (const bytes of [Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x01]), Buffer.alloc(MAX_MESSAGE_BYTES + 1, 0x0a)]) {
        const broken = victim.stream();
        broken.sendBytes(bytes);
        await eventually(() => expect(victim.stream()).not.toBe(broken));
      }
      await expectRefused({ apply: applyOf(plan(), { approvals: [] }) }, "signature-missing");
      expect(victim.agentRuns()).toBe(true);
    });
  });

  describe("T16: a local user", () => {
    it("cannot reach the executor's socket", () => {
      const script = `require("net").connect(process.argv[1]).on("error", (e) => console.log(e.code)).on("connect", () => { console.log("in"); process.exit(); })`;
      const said = execFileSync(process.execPath, ["-e", script, victim.socketPath], { uid: 65_534, gid: 65_534, env: {}, cwd: "/" });
      expect(said.toString().trim()).toBe("EACCES");
    });

    it("who got there all the same, as the agent's user may, has nothing done that people did not sign", async () => {
      const before = [victim.machine.traces(), victim.journals()];
      const base64 = (b: unknown) => Buffer.from(b as Uint8Array).toString("base64");
      const { action, planHeader, proof, notAfter } = applyOf(plan());
      const request = {
        ...{ id: 1, op: "apply", executionId: "ex_local", action: base64(action), planHeader: base64(planHeader), notAfter, approvals: [] },
        proof: proof?.map((s) => ({ ...s, sibling: base64(s.sibling) })),
      };
      const answer = await new Promise<string>((done, failed) => {
        const socket = connect(victim.socketPath).on("error", failed);
        socket.write(`${JSON.stringify(request)}\n`);
        socket.once("data", (d) => {
          socket.destroy();
          done(d.toString());
        });
      });
      expect(JSON.parse(answer)).toMatchObject({ id: 1, ok: false, problem: { code: "signature-missing" } });
      expect([victim.machine.traces(), victim.journals()]).toEqual(before);
    });
  });

  describe("after a plan that people did approve", () => {
    const approved = plan({}, { planId: "pl_good", revision: 2 });

    it("has it change the machine once: the attacks above were refused for what they were", async () => {
      victim.stream().send({ command: { executionId: "ex_good", apply: applyOf(approved) } });
      await reported("ex_good", (r) => r.state === "verifying");
      expect(victim.machine.versionOf("shop")).toBe("1.1");
      expect(victim.machine.traces().scripts).toContain("shop 1.1");
      // For some seconds it is under way still: the controller cannot hold its end, and cannot have it begun again.
      victim.stream().send({ welcome: { ...WELCOME.welcome, forgetExecutions: ["ex_good", "ex_never"] } });
      await expectRefused({ apply: applyOf(approved) }, "replayed", /which is verifying/);
      expect(victim.forgot("ex_good")).toBe(false);
      const end = await terminalOf("ex_good");
      expect(end).toMatchObject({ state: "succeeded" });
      expect(victim.machine.traces().units.trim().split("\n")).toHaveLength(1);
    });

    it("does not run it again, under a new name or its own", async () => {
      await expectRefused({ apply: applyOf(approved) }, "replayed", /ran here as ex_good/);
      const before = victim.machine.traces();
      victim.stream().send({ command: { executionId: "ex_good", apply: applyOf(approved) } });
      victim.stream().send({ command: { executionId: "ex_good", cancel: { reason: "undo it" } } });
      await expectRefused({ apply: applyOf(approved) }, "replayed");
      expect(victim.machine.traces()).toEqual(before);
    });

    it("does not run what people signed before they changed the plan", () =>
      expectRefused({ apply: applyOf(plan({ rollback: false }, { planId: "pl_good", revision: 1 })) }, "replayed", /later revision/));
  });
});
