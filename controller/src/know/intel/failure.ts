/** Why a feed could not be read, in words: the system's own of a file that is not there help nobody who did not write them. */
export function failureOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { code, path } = cause as NodeJS.ErrnoException;
  if (path !== undefined && code === "ENOENT") return `There is nothing at ${path}.`;
  if (path !== undefined && (code === "EACCES" || code === "EPERM")) return `The controller may not read ${path}.`;
  return cause.message;
}
