import { createPrivateKey, type KeyObject } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Clock, fail, type Result } from "@breakwater/shared/core";
import type { Store } from "../../../store/index.ts";
import { linesOf } from "../bytes.ts";
import { MAX_DOWNLOAD_BYTES } from "../transport/index.ts";
import { MAX_LINE_BYTES, ownKey, readPublicKey, signed, verifyBundle, writtenKey } from "./format.ts";
import { type BundleImport, takeBundle } from "./read.ts";
import { bundleLines } from "./write.ts";

export { isPublicKey } from "./format.ts";

/** Carries intelligence to sites that reach no feed, as signed files. */
export function createBundles({
  store,
  clock,
  folder,
  keyPath,
  pinned,
}: {
  readonly store: Store;
  readonly clock: Clock;
  /** Where a bundle lies while it is read. */
  readonly folder: () => Promise<string>;
  /** The private key that signs, made on first use; absent where nothing can be exported. */
  readonly keyPath?: string | undefined;
  /** Public keys of sites whose bundles are taken. */
  readonly pinned: readonly string[];
}) {
  const keys = pinned.map(readPublicKey);
  return {
    /** The public half of the key that signs here, to be pinned elsewhere. */
    publicKey: (): string | undefined => (keyPath === undefined ? undefined : writtenKey(ownKey(keyPath))),

    /** Everything that is known, packed and signed. */
    export(): Readable | undefined {
      if (keyPath === undefined) return undefined;
      const lines = Readable.from(signed(bundleLines(store.db, clock.now()), ownKey(keyPath)));
      const packed = createGzip();
      lines.on("error", (cause) => packed.destroy(cause));
      return lines.pipe(packed);
    },

    /** Verifies the whole bundle, then takes what is newer in it than here. */
    async import(content: AsyncIterable<Uint8Array>): Promise<Result<BundleImport>> {
      const place = await mkdtemp(join(await folder(), "bundle-"));
      try {
        const path = join(place, "bundle");
        let bytes = 0;
        async function* bounded() {
          for await (const chunk of content) {
            bytes += chunk.length;
            if (bytes > MAX_DOWNLOAD_BYTES) return;
            yield chunk;
          }
        }
        await pipeline(Readable.from(bounded()), createWriteStream(path, { mode: 0o600 }));
        if (bytes > MAX_DOWNLOAD_BYTES)
          return fail({
            code: "bundle-refused",
            message: `The bundle has more than ${MAX_DOWNLOAD_BYTES} bytes.`,
            next: "Nothing was taken from it.",
          });
        const verified = await verifyBundle(path, keys);
        return verified.ok ? await takeBundle(store, path, verified.value, clock.now(), place) : verified;
      } finally {
        await rm(place, { recursive: true, force: true });
      }
    },
  };
}

/** Signs a bundle with another key than the exporting controller's. @param privateKeyPem PKCS #8, Ed25519 */
export async function resignBundle(from: string, to: string, privateKeyPem: string): Promise<string> {
  const key: KeyObject = createPrivateKey(privateKeyPem);
  if (key.asymmetricKeyType !== "ed25519") throw new Error("it is no Ed25519 key");
  async function* unsigned() {
    let before: string | undefined;
    for await (const { text } of linesOf(from, MAX_LINE_BYTES)) {
      if (before !== undefined) yield before;
      before = text;
    }
  }
  const folder = await mkdtemp(join(dirname(to), ".bundle-"));
  try {
    const path = join(folder, "bundle");
    await pipeline(Readable.from(signed(unsigned(), key)), createGzip(), createWriteStream(path, { mode: 0o600 }));
    await rename(path, to);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return writtenKey(key);
}
