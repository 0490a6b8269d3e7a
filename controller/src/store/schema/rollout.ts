import { bigint, boolean, doublePrecision, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { bytes, moment } from "./fleet.ts";

/** A proposed deployment. Rows are never changed: a new revision is a new row. */
export const plan = pgTable(
  "plan",
  {
    id: text().notNull(),
    revision: integer().notNull(),
    title: text().notNull(),
    createdAt: moment("created_at").notNull(),
    createdBy: text("created_by").notNull(),
    /** "draft" | "approved" | "deployed" | "superseded" | "discarded" */
    state: text().notNull(),
    /** The plan for people: INTELLIGENCE section 7. */
    document: jsonb().$type<unknown>().notNull(),
    /** The plan for the engine: waves with endpoint ids, gates, concurrency, budgets (decide/planning's RolloutPlan). */
    rollout: jsonb().$type<unknown>().notNull(),
    headerBytes: bytes("header_bytes").notNull(),
    digest: text().notNull(),
    simulated: boolean().notNull().default(false),
  },
  (t) => [primaryKey({ columns: [t.id, t.revision] }), index("plan_digest").on(t.digest)],
);

export const planAction = pgTable(
  "plan_action",
  {
    planId: text("plan_id").notNull(),
    revision: integer().notNull(),
    endpointId: text("endpoint_id").notNull(),
    action: bytes().notNull(),
    proof: jsonb().$type<{ sibling: string; siblingIsLeft: boolean }[]>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.planId, t.revision, t.endpointId] })],
);

export const planApproval = pgTable(
  "plan_approval",
  {
    planId: text("plan_id").notNull(),
    revision: integer().notNull(),
    keyId: text("key_id").notNull(),
    signature: bytes().notNull(),
    approver: text().notNull(),
    at: moment("at").notNull(),
    /** The signature covers `at` and this moment too, and counts for nothing after it. null: for as long as the plan. */
    expiresAt: moment("expires_at"),
    /** Of a passkey's assertion only. */
    authenticatorData: bytes("authenticator_data"),
    clientDataJson: bytes("client_data_json"),
  },
  (t) => [primaryKey({ columns: [t.planId, t.revision, t.keyId] })],
);

export const approvalKey = pgTable("approval_key", {
  keyId: text("key_id").primaryKey(),
  /** 32 raw bytes of Ed25519; of a passkey the DER of its SPKI. */
  publicKey: bytes("public_key").notNull(),
  /** Where a passkey may be used, and by which id its authenticator knows it. null: a key file. */
  passkey: jsonb().$type<{ rpId: string; origin: string; credentialId: string }>(),
  owner: text().notNull(),
  label: text().notNull().default(""),
  createdAt: moment("created_at").notNull(),
  revokedAt: moment("revoked_at"),
});

/** The events of one deployment, the truth of its state. */
export const rolloutEvent = pgTable(
  "rollout_event",
  {
    deploymentId: text("deployment_id").notNull(),
    sequence: integer().notNull(),
    at: moment("at").notNull(),
    type: text().notNull(),
    data: jsonb().$type<unknown>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.deploymentId, t.sequence] })],
);

/** What lists and look-ups need of a deployment; derived from its events in the same transaction. */
export const deployment = pgTable("deployment", {
  id: text().primaryKey(),
  planId: text("plan_id").notNull(),
  planRevision: integer("plan_revision").notNull(),
  title: text().notNull(),
  state: text().notNull(),
  sequence: integer().notNull(),
  createdAt: moment("created_at").notNull(),
  finishedAt: moment("finished_at"),
  /** The state as evolved, so that a page needs no replay. */
  snapshot: jsonb().$type<unknown>().notNull(),
  leaseHolder: text("lease_holder"),
  leaseUntil: moment("lease_until"),
  fencingToken: bigint("fencing_token", { mode: "number" }).notNull().default(0),
  simulated: boolean().notNull().default(false),
});

export const execution = pgTable(
  "execution",
  {
    id: text().primaryKey(),
    deploymentId: text("deployment_id").notNull(),
    endpointId: text("endpoint_id").notNull(),
    wave: integer().notNull(),
    state: text().notNull(),
    failureClass: text("failure_class").notNull().default(""),
    message: text().notNull().default(""),
    startedAt: moment("started_at"),
    finishedAt: moment("finished_at"),
    /** Until when its deployment watches what it changed; other deployments leave the endpoint alone meanwhile. */
    watchedUntil: moment("watched_until"),
    /** Highest step that was taken in. */
    lastStep: integer("last_step").notNull().default(0),
    report: jsonb().$type<unknown>(),
  },
  (t) => [index("execution_deployment").on(t.deploymentId), index("execution_endpoint").on(t.endpointId)],
);

