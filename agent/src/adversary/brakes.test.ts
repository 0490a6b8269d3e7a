import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import {
  type Approval,
  formatOrder,
  haltDigest,
  newApprovalKey,
  type SealedPlan,
  type SignedOrder,
  signApproval,
  signHalt,
  signLift,
} from "@breakwater/shared/command";
import { addMs, expectOk, type Instant, hours as ms, systemClock } from "@breakwater/shared/core";
import { createAuthenticator, type Flaws } from "@breakwater/shared/testing";
import type { BrakesReport__Output } from "@breakwater/shared/wire";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { altered, approvedBy, commandOf, hours, plan, wire } from "./plans.ts";
import { privateMachineLacks } from "./private-machine.ts";
import { eventually, startVictim, type Victim } from "./victim.ts";

const [ada, adasOther, stranger] = [newApprovalKey(), newApprovalKey(), newApprovalKey()];
const [phone, token] = [createAuthenticator("p256", "bob"), createAuthenticator("ed25519", "bob")];
const ANYTHING = "mode: patch\n";
/** What is begun under it goes as far as the precheck, and no further. */
const NO_ORIGIN = "mode: patch\norigins: {allow: ['Nobody:*']}\n";

const halt = (scope = "all", by = ada): SignedOrder => expectOk(signHalt({ scope, reason: "stop" }, by.privateKeyPem, systemClock.now()));
const digestOf = (order: SignedOrder): string => (order.statement.kind === "halt" ? haltDigest(order.statement) : "");
const lift = (order: SignedOrder, by = adasOther) => expectOk(signLift(digestOf(order), "over", by.privateKeyPem, systemClock.now()));

const lacks = privateMachineLacks();
if (lacks) process.stderr.write(`attacks on what holds an endpoint back are not tried: ${lacks}\n`);

