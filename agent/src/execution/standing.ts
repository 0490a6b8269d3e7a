import { type EndpointAction, isNew, type PlanHeader, planHeaderSchema } from "@breakwater/shared/command";
import type { JournalRecord, RecordOf } from "./records.ts";

export interface Transaction {
  readonly began: RecordOf<"transaction-began">;
  readonly ended?: RecordOf<"transaction-ended">;
}

export type Direction = "apply" | "restore";

/** One reboot of an execution, as far as it went. */
export interface Reboot {
  readonly weighed?: RecordOf<"reboot-weighed">;
  /** Draining for this very reboot; an earlier one may still hold. */
  readonly drained?: RecordOf<"hooks-ran">;
  readonly began?: RecordOf<"reboot-began">;
  /** How often systemd was asked. */
  readonly asked?: number;
  readonly ended?: RecordOf<"reboot-ended">;
}

/** Whether a transaction was cut off from outside: nobody saw its end, or a signal was it. That says nothing of the packages. */
export const wasCutOff = (t: Transaction | undefined): boolean =>
  t?.ended !== undefined && (t.ended.exit === null || /^(?:killed|dumped) /.test(t.ended.exit));

/** Where an execution stands, folded from its journal and from nothing else. */
export interface Standing {
  readonly executionId: string;
  readonly action: EndpointAction;
  readonly origin: RecordOf<"apply-received"> | RecordOf<"rollback-received">;
  readonly prechecked?: RecordOf<"prechecked">;
  readonly prefetched?: RecordOf<"prefetched">;
  readonly kept?: RecordOf<"kept">;
  /** There is no way back by packages any more, and why. */
  readonly keptDamaged?: RecordOf<"kept-damaged">;
  /** What the change brings and was not there before, so far as it is to go when the change goes back. */
  readonly brought: readonly { readonly name: string; readonly architecture: string }[];
  /** Of what it brought, what stays all the same. */
  readonly stays?: RecordOf<"brought-stays">;
  readonly transactions: readonly Transaction[];
  /** The last look at the package manager, if no transaction ended after it. */
  readonly observed?: RecordOf<"observed">;
  /** Rungs of the repair ladder taken or skipped since the last transaction that was no repair. */
  readonly rung: number;
  readonly failing?: RecordOf<"failing">;
  readonly cancel?: RecordOf<"cancel-asked">;
  readonly restarted: ReadonlySet<Direction>;
  readonly verified: ReadonlyMap<Direction, RecordOf<"verified">>;
  readonly contactSeen: boolean;
  readonly reboots: ReadonlyMap<Direction, Reboot>;
  /** Drain hooks ran, also when they failed, and nothing took that back yet. */
  readonly drained: boolean;
  /** Draining for the change itself. */
  readonly drainedBefore?: RecordOf<"hooks-ran">;
  /** What scripts were kept from starting and nobody has started yet. */
  readonly deferred?: Omit<RecordOf<"starts-deferred">, "kind" | "at">;
  readonly undrained?: RecordOf<"hooks-ran">;
  readonly kernelKept?: RecordOf<"kernel-kept">;

  readonly reconnected?: RecordOf<"reconnected">;
  readonly avoided?: RecordOf<"avoided">;
  readonly state: string;
  readonly step: number;
  readonly terminal: boolean;
}

