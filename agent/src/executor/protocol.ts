import { MAX_AUTHENTICATOR_DATA_BYTES, MAX_CLIENT_DATA_BYTES, MAX_ORDER_BYTES, rehearsalReportSchema } from "@breakwater/shared/command";
import * as z from "zod";
import { containerRuntimeSchema } from "../inventory/containers/parse.ts";

/**
 * The small language between the unprivileged connection part and the root executor: JSON lines over a unix socket.
 * The executor believes nothing the other side says: it checks operators' signatures itself, and has no request that
 * names a command line, a path or a script.
 */
export const EXECUTOR_SOCKET = "/run/breakwater/executor.sock";
/** Where root keeps what only root may change: journals, kept packages, and which endpoint this machine is. */
export const EXECUTOR_STATE_DIR = "/var/lib/breakwater-executor";
export const ENDPOINT_PIN = "endpoint-id";

/** One request line. An action with 2,000 packages is about 400 kB as base64; a longer line closes the connection. */
export const MAX_REQUEST_BYTES = 2 * 1024 * 1024;
/** One answer line: `inspect` of a host with some thousand processes. */
export const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;
/** Clients at one time; the connection part needs one, a person looking with a tool a second. */
export const MAX_CLIENTS = 8;
/** Requests of one client that are answered at a time; the connection part asks some few. The rest waits, and nothing more is read meanwhile. */
export const MAX_ASKED = 16;
/** What a client may leave unread before it is dropped: a stuck reader must not fill root's memory. */
export const MAX_UNREAD_BYTES = 64 * 1024 * 1024;
/** Pushed output is cut into pieces of at most this many bytes. */
export const OUTPUT_CHUNK_BYTES = 16 * 1024;

const requestId = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
/** Also names files and a unit, so nothing but letters, digits, "_" and "-". */
export const executionIdSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);
const reason = z.string().max(2_000);
const base64 = (maxBytes: number) => z.base64().max(Math.ceil(maxBytes / 3) * 4);

export const proofStepSchema = z.strictObject({ sibling: base64(32), siblingIsLeft: z.boolean() });
export const signedApprovalSchema = z.strictObject({
  keyId: z.string().max(64),
  /** Ed25519 has 64 bytes, ECDSA over P-256 in DER up to 72. */
  signature: base64(72),
  approver: z.string().max(200),
  at: z.string().max(40),
  expiresAt: z.string().max(40).optional(),
  assertion: z
    .strictObject({ authenticatorData: base64(MAX_AUTHENTICATOR_DATA_BYTES), clientDataJson: base64(MAX_CLIENT_DATA_BYTES) })
    .optional(),
});

export const applyRequestSchema = z.strictObject({
  id: requestId,
  op: z.literal("apply"),
  executionId: executionIdSchema,
  /** Base64 of the exact bytes that lie in the plan's tree: canonical JSON of EndpointAction. */
  action: base64(1024 * 1024),
  planHeader: base64(16 * 1024),
  proof: z.array(proofStepSchema).max(64),
  approvals: z.array(signedApprovalSchema).max(32),
  notAfter: z.string().max(40),
});
export type ApplyRequest = z.infer<typeof applyRequestSchema>;
/** The same bytes, tried on a throw-away copy of the machine. */
export const rehearseRequestSchema = applyRequestSchema.extend({ op: z.literal("rehearse") });
export type RehearseRequest = z.infer<typeof rehearseRequestSchema>;

const stepByExecution = z.record(executionIdSchema, z.number().int().min(0));