describe.skipIf(lacks !== undefined)("a malicious controller against the endpoint's own brakes", () => {
  let victim: Victim;
  let attacks = 0;
  beforeAll(async () => {
    const keys = [ada, adasOther].map((k) => ({ keyId: k.keyId, publicKey: k.publicKey, owner: "ada" }));
    victim = await startVictim([...keys, phone.key, token.key]);
  });
  afterAll(() => victim?.stop());
  beforeEach(() => victim.policy(NO_ORIGIN));

  const heard = () => victim.controller.streams.flatMap((s) => s.received);
  const name = () => `ex_brakes_${++attacks}`;
  const answerTo = (executionId: string) =>
    eventually(() => {
      const refused = heard().find((m) => m.commandRefused?.executionId === executionId)?.commandRefused;
      const ended = heard().find((m) => m.executionReport?.executionId === executionId && m.executionReport.terminal)?.executionReport;
      return refused ?? ended ?? Promise.reject(new Error(`nothing was said of ${executionId}`));
    });
  const reported = (which: (b: BrakesReport__Output) => boolean) =>
    eventually(() => {
      const brakes = heard().flatMap((m) => m.brakes ?? []);
      return brakes.findLast(which) ?? Promise.reject(new Error(`not so reported: ${JSON.stringify(brakes.at(-1))}`));
    });
  const send = (order: SignedOrder | string) =>
    victim.stream().send({ haltOrder: { order: typeof order === "string" ? order : formatOrder(order) } });
  const ask = (p: SealedPlan, approvals: readonly Approval[] = approvedBy(p.digest, ada)) => {
    const executionId = name();
    victim.stream().send({ command: { executionId, apply: commandOf(p, ada, { approvals: wire(approvals) }) } });
    return answerTo(executionId);
  };
  /** Refused by its code, and nothing at all is left of it on the machine. */
  async function expectRefused(command: object, code: string, message?: RegExp): Promise<void> {
    const executionId = name();
    const before = [victim.machine.traces(), victim.journals()];
    victim.stream().send({ command: { executionId, ...command } });
    const refused = await answerTo(executionId);
    expect(refused).toMatchObject({ code });
    if (message) expect(refused.message).toMatch(message);
    expect([victim.machine.traces(), victim.journals()]).toEqual(before);
  }
  /** It was begun: only the owner's word on origins ended it. */
  const begun = { state: "failed", failureClass: "repository-untrusted" };
  async function lifted(order: SignedOrder): Promise<void> {
    send(lift(order));
    await reported((b) => b.lifted.includes(digestOf(order)) && b.halts.length === 0);
  }

  describe("T5: a halt that was signed without it", () => {
    it("stands above approvals, of whatever is asked, until it is lifted", async () => {
      victim.policy(ANYTHING);
      const good = plan();
      const executionId = name();
      victim.stream().send({ command: { executionId, apply: commandOf(good, ada) } });
      expect(await answerTo(executionId)).toMatchObject({ state: "succeeded" });

      const order = halt();
      send(order);
      expect(await reported((b) => b.halts.length === 1)).toMatchObject({ halts: [{ digest: digestOf(order), via: "controller" }] });
      await expectRefused({ apply: commandOf(plan(), ada) }, "halted", /signed order .*: stop/);
      await expectRefused({ rehearse: commandOf(plan(), ada) }, "halted");
      await expectRefused({ rollback: { ofExecutionId: executionId, reason: "undo" } }, "halted");
      expect((await victim.cli("fuse")).stdout).toContain(`HALTED         all since`);

      await lifted(order);
      const undo = name();
      victim.stream().send({ command: { executionId: undo, rollback: { ofExecutionId: executionId, reason: "undo" } } });
      expect(await answerTo(undo)).toMatchObject({ state: "rolled-back" });
    });

    it("is not to be suppressed: a person brings it by hand, or lays it down", async () => {
      const [byHand, byFile] = [halt(), halt()];
      const file = join(victim.configDir, "order.json");
      writeFileSync(file, formatOrder(byHand));
      expect(await victim.cli("halt", file)).toMatchObject({ status: 0, stdout: expect.stringContaining(digestOf(byHand)) });
      await expectRefused({ apply: commandOf(plan(), ada) }, "halted");
      writeFileSync(file, formatOrder(lift(byHand)));
      expect((await victim.cli("halt", file)).stdout).toContain("is lifted");

      mkdirSync(join(victim.stateDir, "halt.d"), { recursive: true });
      writeFileSync(join(victim.stateDir, "halt.d", "from-usb"), formatOrder(byFile));
      await expectRefused({ apply: commandOf(plan(), ada) }, "halted");
      rmSync(join(victim.stateDir, "halt.d"), { recursive: true });
      await expectRefused({ apply: commandOf(plan(), ada) }, "halted");
      await lifted(byFile);
    });

    it("stops the plan it names, and no other", async () => {
      const [bad, good] = [plan(), plan()];
      const order = halt(`plan:${bad.digest}`);
      send(order);
      await reported((b) => b.halts.length === 1);
      await expectRefused({ apply: commandOf(bad, ada) }, "halted", /plan:/);
      expect(await ask(good)).toMatchObject(begun);
      await lifted(order);
    });

    it("is nobody's to make up: forged, foreign and misaddressed ones are refused, logged and reported", async () => {
      const genuine = halt();
      const attempts: [SignedOrder | string, string][] = [
        [{ ...halt("all", stranger), keyId: ada.keyId }, "halt-forged"],
        [altered(Buffer.from(formatOrder(genuine)), '"stop"', '"STOP"').toString(), "halt-forged"],
        [halt("all", stranger), "halt-untrusted"],
        [halt("endpoint:ep_other"), "halt-elsewhere"],
        ["rm -rf /", "halt-malformed"],
      ];
      for (const [order, code] of attempts) {
        send(order);
        await reported((b) => b.refused.some((r) => r.code === code && r.via === "controller"));
        await eventually(() => expect(victim.log).toContainEqual(expect.objectContaining({ code, name: "breakwater-executor" })));
      }
      expect(await ask(plan())).toMatchObject(begun);
    });

    it("is nobody's to end: a forged lift, another halt's, or the halt itself passed off as one", async () => {
      const order = halt();
      send(order);
      await reported((b) => b.halts.some((h) => h.digest === digestOf(order)));
      send({ ...lift(order, stranger), keyId: ada.keyId });
      send(lift(order, stranger));
      send(lift(halt()));
      send({ ...lift(order), signature: order.signature });
      victim.stream().send({ welcome: { protocol: 2, controllerVersion: "evil", clock: hours(0) } });
      await expectRefused({ apply: commandOf(plan(), ada) }, "halted");
      await lifted(order);
    });

    it("does not stand again once it was lifted, whoever brings it", async () => {
      const order = halt();
      send(order);
      await reported((b) => b.halts.some((h) => h.digest === digestOf(order)));
      await lifted(order);
      send(order);
      await reported((b) => b.refused.some((r) => r.code === "halt-replayed"));
      const file = join(victim.configDir, "order.json");
      writeFileSync(file, formatOrder(order));
      expect(await victim.cli("halt", file)).toMatchObject({ status: 1, stderr: expect.stringContaining("lifted here already") });
      expect(await ask(plan())).toMatchObject(begun);
    });
  });

  describe("T4: more changes than its owner allows", () => {
    it("are refused by the executor's own count, which nobody but root resets", async () => {
      expect(await victim.cli("fuse", "reset")).toMatchObject({ status: 0 });
      victim.policy(`${NO_ORIGIN}rateFuse: {perHour: 2, perDay: 3}\n`);
      expect(await ask(plan())).toMatchObject(begun);
      expect(await ask(plan())).toMatchObject(begun);
      await expectRefused({ apply: commandOf(plan(), ada) }, "rate-fuse", /allows 2 changes an hour and 3 a day/);
      await reported((b) => b.fuse?.appliesHour === 2 && b.fuse.opensInSeconds > 3_500);
      const answer = await new Promise<string>((done, failed) => {
        const socket = connect(victim.socketPath).on("error", failed);
        socket.write('{"id":1,"op":"fuse-reset"}\n');
        socket.once("data", (d) => {
          socket.destroy();
          done(d.toString());
        });
      });
      expect(JSON.parse(answer)).toMatchObject({ ok: false, problem: { code: "malformed-request" } });
      await expectRefused({ apply: commandOf(plan(), ada) }, "rate-fuse");
      expect((await victim.cli("fuse")).stdout).toContain("BLOWN");
      expect((await victim.cli("fuse", "reset")).stdout).toContain("0 of 2 changes in an hour");
      expect(await ask(plan())).toMatchObject(begun);
    });
  });

  describe("T3: persons, and how old their word is", () => {
    const ago = (n: number): Instant => addMs(systemClock.now(), -n);
    beforeEach(async () => {
      expect(await victim.cli("fuse", "reset")).toMatchObject({ status: 0 });
    });

    it("counts a person once, whatever number of keys he holds, and nobody's key not at all", async () => {
      const persons = `approvers: {ada: [${ada.keyId}, ${adasOther.keyId}], bob: [${phone.key.keyId}]}`;
      victim.policy(`${NO_ORIGIN}requiredApprovals: 2\n${persons}\n`);
      const p = plan();
      const times = { at: hours(0), expiresAt: hours(1) };
      const both = approvedBy(p.digest, ada, adasOther);
      await expectRefused({ apply: commandOf(p, ada, { approvals: wire(both) }) }, "signature-missing", /^1 of the 2/);
      const nobodys = [...both, token.approve(p.digest, times)];
      await expectRefused({ apply: commandOf(p, ada, { approvals: wire(nobodys) }) }, "signature-missing", /names nobody/);
      expect(await ask(p, [...approvedBy(p.digest, ada), phone.approve(p.digest, times)])).toMatchObject(begun);
    });

    it("does not act on a policy that can never be met or that gives one key to two", async () => {
      victim.policy(`mode: patch\nrequiredApprovals: 2\napprovers: {ada: [${ada.keyId}]}\n`);
      await expectRefused({ apply: commandOf(plan(), ada) }, "policy-observe", /2 approvals are required of 1 persons/);
      victim.policy(`mode: patch\napprovers: {ada: [${ada.keyId}], bob: [${ada.keyId}]}\n`);
      await expectRefused({ apply: commandOf(plan(), ada) }, "policy-observe", /belongs to two persons/);
    });

    it("takes no approval that is over, or older than the owner allows, or whose age nobody signed", async () => {
      const p = plan();
      const by = (at: Instant, until?: Instant) => [signApproval(p.digest, ada.privateKeyPem, "x", at, until)];
      const refuses = (approvals: readonly Approval[], why: RegExp) =>
        expectRefused({ apply: commandOf(p, ada, { approvals: wire(approvals) }) }, "signature-missing", why);
      await refuses(by(ago(ms(2)), ago(ms(1))), /expired at/);
      await refuses(
        by(ago(ms(2)), ago(ms(1))).map((a) => ({ ...a, expiresAt: hours(5) })),
        /not the key's/,
      );
      victim.policy(`${NO_ORIGIN}approvalsValidForHours: 1\n`);
      await refuses(by(ago(ms(2)), addMs(systemClock.now(), ms(9))), /older than the policy allows/);
      await refuses(by(ago(0)), /does not say under its signature/);
      expect(await ask(p, by(ago(1_000), addMs(systemClock.now(), ms(1))))).toMatchObject(begun);
    });
  });

  describe("an approval by a passkey", () => {
    beforeEach(async () => {
      expect(await victim.cli("fuse", "reset")).toMatchObject({ status: 0 });
    });

    it("counts for the plan, the site and the person it was made for, and for nothing else", async () => {
      const times = { at: hours(0), expiresAt: hours(1) };
      const [p, other] = [plan(), plan()];
      const refuses = async (approval: Approval, why: RegExp) =>
        expectRefused({ apply: commandOf(p, ada, { approvals: wire([approval]) }) }, "signature-missing", why);
      const flawed = (flaws: Flaws, why: RegExp) => refuses(phone.approve(p.digest, times, flaws), why);
      await flawed({ origin: "https://patch.example.org.evil.example" }, /made at/);
      await flawed({ rpId: "evil.example" }, /another relying party/);
      await flawed({ challenge: Buffer.alloc(32) }, /challenge/);
      await flawed({ flags: 0x01 }, /not verified/);
      await flawed({ crossOrigin: true }, /inside another site/);
      await flawed({ type: "webauthn.create" }, /webauthn.create/);
      await refuses(phone.approve(other.digest, times), /challenge/);
      await refuses({ ...phone.approve(p.digest, times), expiresAt: hours(9) }, /challenge/);
      await refuses({ ...createAuthenticator("p256", "eve").approve(p.digest, times), keyId: phone.key.keyId }, /not the passkey's/);
      await refuses({ ...phone.approve(p.digest, times), keyId: token.key.keyId }, /not the passkey's/);
      await refuses({ ...phone.approve(p.digest, times), keyId: ada.keyId }, /no signature of a key file/);
      expect(await ask(p, [phone.approve(p.digest, times)])).toMatchObject(begun);
      expect(await ask(other, [token.approve(other.digest, times)])).toMatchObject(begun);
    });
  });
});
