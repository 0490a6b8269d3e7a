import { readFile, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import * as z from "zod";
import { writeFileAtomically } from "../../session/index.ts";

/** What a look through the file systems came to. */
const schema = z.object({
  startedAt: z.string(),
  endedAt: z.string(),
  roots: z.array(z.string()).readonly(),
  files: z.number(),
  directories: z.number(),
  bytesRead: z.number(),
  components: z
    .array(
      z.object({
        ecosystem: z.string(),
        name: z.string(),
        version: z.string(),
        path: z.string(),
        evidence: z.string(),
        sha1: z.string(),
      }),
    )
    .readonly(),
  notLooked: z
    .array(z.object({ path: z.string(), code: z.enum(["limit", "unreadable", "file-system", "excluded", "refused"]), reason: z.string() }))
    .readonly(),
  notLookedTotal: z.number(),
});
export type ScanResult = z.infer<typeof schema>;

const MAX_BYTES = 256 * 1024 * 1024;
const pathIn = (stateDir: string) => `${stateDir}/components.json.gz`;

export const saveResult = async (stateDir: string, result: ScanResult): Promise<void> =>
  writeFileAtomically(pathIn(stateDir), await promisify(gzip)(JSON.stringify(result), { level: 1 }), 0o600);

/** The last look's result; undefined when there was none, or its file cannot be read. */
export async function loadResult(stateDir: string): Promise<ScanResult | undefined> {
  try {
    const text = await promisify(gunzip)(await readFile(pathIn(stateDir)), { maxOutputLength: MAX_BYTES });
    return schema.parse(JSON.parse(text.toString("utf8")));
  } catch {
    return undefined;
  }
}

/** When the last look's result was written, in ms since 1970; 0 when there is none. */
export const resultWrittenAt = async (stateDir: string): Promise<number> =>
  (await stat(pathIn(stateDir)).catch(() => undefined))?.mtimeMs ?? 0;
