import { createHash } from "node:crypto";
import { archiveEntries } from "../archive.ts";
import { takeComponent } from "../coordinate.ts";
import { type ByteSource, type FoundComponent, IN_ARCHIVE, MAX_TEXT_BYTES, type Reader, type Reading } from "../types.ts";
import { type Identity, identityOf, parseManifest, parsePom } from "./jar-identity.ts";

const ARCHIVE = /\.(jar|war|ear|sar|par|kar|jpi|hpi|lpkg)$/i;
/** Applications are packed into these; they have no name in a repository, and want none. */
const APPLICATION = /\.(war|ear)$/i;
const POM = /^META-INF\/maven\/[^/]+\/[^/]+\/pom\.properties$/;
const MANIFEST = "META-INF/MANIFEST.MF";

/** A jar in a war in an ear is three deep. */
const MAX_NESTING = 5;
const MAX_NESTED_BYTES = 64 * 1024 * 1024;
/** What one file on disk may make us unpack, over all that lies in it. */
const MAX_UNPACKED_BYTES = 512 * 1024 * 1024;
const MAX_ARCHIVES = 5_000;
const DIGEST_PIECE_BYTES = 1024 * 1024;

interface Unpacking {
  readonly components: FoundComponent[];
  readonly refused: Reading["refused"][number][];
  bytes: number;
  archives: number;
}

/**
 * Java archives, and those in them. Maven's own `pom.properties` tell every library that was packed or shaded into an archive;
 * where there is none for the archive itself, its manifest and then its file name speak.
 * @see https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html
 */
export const jar: Reader = {
  id: "jar",
  wants: (_directory, name) => ARCHIVE.test(name),
  async read(path, source) {
    const unpacking: Unpacking = { components: [], refused: [], bytes: 0, archives: 0 };
    await readArchive(path, source, 1, unpacking);
    return unpacking;
  },
};

async function readArchive(path: string, source: ByteSource, depth: number, into: Unpacking): Promise<void> {
  into.archives++;
  const poms: Identity[] = [];
  let manifest: ReadonlyMap<string, string> = new Map();
  for await (const entry of archiveEntries(source)) {
    const inner = `${path}${IN_ARCHIVE}${entry.name}`;
    try {
      if (entry.name === MANIFEST) manifest = parseManifest(textOf(entry.open(room(MAX_TEXT_BYTES, into)), into));
      else if (POM.test(entry.name)) {
        const pom = parsePom(textOf(entry.open(room(MAX_TEXT_BYTES, into)), into));
        if (pom) poms.push(pom);
        else into.refused.push({ path: inner, reason: "it does not tell which artifact it is" });
      } else if (ARCHIVE.test(entry.name)) {
        if (depth >= MAX_NESTING) throw new Error(`it lies more than ${MAX_NESTING} archives deep`);
        if (into.archives >= MAX_ARCHIVES) throw new Error(`more than ${MAX_ARCHIVES} archives are in one file`);
        const nested = entry.open(room(MAX_NESTED_BYTES, into));
        into.bytes += nested.size;
        await readArchive(inner, nested, depth + 1, into);
      }
    } catch (error) {
      into.refused.push({ path: inner, reason: (error as Error).message });
    }
  }
  const sha1 = digestOf(source);
  for (const pom of poms) takeComponent(into, { ecosystem: "maven", ...pom, path, evidence: "pom.properties", sha1 });
  const own = APPLICATION.test(path) ? undefined : identityOf(path, manifest, poms);
  if (own) takeComponent(into, { ecosystem: "maven", name: own.name, version: own.version, path, evidence: own.evidence, sha1 });
}

/** What may still be unpacked. */
function room(most: number, { bytes }: Unpacking): number {
  if (bytes >= MAX_UNPACKED_BYTES) throw new Error(`what is in the file unpacks to more than ${MAX_UNPACKED_BYTES} bytes`);
  return Math.min(most, MAX_UNPACKED_BYTES - bytes);
}

function textOf(source: ByteSource, into: Unpacking): string {
  into.bytes += source.size;
  return source.read(0, source.size).toString("utf8");
}

function digestOf(source: ByteSource): string {
  const hash = createHash("sha1");
  for (let at = 0; at < source.size; at += DIGEST_PIECE_BYTES) hash.update(source.read(at, Math.min(DIGEST_PIECE_BYTES, source.size - at)));
  return hash.digest("hex");
}
