import { get, post } from "./api.ts";
import type { ApprovalKey } from "./types.ts";

/**
 * This browser's approval key: Ed25519 by WebCrypto, its private half not extractable and kept in IndexedDB, so that
 * neither the controller nor a script on another page can take it away. The public half is registered under the signed-in
 * user; endpoints trust it once it is pinned there.
 */
const DATABASE = "breakwater";
const STORE = "keys";

interface StoredKey {
  readonly keyId: string;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly pair: CryptoKeyPair;
}

function database(): Promise<IDBDatabase> {
  return new Promise((done, refuse) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => done(request.result);
    request.onerror = () => refuse(request.error ?? new Error("The browser's storage cannot be opened."));
  });
}
const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((done, refuse) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => refuse(request.error ?? new Error("The browser's storage refused."));
  });

const hex = (bytes: ArrayBuffer): string => [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, "0")).join("");
export const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

export async function browserKey(user: string): Promise<StoredKey | undefined> {
  const db = await database();
  return settled<StoredKey | undefined>(db.transaction(STORE).objectStore(STORE).get(user));
}

/** @throws when the browser has no Ed25519 (Chromium has it since 137, Firefox since 129, Safari since 17) */
export async function makeBrowserKey(user: string): Promise<StoredKey> {
  const pair = (await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"])) as CryptoKeyPair;
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  // As shared/command has it: the first 16 hex digits of the public key's SHA-256.
  const keyId = hex(await crypto.subtle.digest("SHA-256", publicKey)).slice(0, 16);
  const db = await database();
  const stored = { keyId, publicKey, pair };
  await settled(db.transaction(STORE, "readwrite").objectStore(STORE).put(stored, user));
  return stored;
}

/** This browser's key, made and registered first where there is none. */
export async function signingKey(user: string): Promise<StoredKey> {
  const key = (await browserKey(user)) ?? (await makeBrowserKey(user));
  const known = await get<{ rows: ApprovalKey[] }>("/approval-keys");
  if (!known.rows.some((k) => k.keyId === key.keyId))
    await post("/approval-keys", { label: `${navigator.platform || "browser"} of ${user}`, publicKey: base64(key.publicKey) });
  return key;
}

async function signText(key: StoredKey, text: string): Promise<string> {
  return base64(new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, key.pair.privateKey, new TextEncoder().encode(text))));
}
/** Signs a plan's digest as shared/command's approvalMessage has it. @returns base64 */
export const signDigest = (key: StoredKey, digest: string): Promise<string> => signText(key, `breakwater-approval-v1\n${digest}`);
/** Allows to rehearse the plan and nothing else, as shared/command's rehearsalMessage has it. @returns base64 */
export const signRehearsal = (key: StoredKey, digest: string): Promise<string> => signText(key, `breakwater-rehearsal-v1\n${digest}`);
