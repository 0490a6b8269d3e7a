/** What the system's errors of files mean to who gave a path, errno(3). */
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or directory",
  EACCES: "this account may not open it",
  EPERM: "this account may not open it",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of the path is no directory",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "the path is too long",
  EEXIST: "it exists already",
  ENOSPC: "the disk is full",
  EROFS: "its file system is read-only",
  EMFILE: "too many files are open",
  EIO: "the disk failed",
};

/** Why something failed, in words where the system gave but a code: "there is no such file or directory (ENOENT)". */
export function systemReason(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const words = WORDS[code];
  if (words !== undefined) return `${words} (${code})`;
  return cause instanceof Error ? cause.message : String(cause);
}
