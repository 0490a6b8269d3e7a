import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from "node:crypto";
import * as z from "zod";
import { fail, formatInstant, type Instant, ok, parseInstant, type Result } from "../core/index.ts";
import { canonicalJson, sha256Hex } from "./canonical.ts";
import { keyIdOf, type OperatorKey, publicKeyObject, rawPublicKey } from "./signing.ts";

/** A signed halt or lift is a page of text. More is a mistake, and is not read. */
export const MAX_ORDER_BYTES = 8 * 1024;
const MAX_REASON = 500;

const digest = z.string().regex(/^[0-9a-f]{64}$/, "not a SHA-256 in hex");
const moment = z.iso.datetime();
/** `all`: every endpoint that pins the signing key. */
const scopeSchema = z
  .string()
  .regex(/^(all|endpoint:[A-Za-z0-9_.:-]{1,64}|plan:[0-9a-f]{64})$/, 'not "all", "endpoint:ID" or "plan:DIGEST"');

export const haltStatementSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal("halt"),
  scope: scopeSchema,
  issuedAt: moment,
  /** Without it the halt stands until it is lifted. */
  expiresAt: moment.optional(),
  reason: z.string().max(MAX_REASON),
  /** Tells two halts apart that say the same, so that a lifted one can never stand for a new one. */
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
});
export const liftStatementSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal("lift"),
  /** Digest of the halt that ends. */
  halt: digest,
  issuedAt: moment,
  reason: z.string().max(MAX_REASON),
});
export const orderSchema = z.strictObject({
  statement: z.discriminatedUnion("kind", [haltStatementSchema, liftStatementSchema]),
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
  signature: z.base64().length(88),
});
export type HaltStatement = z.infer<typeof haltStatementSchema>;
export type LiftStatement = z.infer<typeof liftStatementSchema>;
/**
 * What an operator signs without any controller: that endpoints begin nothing any more, or that such a halt ends. It is the
 * file that `breakwater halt sign` prints, and travels as that text.
 */
export type SignedOrder = z.infer<typeof orderSchema>;

/** The text that is signed. Its prefix keeps the signature from meaning anything elsewhere. */
export const orderMessage = (statement: HaltStatement | LiftStatement): Buffer =>
  Buffer.from(`breakwater-${statement.kind}-v1\n${canonicalJson(statement)}`, "utf8");
/** The name of a halt: hex SHA-256 of the signed text. */
export const haltDigest = (statement: HaltStatement): string => sha256Hex(orderMessage(statement));
/** The one spelling of a signed order. */
export const formatOrder = (order: SignedOrder): string => canonicalJson(order);

/** Reads a file or a message as an order. Says nothing yet of whether somebody trusted signed it. */
export function parseOrder(text: string): Result<SignedOrder> {
  const malformed = (why: string) =>
    fail({
      code: "halt-malformed",
      message: `This is no signed halt or lift (${why}).`,
      next: "Make one: breakwater halt sign --key FILE",
    });
  if (Buffer.byteLength(text) > MAX_ORDER_BYTES) return malformed(`more than ${MAX_ORDER_BYTES} bytes`);
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return malformed("not JSON");
  }
  const parsed = orderSchema.safeParse(raw);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  return malformed(`${issue?.path.join(".") || "the file"}: ${issue?.message}`.slice(0, 300));
}

/** Whether one of these keys signed the order. Passkeys sign no halts: a halt is made where no browser and no controller is. */
export function verifyOrder(order: SignedOrder, keys: readonly OperatorKey[]): Result<OperatorKey> {
  const key = keys.find((k) => k.keyId === order.keyId && k.passkey === undefined);
  const what = order.statement.kind;
  if (!key)
    return fail({
      code: "halt-untrusted",
      message: `The ${what} is signed by the key ${order.keyId}, which is not among those that are trusted here.`,
      next: "Sign it with a key that endpoints have pinned.",
    });
  if (!verify(null, orderMessage(order.statement), publicKeyObject(key.publicKey), Buffer.from(order.signature, "base64")))
    return fail({ code: "halt-forged", message: `The signature is not one of key ${order.keyId} over this ${what}.` });
  return ok(key);
}

/** Signs a halt for endpoints that pin this key. */
export function signHalt(
  what: { readonly scope: string; readonly reason: string; readonly until?: Instant | undefined },
  privateKeyPem: string,
  at: Instant,
): Result<SignedOrder> {
  const statement = haltStatementSchema.safeParse({
    ...{ version: 1, kind: "halt", scope: what.scope, reason: what.reason, issuedAt: formatInstant(at) },
    ...(what.until === undefined ? {} : { expiresAt: formatInstant(what.until) }),
    nonce: randomBytes(16).toString("hex"),
  });
  if (!statement.success) return unsignable(statement.error);
  if (what.until !== undefined && what.until <= at)
    return fail({ code: "halt-over", message: "The halt would be over before it begins.", next: "Give a later --until." });
  return ok(signed(statement.data, privateKeyPem));
}

/** Signs the end of a halt. */
export function signLift(haltDigestHex: string, reason: string, privateKeyPem: string, at: Instant): Result<SignedOrder> {
  const statement = liftStatementSchema.safeParse({ version: 1, kind: "lift", halt: haltDigestHex, issuedAt: formatInstant(at), reason });
  return statement.success ? ok(signed(statement.data, privateKeyPem)) : unsignable(statement.error);
}

const unsignable = (error: z.ZodError) =>
  fail({ code: "halt-malformed", message: `This cannot be signed: ${error.issues[0]?.path.join(".")}: ${error.issues[0]?.message}.` });

function signed(statement: HaltStatement | LiftStatement, privateKeyPem: string): SignedOrder {
  const key = createPrivateKey(privateKeyPem);
  const keyId = keyIdOf(rawPublicKey(createPublicKey(key)));
  return { statement, keyId, signature: sign(null, orderMessage(statement), key).toString("base64") };
}

/** Whether a halt is about this endpoint, or about this plan on it. Without a plan: about the endpoint as a whole. */
export function haltConcerns(statement: HaltStatement, endpointId: string, planDigest: string | undefined): boolean {
  const [kind, ...rest] = statement.scope.split(":");
  const of = rest.join(":");
  if (kind === "endpoint") return of === endpointId;
  return kind === "plan" ? of === planDigest : true;
}

/** Whether its own end has come. */
export const haltIsOver = (statement: HaltStatement, now: Instant): boolean =>
  statement.expiresAt !== undefined && now >= (parseInstant(statement.expiresAt) ?? Number.POSITIVE_INFINITY);
