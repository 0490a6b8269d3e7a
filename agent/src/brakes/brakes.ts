import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, fail, formatInstant, ok, type Result } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import type { BrakesStatus } from "../executor/protocol.ts";
import { loadOperatorKeys, loadPolicy } from "../policy/index.ts";
import { DROP_DIR, readDropped } from "./dropped.ts";
import { createHalts, describeHalt, HALTS_FILE, orderText, type TakenOrder, type Via } from "./halts.ts";
import { createRateFuse, type FuseLimits } from "./rate-fuse.ts";
import { readUptime, type Uptime } from "./running-time.ts";

/** What is told of orders that were refused, and of halts that were lifted: the latest. */
const MAX_REFUSED = 20;
const MAX_LIFTED_TOLD = 200;
/** Files that are remembered as looked at; whoever lays down more has them looked at again. */
const MAX_KNOWN = 1_000;
/** Orders that lie about long after they have done their work are no news. */
const SPENT = ["halt-replayed", "halt-over"];

export interface BrakesOptions {
  /** Root's own. */
  readonly stateDir: string;
  readonly configDir: string;
  readonly agentStateDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  uptime?(): Uptime;
  /** Empty while this machine is not enrolled. */
  endpointId(): Promise<string>;
  /** Something of {@link Brakes.status} changed; a halt may stand that is about what is under way. */
  changed(): void;
}

/** What holds the executor back, whatever was approved: signed halts, and how often a machine may be changed. */
export interface Brakes {
  /** Reads what was laid down by hand and what the owner's policy says now. Before anything is begun. */
  look(): Promise<void>;
  /** Takes a signed halt or lift; it is on disk when this says so. */
  take(text: string, via: Via): Promise<Result<TakenOrder>>;
  /** The halt that a plan meets here, in words. */
  haltOn(planDigest: string): string | undefined;
  mayBegin(what: "apply" | "rollback" | "rehearse", planDigest: string): Result<void>;
  /** Counts a change, durably, right before it begins. */
  begins(what: "apply" | "rollback", executionId: string): void;
  status(): BrakesStatus;
}

export function createBrakes(o: BrakesOptions): Brakes {
  const halts = createHalts(join(o.stateDir, HALTS_FILE), o.clock);
  const fuse = createRateFuse(o.stateDir, o.uptime ?? readUptime);
  const refused: BrakesStatus["refused"] = [];
  /** Files that were looked at, by the digest of what they hold. */
  const [known, untrusted] = [new Set<string>(), new Set<string>()];
  let limits: FuseLimits = { perHour: 0, perDay: 0 };
  if (halts.problem !== "") o.log.error({ code: "halt-damaged" }, halts.problem);

  /** @param quiet Codes of refusals that are nobody's news. */
  async function take(text: string, via: Via, quiet: readonly string[] = []): Promise<Result<TakenOrder>> {
    const { keys } = await loadOperatorKeys(o.configDir);
    const taken = halts.take(text, keys, via, await o.endpointId().catch(() => ""));
    if (!taken.ok) {
      const { code, message } = taken.problem;
      if (quiet.includes(code)) return taken;
      o.log.warn({ code, via }, `a signed order was not taken: ${message}`);
      refused.push({ at: formatInstant(o.clock.now()), code, message, via });
      refused.splice(0, refused.length - MAX_REFUSED);
      o.changed();
    } else if (taken.value.news) {
      o.log.warn({ via, ...taken.value }, taken.value.kind === "halt" ? "this machine is halted" : "a halt of this machine was lifted");
      o.changed();
    }
    return taken;
  }

  /** A disk that takes nothing keeps the fuse shut for longer; it must not keep anybody from asking how things stand. */
  function lookAtFuse(): void {
    try {
      if (fuse.look() !== "reset") return;
      o.log.warn({ code: "rate-fuse" }, "root has reset the count of changes");
      o.changed();
    } catch (error) {
      o.log.error({ err: error }, "the count of changes could not be set down");
    }
  }

  return {
    take,
    async look() {
      const { policy } = await loadPolicy(o.configDir);
      limits = policy.rateFuse;
      // Root's own may lie elsewhere; where the connection part's is said to lie is not believed.
      const own = join(o.configDir, DROP_DIR);
      for (const text of await readDropped([await realpath(own).catch(() => own), join(o.agentStateDir, DROP_DIR)])) {
        const name = createHash("sha256").update(text).digest("hex");
        if (known.has(name)) continue;
        for (const names of [known, untrusted]) if (names.size >= MAX_KNOWN) names.clear();
        const taken = await take(text, "file", untrusted.has(name) ? [...SPENT, "halt-untrusted"] : SPENT);
        // Its key may be pinned yet, so what nobody trusts now is tried again, and told of once.
        (!taken.ok && taken.problem.code === "halt-untrusted" ? untrusted : known).add(name);
      }
      lookAtFuse();
    },
    haltOn(planDigest) {
      if (halts.problem !== "") return halts.problem;
      const standing = halts.onPlan(planDigest);
      return standing && describeHalt(standing);
    },
    mayBegin(what, planDigest) {
      const halted = this.haltOn(planDigest);
      if (halted)
        return fail({ code: "halted", message: halted, next: "It ends by a signed lift: breakwater halt lift --key FILE DIGEST" });
      return what === "rehearse" ? ok(undefined) : fuse.mayBegin(what, limits);
    },
    begins(what, executionId) {
      fuse.count(what, executionId, formatInstant(o.clock.now()));
      o.changed();
    },
    status: () => ({
      halts: halts.standing().map((h) => ({
        digest: h.digest,
        order: orderText(h),
        scope: h.statement.scope,
        reason: h.statement.reason,
        issuedAt: h.statement.issuedAt,
        expiresAt: h.statement.expiresAt ?? "",
        keyId: h.order.keyId,
        via: h.via,
        receivedAt: h.receivedAt,
      })),
      lifted: halts.lifted().slice(-MAX_LIFTED_TOLD),
      refused: [...refused],
      problem: halts.problem || fuse.problem,
      fuse: fuse.reading(limits),
    }),
  };
}
