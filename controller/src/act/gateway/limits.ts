import { type DurationMs, hours, milliseconds, minutes, seconds } from "@breakwater/shared/core";

/** What one gateway accepts. Reaching a limit closes one stream or puts off one agent, never more. */
export const LIMITS = {
  /** 65 KB of memory each were measured for idle mTLS streams: 20,000 are 1.3 GB. */
  sessions: 20_000,
  /** Streams on one connection: a session, a renewal, and some room. */
  streamsPerConnection: 8,
  /** Agents between Hello and Welcome, or between Welcome and the snapshot they were asked for. The rest is told when to come back. */
  handshakes: 64,
  /** An agent has to say Hello and a monitor has to read within this. */
  helloMs: seconds(15),
  /** A snapshot that was asked for holds its place among the handshakes no longer than this. */
  snapshotMs: minutes(1),
  /** Messages of one agent that wait to be stored; then its stream is not read until they are. */
  queuedMessages: 64,
  /** Messages that an agent has not read yet; a slower reader is closed. */
  unreadMessages: 512,
  snapshotChunks: 512,
  /** Packages, pending updates and components of languages together. */
  snapshotPackages: 200_000,
  unfinishedReports: 256,
  /** Reports of executions that nobody here knows, per stream: each is told as an event. */
  orphanReports: 50,
  csrBytes: 16 * 1024,
  watchers: 64,
} as const;

/** Lives and rhythms. */
export const TIMES = {
  clientCertificate: hours(24),
  serverCertificate: hours(24 * 30),
  monitorCertificate: hours(24 * 90),
  authority: hours(24 * 3_650),
  /** Clocks of agents may be behind ours by this much. */
  backdate: minutes(5),
  /** A command without a report is sent again after this. */
  commandLease: seconds(30),
  /** Polling is the truth; a notification only makes it sooner. */
  deliveryPoll: seconds(1),
  expiryPoll: seconds(1),
  revocationPoll: seconds(2),
  touch: seconds(15),
  /** An agent that hears nothing for two and a half of these takes the controller for gone. */
  signOfLife: seconds(30),
  /** Six missed touches: the controller that held the stream is gone. */
  silent: seconds(90),
  renewalCheck: hours(1),
  stop: milliseconds(3_000),
} as const satisfies Record<string, DurationMs>;
