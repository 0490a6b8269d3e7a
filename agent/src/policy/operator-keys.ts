import { createPublicKey } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { keyIdOf, type OperatorKey, passkeyPublicKey, rawPublicKey } from "@breakwater/shared/command";
import type { Problem } from "@breakwater/shared/core";
import { foreignHand, readOwnersWord } from "./owners-word.ts";

/** Keys that the machine's owner laid down. Where there is one, keys from enrolment count for nothing. */
export const OWNER_KEYS_DIR = "operators.d";
/** Keys that the controller named at enrolment. */
export const ENROLLED_KEYS_DIR = "enrolled-operators.d";
const MAX_KEYS = 100;
/** A key is a line; the rest is for comments. */
const MAX_KEY_BYTES = 16 * 1024;
const GIVE_BACK = "Look whether it is yours; then give it back to root alone: chown root and chmod go-w.";

export interface PinnedKeys {
  readonly keys: readonly OperatorKey[];
  readonly source: "owner" | "enrolment" | "none";
  /** Files that hold no key: said, and left out. */
  readonly problems: readonly Problem[];
}

/** One line: base64 of the raw Ed25519 key, then its owner; of a passkey "passkey", base64 of its SPKI, rp id, origin, owner. */
export function formatOperatorKey({ publicKey, owner, passkey }: OperatorKey): string {
  const base64 = Buffer.from(publicKey).toString("base64");
  const name = owner.replace(/\s+/g, " ");
  return passkey ? `passkey ${base64} ${passkey.rpId} ${passkey.origin} ${name}\n` : `${base64} ${name}\n`;
}

function parsePasskey(line: string, fallbackOwner: string): OperatorKey | undefined {
  const match = /^passkey ([A-Za-z0-9+/]{40,300}={0,2}) ([a-z0-9.-]{1,253}) (https?:\/\/\S{1,300})(?:\s+(\S.*))?$/.exec(line);
  const [, base64 = "", rpId = "", origin = "", owner] = match ?? [];
  const publicKey = Buffer.from(base64, "base64");
  if (!match || !passkeyPublicKey(publicKey)) return undefined;
  return { keyId: keyIdOf(publicKey), publicKey, owner: owner ?? fallbackOwner, passkey: { rpId, origin } };
}

/** Reads a key file: our one-line forms, or an Ed25519 public key in PEM. @returns undefined when it is neither. */
export function parseOperatorKey(text: string, fallbackOwner: string): OperatorKey | undefined {
  if (text.includes("-----BEGIN PUBLIC KEY-----")) {
    try {
      const key = createPublicKey(text);
      if (key.asymmetricKeyType !== "ed25519") return undefined;
      const publicKey = rawPublicKey(key);
      return { keyId: keyIdOf(publicKey), publicKey, owner: fallbackOwner };
    } catch {
      return undefined;
    }
  }
  const line = text.split("\n").find((l) => l.trim() !== "" && !l.startsWith("#"));
  if (line?.startsWith("passkey ")) return parsePasskey(line.trim(), fallbackOwner);
  const match = /^([A-Za-z0-9+/]{43}=)(?:\s+(\S.*))?$/.exec(line?.trim() ?? "");
  if (!match?.[1]) return undefined;
  const publicKey = Buffer.from(match[1], "base64");
  return { keyId: keyIdOf(publicKey), publicKey, owner: match[2] ?? fallbackOwner };
}

/** The operators' keys that this endpoint trusts: the owner's own, else those of the enrolment. */
export async function loadOperatorKeys(configDir: string): Promise<PinnedKeys> {
  const owner = await readKeys(join(configDir, OWNER_KEYS_DIR));
  // A directory with nothing but broken files is still the owner's word: no fall-back to keys he did not lay down.
  if (owner.files > 0) return { keys: owner.keys, source: "owner", problems: owner.problems };
  const enrolled = await readKeys(join(configDir, ENROLLED_KEYS_DIR));
  const problems = [...owner.problems, ...enrolled.problems];
  return { keys: enrolled.keys, source: enrolled.keys.length > 0 ? "enrolment" : "none", problems };
}

async function readKeys(dir: string): Promise<{ keys: OperatorKey[]; files: number; problems: Problem[] }> {
  const none = (code: string, message: string, next: string) => ({ keys: [], files: 1, problems: [{ code, message, next }] });
  let names: string[];
  try {
    const hand = await foreignHand(dir);
    if (hand) return none("operator-keys-unsound", `No key in ${dir} counts: ${hand}.`, GIVE_BACK);
    names = (await readdir(dir)).filter((n) => n.endsWith(".pub")).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return { keys: [], files: 0, problems: [] };
    return none("operator-keys-unreadable", `${dir} cannot be read (${code}).`, "Let the agent's user read it.");
  }
  const keys = new Map<string, OperatorKey>();
  const problems: Problem[] = [];
  for (const name of names.slice(0, MAX_KEYS)) {
    const path = join(dir, name);
    const read = await readOwnersWord(path, MAX_KEY_BYTES).catch(() => undefined);
    const key = read?.ok ? parseOperatorKey(read.value, name.replace(/\.pub$/, "")) : undefined;
    if (key) keys.set(key.keyId, key);
    else if (read && !read.ok)
      problems.push({ code: "operator-key-unsound", message: `${path} is left out: ${read.problem.message}.`, next: GIVE_BACK });
    else
      problems.push({
        code: "operator-key-malformed",
        message: `${path} holds neither an Ed25519 public key nor a passkey; it is left out.`,
      });
  }
  return { keys: [...keys.values()], files: names.length, problems };
}
