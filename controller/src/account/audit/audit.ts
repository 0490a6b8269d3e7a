import type { Clock } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import { EVENT_CHANNEL, type Store } from "../../store/index.ts";
import { appendNewEvents, EVENTS_PER_APPEND } from "./append.ts";
import { exportLine, type Verification } from "./export.ts";
import { type AuditQuery, pageOf } from "./page.ts";
import { recordsFrom, verifyChain } from "./verify.ts";

/** The truth when a notification is lost. */
const POLL_MS = 1_000;
/** A burst of notifications means one look. */
const GATHER_MS = 20;

/** The hash chain over all domain events: written here, verified here, and by anybody who has an export. */
export function createAudit(parts: { readonly store: Store; readonly clock: Clock; readonly log: Logger }) {
  const { store, log } = parts;
  let running = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let woken = false;
  let unlisten: (() => Promise<void>) | undefined;

  /** Chains everything that is there. @returns how many records were appended */
  async function catchUp(): Promise<number> {
    let total = 0;
    for (;;) {
      const appended = await appendNewEvents(store);
      total += appended;
      if (appended < EVENTS_PER_APPEND) return total;
    }
  }

  /** Soon: a burst is gathered, and what follows does not put it off. */
  function wake(): void {
    if (woken) return;
    woken = true;
    if (running && !writing) lookIn(GATHER_MS);
  }
  function lookIn(delayMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(look, delayMs);
  }
  function look(): void {
    woken = false;
    writing = catchUp().then(
      () => settled(),
      (cause: unknown) => {
        log.error({ err: cause }, "the audit chain could not be extended; it is tried again");
        settled();
      },
    );
  }
  function settled(): void {
    writing = undefined;
    if (running) lookIn(woken ? GATHER_MS : POLL_MS);
  }

  return {
    async start(): Promise<void> {
      if (running) return;
      running = true;
      unlisten = await store.listen(EVENT_CHANNEL, wake);
      lookIn(0);
    },
    /** Ends after what is being written, and what happened up to now, is in the chain. */
    async stop(): Promise<void> {
      if (!running) return;
      running = false;
      clearTimeout(timer);
      await unlisten?.();
      unlisten = undefined;
      await writing;
      await catchUp();
    },
    catchUp,
    /** `expectHead`: a hash that was kept elsewhere, which must occur in the chain. */
    verify: (options: { readonly expectHead?: string } = {}): Promise<Verification> => verifyChain(store.db, options),
    /** The chain as JSON lines, without line ends. */
    async *export(): AsyncGenerator<string> {
      for await (const page of recordsFrom(store.db)) for (const record of page) yield exportLine(record);
    },
    page: (query: AuditQuery) => pageOf(store.db, query),
  };
}
export type Audit = ReturnType<typeof createAudit>;