export const executionReport = pgTable(
  "execution_report",
  {
    executionId: text("execution_id").notNull(),
    step: integer().notNull(),
    at: moment("at").notNull(),
    state: text().notNull(),
    data: jsonb().$type<unknown>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.executionId, t.step] })],
);

/** Commands on their way to agents. Leased, delivered at least once; the agent's journal makes it at most once. */
export const commandOutbox = pgTable(
  "command_outbox",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    executionId: text("execution_id").notNull(),
    endpointId: text("endpoint_id").notNull(),
    /** "apply" | "rollback" | "cancel" | "rehearse" */
    kind: text().notNull(),
    payload: bytes().notNull(),
    createdAt: moment("created_at").notNull(),
    notAfter: moment("not_after").notNull(),
    leaseUntil: moment("lease_until"),
    deliveredAt: moment("delivered_at"),
    doneAt: moment("done_at"),
  },
  (t) => [uniqueIndex("command_outbox_once").on(t.executionId, t.kind), index("command_outbox_open").on(t.endpointId, t.doneAt)],
);

/** A plan tried on a throw-away copy of one of its endpoints. The id is that of the execution that its agent reports under. */
export const rehearsal = pgTable(
  "rehearsal",
  {
    id: text().primaryKey(),
    planId: text("plan_id").notNull(),
    planRevision: integer("plan_revision").notNull(),
    endpointId: text("endpoint_id").notNull(),
    requestedAt: moment("requested_at").notNull(),
    requestedBy: text("requested_by").notNull(),
    /** "requested" | "accepted" | "rehearsing" | "ended" */
    state: text().notNull(),
    /** What it is at while it runs. */
    step: text().notNull().default(""),
    /** "passed" | "failed" | "not-rehearsable", empty until it ended. */
    verdict: text().notNull().default(""),
    failureClass: text("failure_class").notNull().default(""),
    reason: text().notNull().default(""),
    /** A later one of the same plan revision on the same endpoint counts instead. */
    superseded: boolean().notNull().default(false),
    finishedAt: moment("finished_at"),
    /** The wire's RehearsalReport (shared/src/command/rehearsal.ts). */
    report: jsonb().$type<unknown>(),
  },
  (t) => [index("rehearsal_plan").on(t.planId, t.planRevision), index("rehearsal_endpoint").on(t.endpointId)],
);

/** One-minute rollups. Partitioned by day in the migration; retention drops partitions. */
export const healthMinute = pgTable(
  "health_minute",
  {
    endpointId: text("endpoint_id").notNull(),
    metric: text().notNull(),
    subject: text().notNull(),
    at: moment("at").notNull(),
    count: integer().notNull(),
    mean: doublePrecision().notNull(),
    min: doublePrecision().notNull(),
    max: doublePrecision().notNull(),
    last: doublePrecision().notNull(),
  },
  (t) => [primaryKey({ columns: [t.endpointId, t.metric, t.subject, t.at] }), index("health_minute_at").on(t.at)],
);

/** What the judge said of a wave, each time it changed. */
export const verdict = pgTable(
  "verdict",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    deploymentId: text("deployment_id").notNull(),
    wave: integer().notNull(),
    at: moment("at").notNull(),
    verdict: text().notNull(),
    evidence: jsonb().$type<unknown>().notNull(),
  },
  (t) => [index("verdict_deployment").on(t.deploymentId, t.wave)],
);

/** What an execution taught. */
export const outcome = pgTable("outcome", {
  executionId: text("execution_id").primaryKey(),
  endpointId: text("endpoint_id").notNull(),
  deploymentId: text("deployment_id").notNull(),
  at: moment("at").notNull(),
  result: text().notNull(),
  failureClass: text("failure_class").notNull().default(""),
  durationMs: bigint("duration_ms", { mode: "number" }).notNull(),
  rolledBack: boolean("rolled_back").notNull(),
  packages: jsonb().$type<unknown>().notNull(),
});