/** @returns undefined for a journal whose first record never got to the disk: nothing had begun then. */
export function standingOf(records: readonly JournalRecord[]): Standing | undefined {
  const origin = records[0];
  if (origin?.kind !== "apply-received" && origin?.kind !== "rollback-received") return undefined;
  const s: { -readonly [K in keyof Standing]: Standing[K] } & { transactions: Transaction[] } = {
    executionId: origin.executionId,
    action: origin.action,
    origin,
    brought: origin.kind === "rollback-received" ? origin.brought : [],
    transactions: [],
    rung: 0,
    restarted: new Set(),
    verified: new Map(),
    contactSeen: false,
    reboots: new Map(),
    drained: false,
    state: "accepted",
    step: 0,
    terminal: false,
  };
  const restarted = new Set<Direction>();
  const reboots = new Map<Direction, Reboot>();
  let direction: Direction = origin.kind === "rollback-received" ? "restore" : "apply";
  const verified = new Map<Direction, RecordOf<"verified">>();
  for (const r of records.slice(1)) {
    switch (r.kind) {
      case "prechecked":
        s.prechecked = r;
        s.brought = r.changes.filter(isNew);
        break;
      case "brought-stays":
        s.stays = r;
        break;
      case "prefetched":
        s.prefetched = r;
        break;
      case "starts-deferred":
        s.deferred = deferredSince(s.deferred, r);
        break;
      case "deferred-started":
        delete s.deferred;
        break;
      case "kept":
        s.kept = r;
        break;
      case "kept-damaged":
        s.keptDamaged = r;
        break;
      case "transaction-began":
        s.transactions.push({ began: r });
        delete s.observed;
        s.rung = r.purpose === "repair" ? r.rung + 1 : 0;
        break;
      case "transaction-ended":
        s.transactions = s.transactions.map((t) => (t.began.number === r.number ? { ...t, ended: r } : t));
        delete s.observed;
        break;
      case "repair-skipped":
        s.rung = r.rung + 1;
        break;
      case "observed":
        s.observed = r;
        break;
      case "failing":
        s.failing ??= r;
        break;
      case "cancel-asked":
        s.cancel ??= r;
        break;
      case "restarted":
        restarted.add(r.after);
        break;
      case "verified":
        verified.set(r.of, r);
        break;
      case "contact-seen":
        s.contactSeen = true;
        break;
      case "reconnected":
        s.reconnected = r;
        break;
      case "avoided":
        s.avoided = r;
        break;
      case "report":
        s.state = r.report.state;
        s.step = r.report.step;
        s.terminal = r.report.terminal;
        break;
      case "reboot-weighed":
        direction = r.after;
        reboots.set(r.after, { weighed: r });
        break;
      case "hooks-ran":
        s.drained = r.phase === "drain";
        if (r.phase === "drain") {
          delete s.undrained;
          if (s.transactions.every((t) => t.began.purpose === "repair")) s.drainedBefore = r;
          reboots.set(direction, { ...reboots.get(direction), drained: r });
        } else s.undrained = r;
        break;
      case "reboot-began":
        reboots.set(r.after, { ...reboots.get(r.after), began: r });
        break;
      case "reboot-asked":
        reboots.set(r.after, { ...reboots.get(r.after), asked: (reboots.get(r.after)?.asked ?? 0) + 1 });
        break;
      case "reboot-ended":
        reboots.set(r.after, { ...reboots.get(r.after), ended: r });
        break;
      case "kernel-kept":
        s.kernelKept = r;
        break;
      case "contact-awaited":
      case "apply-received":
      case "rollback-received":
        break;
    }
  }
  const { stays } = s;
  if (stays) s.brought = s.brought.filter((b) => !stays.packages.some((p) => p.name === b.name && p.architecture === b.architecture));
  s.restarted = restarted;
  s.verified = verified;
  s.reboots = reboots;
  return s;
}

/** Over several transactions: what was up before the first of them is what is missed. */
function deferredSince(before: Standing["deferred"], { services, up, others, logOffset }: RecordOf<"starts-deferred">) {
  if (!before) return { services, up, others, logOffset };
  const all = (a: readonly string[], b: readonly string[]) => [...new Set([...a, ...b])];
  return { services, up: all(before.up, up), others: all(before.others, others), logOffset: before.logOffset };
}

/**
 * Packages of the action that are not as they were before it, by version or by status.
 * @param brought What was not there before, and is not to be there.
 */
export function changedSince(
  before: readonly { name: string; architecture: string; version: string; status: string }[],
  now: readonly { name: string; architecture: string; version: string; status: string }[],
  brought: readonly { name: string; architecture: string }[] = [],
): string[] {
  const key = (p: { name: string; architecture: string }) => `${p.name}:${p.architecture}`;
  const then = new Map(before.map((p) => [key(p), `${p.version} ${p.status}`]));
  const later = new Map(now.map((p) => [key(p), `${p.version} ${p.status}`]));
  return [...[...then].filter(([k, v]) => later.get(k) !== v).map(([k]) => k), ...brought.map(key).filter((k) => later.has(k))];
}

/** An approval is used up once a change under it began, or while an execution under it is under way. */
export const usesUp = (s: Standing, digest: string): boolean =>
  s.origin.kind === "apply-received" &&
  s.origin.planDigest === digest &&
  (!s.terminal || s.transactions.some((t) => t.began.purpose === "apply"));

/** The revision that an execution ran; undefined where its header cannot be read. */
export function revisionOf(origin: RecordOf<"apply-received">): number | undefined {
  try {
    const header = planHeaderSchema.safeParse(JSON.parse(Buffer.from(origin.request.planHeader, "base64").toString("utf8")));
    return header.success ? header.data.revision : undefined;
  } catch {
    return undefined;
  }
}

/** A plan was changed because something was wrong with it, so once a later revision is known an earlier approval counts for nothing. */
export const overtakes = ({ origin }: Standing, header: PlanHeader): boolean =>
  origin.kind === "apply-received" && origin.action.planId === header.planId && (revisionOf(origin) ?? 0) > header.revision;