export const requestSchema = z.discriminatedUnion("op", [
  applyRequestSchema,
  rehearseRequestSchema,
  z.strictObject({ id: requestId, op: z.literal("rollback"), executionId: executionIdSchema, ofExecutionId: executionIdSchema, reason }),
  z.strictObject({ id: requestId, op: z.literal("cancel"), executionId: executionIdSchema, reason }),
  z.strictObject({ id: requestId, op: z.literal("status") }),
  /** All reports newer than the given steps, of every execution whose journal is still kept. */
  z.strictObject({ id: requestId, op: z.literal("reports"), afterStep: stepByExecution }),
  /** The controller holds these steps durably; a finished execution that is acknowledged to its end is no longer repeated. */
  z.strictObject({ id: requestId, op: z.literal("acknowledge"), executionId: executionIdSchema, step: z.number().int().min(0) }),
  z.strictObject({ id: requestId, op: z.literal("inspect") }),
  /** What container runtimes hold: their sockets are root's. Two fixed questions to each, both reading. */
  z.strictObject({ id: requestId, op: z.literal("containers") }),
  z.strictObject({ id: requestId, op: z.literal("refresh") }),
  /** A signed halt or lift. Whoever brings it, it counts by its signature alone. */
  z.strictObject({ id: requestId, op: z.literal("halt"), order: z.string().max(MAX_ORDER_BYTES), via: z.enum(["controller", "hand"]) }),
  /** What holds the executor back, with all that was laid down by hand read anew. */
  z.strictObject({ id: requestId, op: z.literal("brakes") }),
  /** The controller is reachable now; ends the waiting of commit-confirm. */
  z.strictObject({ id: requestId, op: z.literal("contact") }),
]);
export type ExecutorRequest = z.infer<typeof requestSchema>;

export const packageStateSchema = z.object({
  name: z.string(),
  architecture: z.string(),
  before: z.string(),
  wanted: z.string(),
  after: z.string(),
  status: z.string(),
});
export const checkResultSchema = z.object({ name: z.string(), passed: z.boolean(), detail: z.string(), latencyMs: z.number() });

/** The wire's ExecutionReport as JSON; every field present, so that the connection part passes it on as it is. */
export const executionReportSchema = z.object({
  executionId: executionIdSchema,
  step: z.number().int().min(1),
  state: z.string(),
  at: z.string(),
  failureClass: z.string(),
  message: z.string(),
  output: z.string(),
  packages: z.array(packageStateSchema),
  checks: z.array(checkResultSchema),
  packageManagerHealth: z.string(),
  terminal: z.boolean(),
  journalDigest: z.string(),
  /** In the last report of a rehearsal only. */
  rehearsal: rehearsalReportSchema.optional(),
});
export type Report = z.infer<typeof executionReportSchema>;
/** A report that says nothing yet but which step of which execution it is. */
export const emptyReport = (executionId: string, step: number, state: string, at: string): Report => ({
  ...{ executionId, step, state, at },
  failureClass: "",
  message: "",
  output: "",
  packages: [],
  checks: [],
  packageManagerHealth: "",
  terminal: false,
  journalDigest: "",
});

/** Answer of `apply`, `rollback`, `cancel`: where that execution stands now. A refusal is a problem with a code of REFUSAL_CODES. */
export const executionStandingSchema = z.object({
  executionId: executionIdSchema,
  state: z.string(),
  step: z.number().int(),
  terminal: z.boolean(),
  /** True when this executor knew the command already and did not start it again. */
  replay: z.boolean(),
});
export type ExecutionStanding = z.infer<typeof executionStandingSchema>;

const count = z.number().int().min(0);
export const brakesSchema = z.object({
  halts: z.array(
    z.object({
      digest: z.string(),
      /** The signed order itself. */
      order: z.string(),
      scope: z.string(),
      reason: z.string(),
      issuedAt: z.string(),
      /** Empty: until it is lifted. */
      expiresAt: z.string(),
      keyId: z.string(),
      via: z.string(),
      receivedAt: z.string(),
    }),
  ),
  lifted: z.array(z.string()),
  refused: z.array(z.object({ at: z.string(), code: z.string(), message: z.string(), via: z.string() })),
  /** Why nothing is begun although no halt stands; empty when all is well. */
  problem: z.string(),
  fuse: z.object({
    perHour: count,
    perDay: count,
    appliesHour: count,
    appliesDay: count,
    rollbacksHour: count,
    rollbacksDay: count,
    /** Running time until a change may begin; 0 when one may. */
    opensInMs: count,
  }),
});
/** What holds the executor back, whatever was approved. */
export type BrakesStatus = z.infer<typeof brakesSchema>;

