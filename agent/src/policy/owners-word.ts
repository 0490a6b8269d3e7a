import { constants } from "node:fs";
import { lstat, open, readlink } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { fail, ok, type Problem, type Result } from "@breakwater/shared/core";

/** As many as the kernel follows itself is forty (path_resolution(7)); whoever needs more than these is lost. */
const MAX_LINKS = 16;
const WRITABLE_BY_OTHERS = 0o022;
/** In such a directory nobody renames or removes what is another's (inode(7)). */
const STICKY = 0o1000;

/** Whose files count: root's, and our own, which for the executor is the same. */
const trusted = (): number[] => [0, process.geteuid?.() ?? 0];

/**
 * Whose hand besides the owner's could have laid down what is at a path: somebody's who owns, or may write, the file or a directory
 * or link on the way to it. An access list shows in the mode's group (acl(5)). @returns undefined when there is nobody
 * @throws what lstat(2) says where something on the way is not there
 */
export async function foreignHand(path: string): Promise<string | undefined> {
  const uids = trusted();
  let rest = resolve(path).split("/").slice(1);
  let at = "/";
  for (let links = 0; ; ) {
    const { mode, uid, isDirectory, isLink } = await look(at);
    if (!uids.includes(uid)) return `${at} belongs to user ${uid}`;
    if (isLink) {
      if (++links > MAX_LINKS) return `${path} goes through too many links`;
      const to = await readlink(at);
      rest = [...to.split("/"), ...rest];
      at = isAbsolute(to) ? "/" : join(at, "..");
    } else if ((mode & WRITABLE_BY_OTHERS) !== 0 && !(isDirectory && rest.length > 0 && (mode & STICKY) !== 0)) {
      return `${at} can be written by others than its owner`;
    }
    // What is below another kind of file is not there, which the next look says.
    const next = rest.shift();
    if (next === undefined) return undefined;
    at = next === "" || next === "." ? at : join(at, next);
  }
}

async function look(path: string) {
  const seen = await lstat(path);
  return { mode: seen.mode, uid: seen.uid, isDirectory: seen.isDirectory(), isLink: seen.isSymbolicLink() };
}

/**
 * Reads a file that counts as the owner's word. Nothing else than a plain file is opened to be read, and no more of it than an
 * owner would write.
 * @returns problems "foreign-hand", "not-a-file", "too-large"; undefined when there is no such file
 * @throws whatever keeps it from being read
 */
export async function readOwnersWord(path: string, maxBytes: number): Promise<Result<string, Problem> | undefined> {
  try {
    const hand = await foreignHand(path);
    if (hand) return fail({ code: "foreign-hand", message: hand, next: "Give it back to root alone: chown root and chmod go-w." });
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      if (!(await file.stat()).isFile()) return fail({ code: "not-a-file", message: `${path} is no plain file` });
      const buffer = Buffer.alloc(maxBytes + 1);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      if (bytesRead > maxBytes) return fail({ code: "too-large", message: `${path} is too large (${maxBytes} bytes are taken)` });
      return ok(buffer.subarray(0, bytesRead).toString("utf8"));
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
