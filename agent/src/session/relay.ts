import { fail, type Problem, type Result } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import type { Command__Output, ExecutionReport, Welcome__Output } from "@breakwater/shared/wire";
import { type BrakesStatus, type ExecutorEvent, type ExecutorStatus, executionIdSchema, type Report } from "../executor/protocol.ts";
import { decideMode, decideRehearsalMode, type Policy } from "../policy/index.ts";
import { brakesReport } from "./brakes-wire.ts";
import { applyRequest } from "./command-wire.ts";
import { EXECUTOR_ABSENT, EXECUTOR_LOST, type ExecutorLink } from "./executor-link.ts";
import type { Session } from "./session.ts";

/** Between looks at an executor that went away with an execution unfinished. */
const FOLLOW_MS = 3_000;
/** Contact is told this often at most: commit-confirm counts in minutes. */
const CONTACT_MS = 5_000;
const LOST_RETRIES = 3;
/** A controller has one command for an endpoint at a time, and its rollback or cancel. What it floods beyond is held nowhere. */
const MAX_COMMANDS = 16;
/** Longest name of an execution that is repeated to a controller that made it up: as long as a real one may be. */
const MAX_TOLD_ID = 64;

export interface Relay {
  /** What Hello says of executions that the controller may not know the end of. */
  unfinished(): Promise<ExecutionReport[]>;
  welcome(welcome: Welcome__Output): Promise<void>;
  command(command: Command__Output): Promise<void>;
  /** A signed halt or lift that the controller carried here. */
  haltOrder(order: string): Promise<void>;
  /** Something may have been laid down by hand. */
  brakes(): Promise<void>;
  event(event: ExecutorEvent): void;
  executorClosed(): void;
  contact(): void;
  readonly status: ExecutorStatus | undefined;
  stop(): void;
}

export interface RelayOptions {
  readonly executor: ExecutorLink;
  readonly session: Pick<Session, "send" | "offer" | "discard">;
  policy(): Policy;
  /** Lays a signed order where the executor looks before it begins anything, when it cannot be told. */
  layDown(order: string): Promise<void>;
  /** An execution ended: what is installed may have changed. */
  finished(executionId: string): void;
  readonly log: Logger;
}

