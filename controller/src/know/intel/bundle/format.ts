import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fail, ok, type Problem, type Result } from "@breakwater/shared/core";
import { z } from "zod";
import { linesOf } from "../bytes.ts";

/**
 * A bundle of intelligence: gzipped JSON lines. The first is the header, the last the signature over the SHA-256 of all lines before it; between them
 * lies, feed after feed, what the feed says, and at last what is known of vulnerabilities as such.
 */
export const FORMAT = "breakwater-intel-bundle-v1";
/** As the spool's: one record. */
export const MAX_LINE_BYTES = 128 * 1024 * 1024;

export const BundledFeed = z.object({
  id: z.string().regex(/^[\w.-]{1,64}$/),
  kind: z.string().max(64),
  /** When the exporting site last knew it to be current: its age there is its age here. */
  lastSuccessAt: z.string(),
  dated: z.string().nullable(),
  modelVersion: z.string(),
  records: z.number().int().nonnegative(),
});
export type BundledFeed = z.infer<typeof BundledFeed>;
export const BundleHeader = z.object({ format: z.literal(FORMAT), createdAt: z.string(), feeds: z.array(BundledFeed).max(1_000) });
export type BundleHeader = z.infer<typeof BundleHeader>;
const Signature = z.object({ signature: z.string(), publicKey: z.string() });

/** An Ed25519 key as people pass it on: base64 of the SPKI. */
export const writtenKey = (key: KeyObject): string =>
  (key.type === "private" ? createPublicKey(key) : key).export({ format: "der", type: "spki" }).toString("base64");

/** A pinned key, from its written form or PEM. @throws Error when it is no Ed25519 public key */
export function readPublicKey(text: string): KeyObject {
  const key = text.includes("-----BEGIN")
    ? createPublicKey(text)
    : createPublicKey({ key: Buffer.from(text.trim(), "base64"), format: "der", type: "spki" });
  if (key.asymmetricKeyType !== "ed25519") throw new Error("it is no Ed25519 key");
  return key;
}

export function isPublicKey(text: string): boolean {
  try {
    readPublicKey(text);
    return true;
  } catch {
    return false;
  }
}

/** The controller's own key for bundles, made when it is first needed. */
export function ownKey(path: string): KeyObject {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const { privateKey } = generateKeyPairSync("ed25519");
    // Never over one that another process has made meanwhile.
    writeFileSync(path, privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600, flag: "wx" });
  }
  return createPrivateKey(readFileSync(path, "utf8"));
}

const messageOf = (digest: string) => Buffer.from(`${FORMAT}\n${digest}`, "utf8");

/** Lines with a last one that signs those before. */
export async function* signed(lines: AsyncIterable<string>, key: KeyObject): AsyncGenerator<string> {
  const hash = createHash("sha256");
  for await (const line of lines) {
    hash.update(`${line}\n`);
    yield `${line}\n`;
  }
  yield `${JSON.stringify({ signature: sign(null, messageOf(hash.digest("hex")), key).toString("base64"), publicKey: writtenKey(key) })}\n`;
}

const refused = (message: string, next: string): Result<never> => fail({ code: "bundle-refused", message, next } satisfies Problem);
const AGAIN = "Nothing was taken from it. Copy it from the exporting site again.";

/**
 * Reads a bundle to its end, and holds it against the pinned keys, before anything of it is used.
 * @returns its header, and who signed it
 */
export async function verifyBundle(
  path: string,
  pinned: readonly KeyObject[],
): Promise<Result<{ header: BundleHeader; signedBy: string }>> {
  if (pinned.length === 0)
    return refused(
      "No key is pinned here, so nobody's bundle is trusted.",
      "Set bundleKeys to the exporting site's public key, as `breakwater intel key` prints it there.",
    );
  let header: BundleHeader | undefined;
  let last: string | undefined;
  const hash = createHash("sha256");
  try {
    for await (const { text, ended } of linesOf(path, MAX_LINE_BYTES)) {
      if (text === undefined || !ended) return refused("The bundle is cut short, or one of its lines is too long.", AGAIN);
      if (last !== undefined) hash.update(`${last}\n`);
      if (header === undefined) {
        const parsed = BundleHeader.safeParse(json(text));
        if (!parsed.success)
          return refused(
            "This is no bundle of intelligence, or of a version that is not read here.",
            "Give a file that `breakwater intel export` wrote.",
          );
        header = parsed.data;
      }
      last = text;
    }
  } catch (cause) {
    return refused(`The bundle is damaged or cut short: ${cause instanceof Error ? cause.message : String(cause)}.`, AGAIN);
  }
  const signature = Signature.safeParse(json(last ?? ""));
  if (!header || !signature.success) return refused("The bundle is cut short: its signature is missing.", AGAIN);
  const message = messageOf(hash.digest("hex"));
  const signature64 = Buffer.from(signature.data.signature, "base64");
  const key = pinned.find((k) => writtenKey(k) === signature.data.publicKey);
  if (!key)
    return refused(
      `The bundle is signed by the key ${signature.data.publicKey.slice(0, 80)}, which is not pinned here.`,
      "If that key is the exporting site's, add it to bundleKeys; else somebody else made this file.",
    );
  if (!verify(null, message, key, signature64)) return refused("The bundle was changed after it was signed.", AGAIN);
  return ok({ header, signedBy: signature.data.publicKey });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
