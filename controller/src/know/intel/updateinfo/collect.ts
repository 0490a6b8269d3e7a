import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { type Collect, collectDocument, isUrl, localPath, readSmall } from "../collect.ts";
import { download, NO_VALIDATORS, sha256Of } from "../transport/index.ts";
import { childOf, type XmlElement, xmlElements } from "../xml.ts";

/**
 * A repository, by its address that ends with a slash or its directory: repodata/repomd.xml says where its list of updates lies and what its checksum
 * is. Any other source is the list itself.
 */
export const collectUpdateinfo: Collect = async (collecting) => {
  const { feed, known, transport, folder, stop } = collecting;
  const remote = isUrl(feed.source);
  if (remote ? !feed.source.endsWith("/") : !existsSync(join(localPath(feed.source), "repodata"))) return collectDocument(collecting);
  const base = remote ? feed.source : `${pathToFileURL(localPath(feed.source)).href.replace(/\/$/, "")}/`;
  const index = join(folder, "repomd.xml");
  await writeFile(index, await readSmall(new URL("repodata/repomd.xml", base).href, collecting), { mode: 0o600 });
  const data = await updateinfoOf(index);
  const href = childOf(data, "location")?.attributes.href ?? "";
  const declared = childOf(data, "checksum");
  const algorithm = declared?.attributes.type ?? "";
  if (href === "" || !/^sha(256|384|512)$/.test(algorithm)) throw new Error("repomd.xml names no list of updates with a SHA-2 checksum");
  const expected = declared?.text.trim().toLowerCase() ?? "";
  const url = new URL(href, base);
  if (!url.href.startsWith(base)) throw new Error(`repomd.xml leads out of the repository, to ${url.href.slice(0, 200)}`);
  if (known.cursor === expected) return undefined;
  const path = remote ? join(folder, "updateinfo") : localPath(url.href);
  if (remote) await download(transport, url.href, path, NO_VALIDATORS, { stop, ...(feed.headers ? { headers: feed.headers } : {}) });
  const dispose = async () => (remote ? rm(path, { force: true }) : undefined);
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  const actual = hash.digest("hex");
  if (actual !== expected) {
    await dispose();
    throw new Error(
      `the ${algorithm} of ${href} is ${actual}, and repomd.xml says ${expected}: damaged on the way, or published anew meanwhile`,
    );
  }
  return { paths: [path], validators: NO_VALIDATORS, checksum: await sha256Of(path), cursor: expected, whole: true, dispose };
};

async function updateinfoOf(index: string): Promise<XmlElement> {
  for await (const data of xmlElements(index, new Set(["data"]))) if (data.attributes.type === "updateinfo") return data;
  throw new Error("the repository has no list of updates (no updateinfo in repomd.xml)");
}
