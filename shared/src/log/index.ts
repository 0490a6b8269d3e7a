import pino, { type Logger } from "pino";

export type { Logger };

/** JSON lines to stderr, so that stdout stays a command's answer. Level by the caller's configuration. */
export function createLogger(name: string, level: "debug" | "info" | "warn" | "error" | "silent"): Logger {
  return pino(
    { name, level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
