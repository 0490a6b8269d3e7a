import { type Assertion, assertionProblem, keyIdOf, passkeyMessage, passkeyPublicKey, publicKeyObject } from "@breakwater/shared/command";
import { type Clock, fail, formatInstant, ok, type Result } from "@breakwater/shared/core";
import { and, asc, eq, isNull } from "drizzle-orm";
import { recordEvents, type Store, schema } from "../../store/index.ts";

const { approvalKey } = schema;

export interface ApprovalKey {
  readonly keyId: string;
  readonly publicKey: Uint8Array;
  readonly passkey: { readonly rpId: string; readonly origin: string; readonly credentialId: string } | null;
  readonly owner: string;
  readonly label: string;
  readonly createdAt: string;
  readonly revokedAt: string | null;
}

export interface NewPasskey {
  readonly publicKey: Uint8Array;
  readonly owner: string;
  readonly label?: string;
  readonly rpId: string;
  readonly origin: string;
  readonly credentialId: string;
  readonly proof: Assertion & { readonly signature: Uint8Array };
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
  async function add(
    key: { publicKey: Uint8Array; owner: string; label?: string },
    passkey: ApprovalKey["passkey"],
    actor: string,
  ): Promise<Result<{ keyId: string }>> {
    const keyId = keyIdOf(key.publicKey);
    const { publicKey, owner, label = "" } = key;
    return db.transaction(async (tx) => {
      const [row] = await tx
        .insert(approvalKey)
        .values({ keyId, publicKey, passkey, owner, label, createdAt: formatInstant(clock.now()) })
        .onConflictDoNothing()
        .returning();
      if (!row) return fail({ code: "approval-key-known", message: `The key ${keyId} is registered already.` });
      await recordEvents(tx, [tell("approval-key.added", keyId, actor, { owner, ...(passkey ? { passkey: passkey.rpId } : {}) })]);
      return ok({ keyId });
    });
  }
  return {
    /** Registers a raw Ed25519 public key (32 bytes). */
    async addApprovalKey(key: { publicKey: Uint8Array; owner: string; label?: string }, actor: string): Promise<Result<{ keyId: string }>> {
      if (key.publicKey.length !== 32 || !readable(key.publicKey))
        return fail({
          code: "bad-approval-key",
          message: "This is not an Ed25519 public key of 32 bytes.",
          next: "Make one and register it with: breakwater key create FILE",
        });
      return add(key, null, actor);
    },
    /**
     * Registers a passkey (SPKI) for where it was made. An assertion over the registration itself proves that its authenticator is
     * at hand and verifies its user; who made it is not attested, and nothing rests on that.
     */
    async addPasskey(passkey: NewPasskey, actor: string): Promise<Result<{ keyId: string }>> {
      const problem = passkeyProblem(passkey);
      if (problem !== undefined)
        return fail({
          code: "bad-passkey",
          message: `This passkey cannot be registered: ${problem}.`,
          next: "Make it on the account page of the console.",
        });
      const { rpId, origin, credentialId } = passkey;
      return add(passkey, { rpId, origin, credentialId }, actor);
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

function passkeyProblem({ publicKey, owner, rpId, origin, proof }: NewPasskey): string | undefined {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url?.origin !== origin) return "the origin is none";
  if (url.hostname !== rpId && !url.hostname.endsWith(`.${rpId}`)) return `the origin ${origin} is not one of ${rpId}`;
  if (!passkeyPublicKey(publicKey)) return "its key is neither P-256 nor Ed25519";
  const message = passkeyMessage({ keyId: keyIdOf(publicKey), origin, owner, rpId });
  return assertionProblem({ publicKey, passkey: { rpId, origin } }, message, proof, proof.signature);
}

function readable(raw: Uint8Array): boolean {
  try {
    publicKeyObject(raw);
    return true;
  } catch {
    return false;
  }
}
