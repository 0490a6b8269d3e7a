import { open, readFile, rename } from "node:fs/promises";
import * as z from "zod";
import type { Run } from "../run.ts";
import { concerns } from "./information.ts";
import { type Lock, withLocks, withoutLocks } from "./locks.ts";
import { neededPatches } from "./patches.ts";

const LOCKS = "/etc/zypp/locks";
/** Which of the locks are ours, and why: libzypp drops comments whenever somebody adds a lock. */
const OURS = "/etc/zypp/breakwater-locks.json";

const lock = z.object({ type: z.enum(["package", "patch"]), name: z.string(), version: z.string().optional() });
const entry = z.object({ id: z.string(), until: z.string(), why: z.string(), locks: z.array(lock) });
export type Avoidance = z.infer<typeof entry>;

const textOf = (file: string) =>
  readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });

/** Our own entries. A file that somebody spoiled counts as none: its locks then are a person's. */
async function ours(): Promise<Avoidance[]> {
  try {
    return z.array(entry).parse(JSON.parse((await textOf(OURS)) || "[]"));
  } catch {
    return [];
  }
}

async function write(file: string, text: string): Promise<void> {
  const handle = await open(`${file}.breakwater`, "w", 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.breakwater`, file);
}

const locksOf = (entries: readonly Avoidance[]): Lock[] => entries.flatMap((e) => e.locks);

/** Pure: the file of locks with exactly these entries of ours in it. */
export const replaced = (text: string, before: readonly Avoidance[], after: readonly Avoidance[]): string =>
  withLocks(withoutLocks(text, locksOf(before)), [
    ...new Map(locksOf(after).map((l) => [`${l.type} ${l.name} ${l.version ?? ""}`, l])).values(),
  ]);

/** What is written first, so that no lock of ours is ever taken for a person's: a list that is too long does no harm. */
async function exchange(before: readonly Avoidance[], after: readonly Avoidance[]): Promise<void> {
  const text = replaced(await textOf(LOCKS), before, after);
  await write(OURS, `${JSON.stringify([...after, ...before.filter((b) => !after.some((a) => a.id === b.id))], null, 2)}\n`);
  await write(LOCKS, text);
  await write(OURS, `${JSON.stringify(after, null, 2)}\n`);
}

/**
 * Locks versions, and the patches that want them: a patch whose package is locked would stop `zypper patch` as a whole.
 * @returns the file of locks
 */
export async function avoid(
  run: Run,
  id: string,
  bad: readonly { readonly name: string; readonly version: string }[],
  why: string,
  until: string,
): Promise<string> {
  const patches = await neededPatches(run);
  const wanting = patches.ok
    ? patches.value.filter((p) => p.replaces.some((r) => bad.some((b) => b.version === r.before && concerns(r, { name: b.name }))))
    : [];
  const before = await ours();
  const locks: Avoidance["locks"] = [
    ...bad.map(({ name, version }) => ({ type: "package" as const, name, version })),
    ...wanting.map((p) => ({ type: "patch" as const, name: p.id })),
  ];
  const own: Avoidance = { id, until, why: why.replace(/\s+/g, " ").slice(0, 300), locks };
  await exchange(before, [...before.filter((e) => e.id !== id), own]);
  return LOCKS;
}

/** Forgets what is past its time; locks that somebody took out by hand are gone already. */
export async function expire(nowIso: string): Promise<void> {
  const before = await ours();
  const after = before.filter((e) => Date.parse(e.until) >= Date.parse(nowIso));
  if (after.length < before.length) await exchange(before, after);
}

/** The locks that are a person's. */
export const ownersLocks = async (): Promise<string> => withoutLocks(await textOf(LOCKS), locksOf(await ours()));
