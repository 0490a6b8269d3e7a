import type { SimulatedEndpoint } from "./endpoint.ts";
import type { Links } from "./links.ts";
import type { Recorder } from "./recorder.ts";
import { type JournalKey, type SimulatedStore, StatementFailed, type StoredReport } from "./store.ts";
import type { Timeline } from "./timeline.ts";

const SECOND = 1_000;
/** A command that was not answered by a report is sent again after this long. */
const COMMAND_LEASE_MS = 60 * SECOND;
const NOTIFIED_AFTER_MS = 100;
const AGAIN_AFTER_MS = 5 * SECOND;

export interface GatewayParts {
  readonly timeline: Timeline;
  readonly store: SimulatedStore;
  readonly links: Links;
  readonly endpoints: ReadonlyMap<string, SimulatedEndpoint>;
  readonly recorder: Recorder;
  /** Whether any controller answers. */
  readonly answers: () => boolean;
  readonly wake: () => void;
}

/** Between outbox and endpoints: brings commands until they are answered or expire, takes reports in and acknowledges them. */
export function createGateway(p: GatewayParts) {
  const { timeline, store, links } = p;
  const pumps = new Map<string, number>();

  /** Looks at an endpoint's commands at that moment, or before when that is planned already. */
  function pumpAt(id: string, at: number): void {
    if (at >= (pumps.get(id) ?? Number.POSITIVE_INFINITY)) return;
    pumps.set(id, at);
    timeline.at(at, () => {
      if (pumps.get(id) !== at) return;
      pumps.delete(id);
      pump(id);
    });
  }

  function pump(id: string): void {
    const now = timeline.now();
    const open = store.openRows(id);
    if (open.length === 0) return;
    const away = !p.answers() ? now + AGAIN_AFTER_MS : !links.connected(id) ? links.backAt(id) + SECOND : undefined;
    if (away !== undefined) {
      pumpAt(id, away);
      return;
    }
    try {
      for (const row of open) {
        if (row.notAfter <= now) {
          row.done = true;
          continue;
        }
        if (row.locked || row.leasedUntil > now) continue;
        store.statement();
        row.leasedUntil = now + COMMAND_LEASE_MS;
        row.delivered = true;
        if (row.command === "apply") p.recorder.tell({ at: now, kind: "command-sent", endpoint: id });
        links.send(id, () => p.endpoints.get(id)?.hear(row));
      }
    } catch (cause) {
      if (!(cause instanceof StatementFailed)) throw cause;
      pumpAt(id, now + AGAIN_AFTER_MS);
      return;
    }
    p.wake();
    pumpAt(id, now + COMMAND_LEASE_MS);
  }

  return {
    /** The outbox may hold something new for these. */
    notify(ids: Iterable<string>): void {
      for (const id of ids) if (store.openRows(id).some((r) => !r.delivered)) pumpAt(id, timeline.now() + NOTIFIED_AFTER_MS);
    },

    /** Called by an endpoint: the report travels, is stored, and its acknowledgement travels back. */
    report(id: string, key: JournalKey, report: StoredReport): void {
      links.send(id, () => {
        if (!p.answers()) return;
        try {
          if (store.takeReport(key, report)) p.wake();
        } catch (cause) {
          if (cause instanceof StatementFailed) return;
          throw cause;
        }
        links.send(id, () => p.endpoints.get(id)?.acknowledge(key, report.step));
      });
    },
  };
}