/** Carries commands down to the executor and its journal's reports up, each until it is acknowledged. */
export function createRelay(options: RelayOptions): Relay {
  const { executor, session, log } = options;
  let status: ExecutorStatus | undefined;
  /**
   * Whether an execution may be without an end. Only the executor's own word ends it: one that cannot be asked just now, because it was
   * killed or is starting, may be in the middle of a change, and waits for contact.
   */
  let unended = false;
  let followTimer: NodeJS.Timeout | undefined;
  let lastContactAt = Number.NEGATIVE_INFINITY;
  let stopped = false;
  let commands = 0;
  let orders = 0;
  let reports = 0;

  const unfinishedOf = (s: ExecutorStatus) => s.executions.filter((e) => !e.terminal || e.acknowledged < e.step);
  const look = async (): Promise<ExecutorStatus | undefined> => {
    const answer = await executor.request("status", {});
    status = answer.ok ? answer.value : undefined;
    if (status) unended = status.executions.some((e) => !e.terminal);
    return status;
  };

  const report = (r: Report): void => {
    const { rehearsal, ...common } = r;
    const executionReport = rehearsal ? { ...common, rehearsal } : common;
    session.send(`report:${r.executionId}:${r.step}`, { executionReport }, () => {
      void executor.request("acknowledge", { executionId: r.executionId, step: r.step });
    });
    if (r.terminal && r.rehearsal === undefined) options.finished(r.executionId);
  };
  /** Only the latest is of use: it says all that an earlier one said. */
  const tellBrakes = (brakes: BrakesStatus | undefined): void => {
    if (!brakes) return;
    if (status) status = { ...status, brakes };
    session.discard((key) => key.startsWith("brakes:"));
    session.send(`brakes:${++reports}`, { brakes: brakesReport(brakes) });
  };
  /** Reports that the controller has not acknowledged yet; the outbox drops those that wait there already. */
  const resend = async (): Promise<void> => {
    const known = await look();
    if (!known) return;
    const afterStep = Object.fromEntries(known.executions.map((e) => [e.executionId, e.acknowledged]));
    if (unfinishedOf(known).length === 0) return;
    const reports = await executor.request("reports", { afterStep });
    if (reports.ok) for (const r of reports.value) report(r);
    else log.error({ problem: reports.problem }, "the executor's reports cannot be read");
  };
  const follow = (): void => {
    clearTimeout(followTimer);
    if (stopped || !unended) return;
    followTimer = setTimeout(() => void resend().then(() => !executor.connected && follow()), FOLLOW_MS);
    followTimer.unref();
  };

  const ask = async (command: Command__Output): Promise<Result<unknown>> => {
    const { executionId, apply, rollback, cancel, rehearse } = command;
    if (apply) {
      const mode = decideMode(options.policy());
      return mode.ok ? executor.request("apply", applyRequest(executionId, apply)) : mode;
    }
    if (rollback) {
      const mode = decideMode(options.policy());
      if (!mode.ok) return mode;
      return executor.request("rollback", { executionId, ofExecutionId: rollback.ofExecutionId, reason: rollback.reason });
    }
    if (rehearse) {
      const mode = decideRehearsalMode(options.policy());
      return mode.ok ? executor.request("rehearse", applyRequest(executionId, rehearse)) : mode;
    }
    if (cancel) return executor.request("cancel", { executionId, reason: cancel.reason });
    return fail<Problem>({ code: "malformed-action", message: "The command asks for nothing that this agent knows." });
  };
  /** Asked again when the answer got lost: the executor takes each execution once, however often it is told. */
  const askSurely = async (command: Command__Output): Promise<Result<unknown>> => {
    let answer = await ask(command);
    for (let i = 0; i < LOST_RETRIES && !answer.ok && answer.problem.code === EXECUTOR_LOST; i++) answer = await ask(command);
    if (answer.ok || answer.problem.code === EXECUTOR_LOST) unended = true;
    return answer;
  };

  const refuse = (named: string, { code, message }: Problem): void => {
    const executionId = named.slice(0, MAX_TOLD_ID);
    log.warn({ executionId, code, message }, "command refused");
    // Whether the executor took it is unknown: its journal will tell, a refusal could be a lie.
    if (code === EXECUTOR_LOST) return;
    const said = code === EXECUTOR_ABSENT ? `${message} Nothing was changed.` : message;
    session.send(`refused:${executionId}`, { commandRefused: { executionId, code, message: said } });
  };

  return {
    async unfinished() {
      const known = await look();
      return known ? unfinishedOf(known).map(({ executionId, step, state, terminal }) => ({ executionId, step, state, terminal })) : [];
    },
    async welcome(welcome) {
      for (const executionId of welcome.forgetExecutions) {
        // What has no end yet cannot be held in its terminal state by anybody.
        const step = status?.executions.find((e) => e.executionId === executionId && e.terminal)?.step;
        if (step !== undefined) await executor.request("acknowledge", { executionId, step });
      }
      await resend();
      tellBrakes(status?.brakes);
    },
    async haltOrder(order) {
      if (orders >= MAX_COMMANDS) return log.warn({ orders }, "too many signed orders at a time; this one was not looked at");
      orders++;
      const ask = () => executor.request("halt", { order, via: "controller" });
      try {
        let answer = await ask();
        for (let i = 0; i < LOST_RETRIES && !answer.ok && answer.problem.code === EXECUTOR_LOST; i++) answer = await ask();
        if (answer.ok) return log.warn({ ...answer.value }, "a signed order came by the controller");
        log.warn({ code: answer.problem.code }, `a signed order came by the controller and was not taken: ${answer.problem.message}`);
        if ([EXECUTOR_LOST, EXECUTOR_ABSENT].includes(answer.problem.code)) await options.layDown(order);
      } finally {
        orders--;
      }
    },
    async brakes() {
      const answer = await executor.request("brakes", {});
      if (answer.ok && status) status = { ...status, brakes: answer.value };
    },
    async command(command) {
      const { executionId } = command;
      if (!executionIdSchema.safeParse(executionId).success)
        return refuse(executionId, { code: "malformed-action", message: "The command's execution has no usable name." });
      if (commands >= MAX_COMMANDS)
        return refuse(executionId, { code: "busy", message: `${commands} commands are under way; this one was not looked at.` });
      commands++;
      const answer = await askSurely(command).finally(() => {
        commands--;
      });
      await look();
      if (!executor.connected) follow();
      if (!answer.ok) refuse(executionId, answer.problem);
    },
    event(event) {
      if (event.event === "report") return report(event.report);
      if (event.event === "brakes") return tellBrakes(event.brakes);
      const live = { offset: event.offset, text: event.text };
      session.offer({ executionReport: { executionId: event.executionId, live } });
    },
    executorClosed: follow,
    contact() {
      // A clock that is set back must not keep contact from being told: the change would be taken back for the want of it.
      if (!unended || performance.now() - lastContactAt < CONTACT_MS) return;
      lastContactAt = performance.now();
      void executor.request("contact", {});
    },
    get status() {
      return status;
    },
    stop() {
      stopped = true;
      clearTimeout(followTimer);
    },
  };
}
