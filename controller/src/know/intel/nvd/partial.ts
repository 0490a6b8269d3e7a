import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/**
 * A download of many pages that was interrupted goes on later at the page that it had come to. Kept with the pages: what was asked for, and when the
 * first page was answered. What the API has changed or added since then is asked for by the next reading, which begins at that moment.
 */
const Partial = z.object({
  /** What must be the same for pages to belong together: address and cursor. */
  of: z.string(),
  /** The API's own time at the first page, and ours. */
  answeredAt: z.string(),
  beganAt: z.number(),
  stretches: z.array(z.record(z.string(), z.string())),
  pages: z.array(
    z.object({
      name: z.string().regex(/^page-\d+\.json$/),
      bytes: z.number(),
      /** Which stretch it is of. */
      stretch: z.number().int(),
      /** Entries of that stretch that are there with it, and all that it has. */
      upTo: z.number().int(),
      total: z.number().int(),
      entries: z.number().int(),
    }),
  ),
});
export type Partial = z.infer<typeof Partial>;
type Page = Partial["pages"][number];

/** Pages of longer ago are fetched anew: that costs less than a reading of changes that is nearly as long. */
const MAX_AGE_MS = 3 * 86_400_000;
const NAME = "partial.json";

/** What an interrupted download left, where it is of the same kind, young enough, and all of it still there. */
export async function readPartial(folder: string, of: string, now: number): Promise<Partial | undefined> {
  const text = await readFile(join(folder, NAME), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const partial = Partial.safeParse(parsed(text)).data;
  if (!partial || partial.of !== of || now - partial.beganAt > MAX_AGE_MS || now < partial.beganAt) return undefined;
  for (const { name, bytes } of partial.pages) {
    const size = await stat(join(folder, name)).then(
      (s) => s.size,
      () => -1,
    );
    // Cut by a loss of power, or taken away by somebody.
    if (size !== bytes) return undefined;
  }
  return partial;
}

/** The page first, then the list that names it, each by renaming: at no moment is a page named that is not whole. */
export async function keepPage(folder: string, partial: Partial, page: Omit<Page, "name" | "bytes">, text: string): Promise<void> {
  const name = `page-${partial.pages.length}.json`;
  await replace(join(folder, name), text);
  partial.pages.push({ ...page, name, bytes: Buffer.byteLength(text) });
  await replace(join(folder, NAME), JSON.stringify(partial));
}

export async function dropPartial(folder: string, partial: Partial): Promise<void> {
  // The list first: without it the rest is nothing that anybody would go on with.
  await rm(join(folder, NAME), { force: true });
  await Promise.all(partial.pages.map(({ name }) => rm(join(folder, name), { force: true })));
}

async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
