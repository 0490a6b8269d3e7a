import { verify } from "node:crypto";
import { keyIdOf, publicKeyObject } from "@breakwater/shared/command";
import { z } from "zod";

/** Authors that are believed at most: whoever needs more believes everybody. */
export const MAX_TRUSTED = 200;

/**
 * An author who is believed. `rank` 1 is believed before 2. With a key, only documents that it signed (Ed25519 over the bytes as they
 * came) count as this author's; without one, whoever may import can speak for the author.
 */
export const trustedAuthorSchema = z.strictObject({
  /** As the document writes it: OpenVEX's author, CSAF's publisher (name or namespace), CycloneDX's author. */
  author: z.string().trim().min(1).max(300),
  rank: z.number().int().min(1).max(100),
  /** Raw public key, base64. */
  publicKey: z
    .base64()
    .refine((text) => Buffer.from(text, "base64").length === 32, "an Ed25519 public key has 32 bytes")
    .nullable()
    .default(null),
});
export type TrustedAuthor = z.output<typeof trustedAuthorSchema>;

export const trustSchema = z
  .array(trustedAuthorSchema)
  .max(MAX_TRUSTED)
  .refine((all) => new Set(all.map((a) => a.author)).size === all.length, "an author is named twice");

const idOf = (publicKey: string): string => keyIdOf(Buffer.from(publicKey, "base64"));

/** The believed author's key that signed these bytes; undefined where none did. */
export function signerOf(bytes: Uint8Array, signature: Uint8Array, trusted: readonly TrustedAuthor[]): string | undefined {
  for (const { publicKey } of trusted) if (publicKey !== null && signed(publicKey, bytes, signature)) return idOf(publicKey);
  return undefined;
}

/** How far a document is believed: 1 most; null not at all, with the reason. */
export function rankOf(
  document: { readonly author: string; readonly authorUri: string; readonly keyId: string },
  trusted: readonly TrustedAuthor[],
): { readonly rank: number } | { readonly rank: null; readonly why: string } {
  const entry =
    trusted.find((t) => t.author === document.author) ?? trusted.find((t) => document.authorUri !== "" && t.author === document.authorUri);
  if (!entry) return { rank: null, why: `${document.author} is not among the authors who are believed` };
  if (entry.publicKey !== null && idOf(entry.publicKey) !== document.keyId)
    return { rank: null, why: `${document.author} is believed with a signature by the configured key only, and this document has none` };
  return { rank: entry.rank };
}

function signed(publicKey: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify(null, bytes, publicKeyObject(Buffer.from(publicKey, "base64")), signature);
  } catch {
    // 32 bytes that are no point of the curve have signed nothing.
    return false;
  }
}
