import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
/** gpgv hashes some hundred megabytes a second. */
const TIMEOUT_MS = 300_000;
const MAX_SIGNATURE_CHARACTERS = 100_000;

/**
 * Holds a document against its publisher's detached OpenPGP signature (".asc" beside it), by gpgv and with the keys of a keyring that the operator
 * laid down; nothing else that a key server or the user's own keyring says counts.
 * @param keyring a file of public keys as `gpg --export` writes it
 * @throws Error with the reason, also where gpgv is not there: unchecked is not good
 */
export async function checkSignature(keyring: string, path: string, signature: string): Promise<void> {
  if (signature.length > MAX_SIGNATURE_CHARACTERS) throw new Error("what stands where its signature should is too large for one");
  if (!signature.includes("-----BEGIN PGP SIGNATURE-----") || signature.includes("-----BEGIN PGP SIGNED MESSAGE-----"))
    throw new Error("what stands where its signature should is no detached OpenPGP signature");
  const beside = `${path}.signature`;
  await writeFile(beside, signature, { mode: 0o600 });
  try {
    const { stdout } = await run("gpgv", ["--status-fd", "1", "--keyring", keyring, beside, path], { timeout: TIMEOUT_MS });
    // gpgv ends with 0, and calls a signature valid, also where its key has expired or was revoked; good it calls it then no more.
    if (!/^\[GNUPG:\] GOODSIG /m.test(stdout)) throw Object.assign(new Error("gpgv names no good signature"), { stdout });
  } catch (cause) {
    throw new Error(whyNot(cause, keyring));
  } finally {
    await rm(beside, { force: true });
  }
}

function whyNot(cause: unknown, keyring: string): string {
  const { code, stdout = "", stderr = "", message } = cause as { code?: unknown; stdout?: string; stderr?: string; message: string };
  if (code === "ENOENT") return "its signature cannot be checked: gpgv is not installed here (package gpgv)";
  const status = (word: string) => new RegExp(`^\\[GNUPG:\\] ${word}\\b`, "m").test(stdout);
  if (status("BADSIG")) return "its signature is not of these bytes: it was changed, or damaged on the way";
  if (status("EXPSIG")) return "its signature has expired";
  if (status("EXPKEYSIG") || status("REVKEYSIG")) return "its signature is by a key that has expired or was revoked";
  if (status("NO_PUBKEY")) return `its signature is by a key that is not in ${keyring}`;
  return `its signature could not be checked: ${(stderr.trim().split("\n").at(-1) || message).slice(0, 300)}`;
}