export const statusSchema = z.object({
  version: z.string(),
  endpointId: z.string(),
  /** "observe", "rehearse", "patch", or "invalid" when the policy file cannot be read (nothing is then allowed). */
  policyMode: z.string(),
  pinnedKeyIds: z.array(z.string()),
  /** The execution that owns the machine now. */
  running: executionIdSchema.nullable(),
  /** An executor of before says nothing of it. */
  brakes: brakesSchema.optional(),
  executions: z.array(executionStandingSchema.omit({ replay: true }).extend({ acknowledged: z.number().int() })),
});
export type ExecutorStatus = z.infer<typeof statusSchema>;

export const inspectedProcessSchema = z.object({
  pid: z.number().int(),
  name: z.string(),
  /** Empty for kernel threads, processes that ended meanwhile, and those of a container, of which only the listeners are told. */
  exe: z.string(),
  exeDeleted: z.boolean(),
  uid: z.number().int(),
  /** systemd unit by control group; empty when in none. */
  unit: z.string(),
  /** Inode of the network namespace; listeners of other namespaces than the host's are reachable in their own ways. */
  netns: z.string(),
  mapped: z.array(z.object({ path: z.string(), deleted: z.boolean() })),
  listens: z.array(z.object({ protocol: z.enum(["tcp", "udp"]), address: z.string(), port: z.number().int() })),
  /** Archives of Java that it holds open. An executor of before says none of these three. */
  archives: z.array(z.string()).default([]),
  cwd: z.string().default(""),
  /** The file that an interpreter runs; nothing else of the command line, which may hold secrets. */
  script: z.string().default(""),
});
export type InspectedProcess = z.infer<typeof inspectedProcessSchema>;
export const inspectionSchema = z.object({
  hostNetns: z.string(),
  processes: z.array(inspectedProcessSchema),
  /** What could not be read, and why. */
  problems: z.array(z.string()),
  /** What the board says of itself. An executor of before does not. */
  smbios: z.object({ serialNumber: z.string(), systemUuid: z.string() }).default({ serialNumber: "", systemUuid: "" }),
  /** Whether a new kernel could be tried once: "yes", or why not. grub's menu is root's to read, so others leave it out. */
  kernelFallback: z.string().optional(),
});
export type Inspection = z.infer<typeof inspectionSchema>;

export const refreshedRepositorySchema = z.object({
  uri: z.string(),
  suite: z.string(),
  state: z.enum(["fresh", "unreachable", "untrusted", "expired"]),
  detail: z.string(),
});
/** `complete` is true only when every repository is fresh; a dead one is told of and does not fail the host. */
export const refreshSchema = z.object({
  complete: z.boolean(),
  at: z.string(),
  repositories: z.array(refreshedRepositorySchema),
  warnings: z.array(z.string()),
});
export type Refresh = z.infer<typeof refreshSchema>;

const problemSchema = z.object({ code: z.string(), message: z.string(), next: z.string().optional() });
export const responseSchema = z.union([
  z.object({ id: requestId, ok: z.literal(true), value: z.unknown() }),
  z.object({ id: requestId, ok: z.literal(false), problem: problemSchema }),
]);
export type ExecutorResponse = z.infer<typeof responseSchema>;

/** Pushed to every client that is connected, besides the answers. Reports also wait in the journal; output is droppable. */
export const eventSchema = z.discriminatedUnion("event", [
  z.object({ event: z.literal("report"), report: executionReportSchema }),
  z.object({ event: z.literal("brakes"), brakes: brakesSchema }),
  z.object({ event: z.literal("output"), executionId: executionIdSchema, offset: z.number().int().min(0), text: z.string() }),
]);
export type ExecutorEvent = z.infer<typeof eventSchema>;

/** Value of each request's answer, for clients. */
export const valueSchemas = {
  apply: executionStandingSchema,
  rehearse: executionStandingSchema,
  rollback: executionStandingSchema,
  cancel: executionStandingSchema,
  status: statusSchema,
  reports: z.array(executionReportSchema),
  acknowledge: z.object({ acknowledged: z.number().int() }),
  inspect: inspectionSchema,
  containers: z.array(containerRuntimeSchema),
  refresh: refreshSchema,
  halt: z.object({ kind: z.enum(["halt", "lift"]), digest: z.string(), news: z.boolean() }),
  brakes: brakesSchema,
  contact: z.object({ at: z.string() }),
} as const;
