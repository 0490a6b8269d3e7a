import { keyIdOf, publicKeyObject } from "@breakwater/shared/command";
import { type Clock, fail, formatInstant, ok, type Result } from "@breakwater/shared/core";
import { and, asc, eq, isNull } from "drizzle-orm";
import { recordEvents, type Store, schema } from "../../store/index.ts";

const { approvalKey } = schema;

export interface ApprovalKey {
  readonly keyId: string;
  readonly publicKey: Uint8Array;
  readonly owner: string;
  readonly label: string;
  readonly createdAt: string;
  readonly revokedAt: string | null;
}

/** The public keys whose signatures this controller relays. Endpoints check them again against the ones they have pinned. */
export function createApprovalKeys({ store, clock }: { store: Store; clock: Clock }) {
  const { db } = store;
  const tell = (type: string, keyId: string, actor: string, data: Record<string, unknown>) => ({
    at: clock.now(),
    type,
    actor,
    subject: `approval-key:${keyId}`,
    data,
  });
  return {
    /** Registers a raw Ed25519 public key (32 bytes). */
    async addApprovalKey(key: { publicKey: Uint8Array; owner: string; label?: string }, actor: string): Promise<Result<{ keyId: string }>> {
      if (key.publicKey.length !== 32 || !readable(key.publicKey))
        return fail({
          code: "bad-approval-key",
          message: "This is not an Ed25519 public key of 32 bytes.",
          next: "Make one and register it with: breakwater key create FILE",
        });
      const keyId = keyIdOf(key.publicKey);
      return db.transaction(async (tx) => {
        const [row] = await tx
          .insert(approvalKey)
          .values({ keyId, publicKey: key.publicKey, owner: key.owner, label: key.label ?? "", createdAt: formatInstant(clock.now()) })
          .onConflictDoNothing()
          .returning();
        if (!row) return fail({ code: "approval-key-known", message: `The key ${keyId} is registered already.` });
        await recordEvents(tx, [tell("approval-key.added", keyId, actor, { owner: key.owner })]);
        return ok({ keyId });
      });
    },
    listApprovalKeys: (): Promise<ApprovalKey[]> =>
      db.select().from(approvalKey).orderBy(asc(approvalKey.createdAt), asc(approvalKey.keyId)),
    /** A revoked key approves nothing further; what it approved before stays approved. */
    async revokeApprovalKey(keyId: string, actor: string): Promise<Result<void>> {
      return db.transaction(async (tx) => {
        const rows = await tx
          .update(approvalKey)
          .set({ revokedAt: formatInstant(clock.now()) })
          .where(and(eq(approvalKey.keyId, keyId), isNull(approvalKey.revokedAt)))
          .returning();
        if (rows.length === 0) return fail({ code: "unknown-approval-key", message: `There is no unrevoked key ${keyId}.` });
        await recordEvents(tx, [tell("approval-key.revoked", keyId, actor, {})]);
        return ok(undefined);
      });
    },
  };
}

function readable(raw: Uint8Array): boolean {
  try {
    publicKeyObject(raw);
    return true;
  } catch {
    return false;
  }
}
