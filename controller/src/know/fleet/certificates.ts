import { type Clock, fail, formatInstant, type Instant, instant, ok, type Result } from "@breakwater/shared/core";
import { and, desc, eq, isNull } from "drizzle-orm";
import { type Db, recordEvents, type Store, schema } from "../../store/index.ts";
import { fleetProblem } from "./problems.ts";

const { certificate } = schema;

/** A client certificate that the controller's authority gave out. */
export interface CertificateRecord {
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  /** Empty for a monitor's. */
  readonly endpointId: string;
  /** The URI that names the holder. */
  readonly subject: string;
  readonly issuedAt: Instant;
  readonly expiresAt: Instant;
  readonly revokedAt?: Instant;
}

export function certificateOperations(store: Store, clock: Clock) {
  const { db } = store;
  return {
    certificates: {
      register: (record: CertificateRecord, actor: string): Promise<void> =>
        db.transaction((tx) => registerCertificate(tx as Db, clock.now(), record, actor)),

      /** Takes effect on live streams: the gateway follows the event. Revoking twice changes nothing. */
      async revoke(serial: string, actor: string, reason: string): Promise<Result<null>> {
        return db.transaction(async (tx): Promise<Result<null>> => {
          const [row] = await tx.select().from(certificate).where(eq(certificate.serial, serial));
          if (!row) return fail(fleetProblem.certificateUnknown(serial));
          if (row.revokedAt === null) await revokeRows(tx as Db, clock.now(), [row], actor, reason);
          return ok(null);
        });
      },

      /** A certificate that we did not register is not one that we know to be good. */
      async state(serial: string): Promise<"valid" | "revoked" | "unknown"> {
        const [row] = await db.select({ revokedAt: certificate.revokedAt }).from(certificate).where(eq(certificate.serial, serial));
        return row === undefined ? "unknown" : row.revokedAt === null ? "valid" : "revoked";
      },

      async isRevoked(serial: string): Promise<boolean> {
        return (await this.state(serial)) !== "valid";
      },

      /** Newest first. */
      async of(endpointId: string): Promise<CertificateRecord[]> {
        const rows = await db.select().from(certificate).where(eq(certificate.endpointId, endpointId)).orderBy(desc(certificate.issuedAt));
        return rows.map((row) => ({
          serial: row.serial,
          endpointId: row.endpointId,
          subject: row.subject,
          issuedAt: instant(Date.parse(row.issuedAt)),
          expiresAt: instant(Date.parse(row.expiresAt)),
          ...(row.revokedAt === null ? {} : { revokedAt: instant(Date.parse(row.revokedAt)) }),
        }));
      },
    },
  };
}

export async function registerCertificate(tx: Db, at: Instant, record: CertificateRecord, actor: string): Promise<void> {
  await tx.insert(certificate).values({
    serial: record.serial,
    endpointId: record.endpointId,
    subject: record.subject,
    issuedAt: formatInstant(record.issuedAt),
    expiresAt: formatInstant(record.expiresAt),
  });
  await recordEvents(tx, [
    {
      at,
      type: "certificate.issued",
      actor,
      subject: `certificate:${record.serial}`,
      data: { holder: record.subject, endpointId: record.endpointId, expiresAt: formatInstant(record.expiresAt) },
    },
  ]);
}

/** @returns how many were still good */
export async function revokeCertificatesOf(tx: Db, at: Instant, endpointId: string, actor: string, reason: string): Promise<number> {
  const rows = await tx
    .select()
    .from(certificate)
    .where(and(eq(certificate.endpointId, endpointId), isNull(certificate.revokedAt)));
  await revokeRows(tx, at, rows, actor, reason);
  return rows.length;
}

async function revokeRows(tx: Db, at: Instant, rows: (typeof certificate.$inferSelect)[], actor: string, reason: string): Promise<void> {
  for (const row of rows)
    await tx
      .update(certificate)
      .set({ revokedAt: formatInstant(at) })
      .where(eq(certificate.serial, row.serial));
  await recordEvents(
    tx,
    rows.map((row) => ({
      at,
      type: "certificate.revoked",
      actor,
      subject: `certificate:${row.serial}`,
      data: { serial: row.serial, endpointId: row.endpointId, holder: row.subject, reason },
    })),
  );
}
