import { z } from "zod";

const text = z.string().transform((s) => s.slice(0, 4_096));
/** Places that are kept of one look; agents name 500. */
const MAX_PLACES = 1_000;

/** One look of an agent through its file systems, and where it did not look. */
export const ComponentScan = z.object({
  startedAt: text,
  endedAt: text,
  roots: z.array(text),
  directories: z.number(),
  files: z.number(),
  bytesRead: z.number(),
  notLooked: z
    .array(z.unknown())
    .transform((all) => z.array(z.object({ path: text, code: text, reason: text })).parse(all.slice(0, MAX_PLACES))),
  notLookedTotal: z.number(),
});
export type ComponentScan = z.infer<typeof ComponentScan>;

/** Whether a path is a place, lies below it, or in the archive that it is. */
const isIn = (path: string, place: string) =>
  path === place || path.startsWith(place.endsWith("/") ? place : `${place}/`) || path.startsWith(`${place}!/`);

/**
 * Whether a look would have seen a component at this path, so that not having seen it means that it is gone. With places that
 * are not named, nothing is covered for certain.
 */
export function isCovered(path: string, scan: ComponentScan): boolean {
  if (scan.notLookedTotal > scan.notLooked.length) return false;
  return scan.roots.some((root) => isIn(path, root)) && !scan.notLooked.some((place) => isIn(path, place.path));
}
