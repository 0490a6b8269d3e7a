import { formatInstant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { stream } from "hono/streaming";
import { z } from "zod";
import { type Api, bind } from "../bind.ts";
import type { createEventStreams } from "../events.ts";
import { listAudit } from "../queries/audit.ts";
import { realOrNull, select } from "../queries/select.ts";
import { routes } from "../routes/index.ts";
import type { Services } from "../services.ts";

/** What the engine promises, in words that an operator can act on. */
const DURABILITY = {
  pglite:
    "The built-in database does not wait for the disk: a power cut or a crash of the machine can lose the last seconds, and in bad cases the whole directory. A stop or a crash of the controller alone loses nothing. Use PostgreSQL (DATABASE_URL) for production, and keep the audit exports elsewhere.",
  postgresql: "PostgreSQL writes each commit to disk before it answers (unless its own settings say otherwise).",
} as const;

export function bindAccount(api: Api, services: Services, events: Awaited<ReturnType<typeof createEventStreams>>): void {
  const { store, clock, audit, system } = services;
  bind(api, routes.audit, async ({ query, principal }) => listAudit(store.db, query, principal.role));
  bind(api, routes.auditVerify, async () => {
    const result = await audit.verify();
    return {
      ok: result.ok,
      records: result.records,
      head: result.head,
      broken: result.ok ? null : { sequence: result.firstBroken, why: result.reason },
      checkedAt: formatInstant(clock.now()),
    };
  });
  bind(api, routes.auditExport, async ({ context }) => {
    context.header("content-type", "application/jsonl");
    context.header("content-disposition", 'attachment; filename="breakwater-audit.jsonl"');
    return stream(context, async (out) => {
      for await (const line of audit.export()) await out.write(`${line}\n`);
    });
  });
  bind(api, routes.events, async ({ context, principal, query }) => {
    const last = Number(context.req.header("last-event-id") ?? Number.NaN);
    return events.stream(context, principal, Number.isSafeInteger(last) && last >= 0 ? last : query.after);
  });
  bind(api, routes.system, async () => {
    const [size] = await select(store.db, z.object({ bytes: realOrNull }), sql`select pg_database_size(current_database())::text as bytes`);
    return {
      version: system.version,
      now: formatInstant(clock.now()),
      startedAt: formatInstant(system.startedAt),
      simulatedTime: system.simulatedTime,
      store: {
        engine: store.engine,
        dataDirectory: system.dataDirectory,
        sizeBytes: size?.bytes ?? null,
        durability: DURABILITY[store.engine],
      },
      addresses: system.addresses,
      caFingerprint: system.caFingerprint,
    };
  });
  bind(api, routes.healthz, async () => ({ ok: true as const }));
  bind(api, routes.readyz, async ({ context }) => {
    const answer = await select(store.db, z.object({ one: z.coerce.number() }), sql`select 1 as one`).then(
      () => "answers",
      // The driver's own words; around them stands only the question.
      (cause: unknown) => (cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : String(cause)),
    );
    const ready = answer === "answers";
    return context.json({ ready, store: answer }, ready ? 200 : 503);
  });
}
