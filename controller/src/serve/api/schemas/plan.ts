import { z } from "@hono/zod-openapi";
import { planIntentSchema } from "../../../decide/planning/index.ts";
import { at, base64, digest, id, name, page, pageQuery } from "./common.ts";

/** What an operator wants closed, on whom, by when. The planner makes the waves. */
export const planIntent = planIntentSchema;

const planState = z.enum(["draft", "approved", "deployed", "superseded", "discarded"]);
export const planRowSchema = z
  .object({
    id: z.string(),
    revision: z.number().int(),
    title: z.string(),
    state: planState,
    createdAt: at,
    createdBy: z.string(),
    digest,
    approvals: z.number().int(),
    endpoints: z.number().int(),
    waves: z.number().int(),
    riskNow: z.number().nullable(),
    riskResidual: z.number().nullable(),
    deploymentId: z.string().nullable(),
    simulated: z.boolean(),
  })
  .openapi("PlanRow");
export const planQuery = pageQuery.extend({ state: planState.optional() });
export const planPage = page(planRowSchema).openapi("PlanPage");

const wave = z.looseObject({
  name: z.string(),
  endpoints: z.number(),
  members: z.array(z.looseObject({ group: z.string(), count: z.number() })),
  why: z.string(),
  start: z.string(),
  end: z.string(),
  timezone: z.string(),
  windowReason: z.string(),
  avoids: z.array(z.string()),
  prechecks: z.array(z.string()),
  dependencyChecks: z.array(z.string()),
  tests: z.array(z.looseObject({ name: z.string(), kind: z.string(), passWhen: z.string() })),
  bakeMinutes: z.number(),
  expected: z.looseObject({ durationMinutes: z.number(), downtimeMinutes: z.number(), failures: z.number(), bandwidthBytes: z.number() }),
  businessImpact: z.looseObject({ level: z.string(), why: z.string() }),
  rollback: z.looseObject({
    triggers: z.array(
      z.looseObject({ metric: z.string(), threshold: z.number(), unit: z.string(), forMinutes: z.number(), action: z.string() }),
    ),
    // biome-ignore lint/suspicious/noThenProperty: the published plan format names it so; it is data and never awaited
    tree: z.array(z.looseObject({ if: z.string(), then: z.string() })),
    reversible: z.boolean(),
  }),
  approvals: z.array(z.looseObject({ role: z.string(), why: z.string() })),
  notices: z.array(z.looseObject({ audience: z.string(), at: z.string(), channel: z.string(), text: z.string() })),
});

/** The plan for people. Fields may be added, none is left out. */
export const planDocumentSchema = z
  .looseObject({
    title: z.string(),
    summary: z.string(),
    vulnerabilities: z.array(z.looseObject({ id: z.string() })),
    risk: z.looseObject({
      now: z.number(),
      afterEachWave: z.array(z.number()),
      residual: z.number(),
      factors: z.array(z.looseObject({ name: z.string(), effect: z.number(), why: z.string() })),
    }),
    waves: z.array(wave),
    excluded: z.array(z.looseObject({ what: z.string(), why: z.string() })),
    assumptions: z.array(z.string()),
    contradictions: z.array(z.looseObject({ statement: z.string() })),
    alternatives: z.array(z.looseObject({ name: z.string(), tradeoff: z.string() })),
    /** Endpoints that would be rebooted, may be ("if-asked"), or need it and will not be ("never"). Empty in plans of before. */
    reboots: z
      .array(
        z.looseObject({
          endpoint: z.string(),
          mode: z.enum(["never", "when-needed"]),
          expected: z.enum(["yes", "if-asked"]),
          why: z.string(),
          wayBack: z.string(),
        }),
      )
      .default([]),
    notes: z.array(z.string()).default([]),
  })
  .openapi("PlanDocument");

export const planParams = z.object({ id: id.openapi({ param: { name: "id", in: "path" } }) });
export const planReadQuery = z.object({ revision: z.coerce.number().int().min(1).optional() });

const approval = z.object({
  keyId: z.string(),
  approver: z.string(),
  at,
  /** null: it counts for as long as the plan. */
  expiresAt: at.nullable(),
  passkey: z.boolean(),
});
export const planSchema = planRowSchema
  .extend({
    document: planDocumentSchema,
    /** What the engine drives and people sign as `scheduleDigest`: the RolloutPlan. */
    rollout: z.unknown(),
    /** Canonical JSON whose SHA-256 is `digest`; sign the UTF-8 text "breakwater-approval-v1\n" + digest. */
    headerBase64: base64,
    approvalList: z.array(approval),
    /** Endpoints that would count none of these approvals, by what they last said of themselves. Empty while nobody has approved. */
    uncounted: z.array(z.object({ endpointId: z.string(), hostname: z.string(), why: z.string() })),
    revisions: z.array(z.object({ revision: z.number().int(), state: planState, createdAt: at, digest })),
    /** What is done to each endpoint, with the wave it is in. */
    actions: z.array(
      z.object({
        endpointId: z.string(),
        hostname: z.string(),
        wave: z.number().int(),
        packages: z.array(z.object({ name: z.string(), architecture: z.string(), from: z.string(), to: z.string() })),
        checks: z.array(z.object({ kind: z.string(), name: z.string() })),
        reboot: z.string(),
        rollback: z.boolean(),
      }),
    ),
  })
  .openapi("Plan");
export const planCreatedSchema = z.object({ id: z.string(), revision: z.number().int(), digest }).openapi("PlanCreated");

/** What an authenticator returned, base64 (not base64url). */
const assertionSchema = z.strictObject({ authenticatorData: base64.max(2_736), clientDataJson: base64.max(2_736) });

export const approveBody = z.strictObject({
  revision: z.number().int().min(1),
  /** The digest that was looked at. A plan that changed since is not approved by mistake. */
  digest,
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
  /**
   * Of a key file: Ed25519 over "breakwater-approval-v1\n" + digest, 64 bytes; with `expiresAt` over "breakwater-approval-v2\n" + the
   * canonical JSON of {at, digest, expiresAt}. Of a passkey: its assertion's, whose challenge is the SHA-256 of that second text.
   */
  signature: base64.max(100),
  at,
  expiresAt: at.optional(),
  assertion: assertionSchema.optional(),
});
export const revisionBody = z.strictObject({ revision: z.number().int().min(1), reason: z.string().trim().max(500).optional() });
export const deployedSchema = z.object({ deploymentId: z.string() }).openapi("Deployed");

export const scenarioBody = z.strictObject({ text: z.string().min(1).max(100_000), now: at.optional() });

export const approvalKeySchema = z
  .object({
    keyId: z.string(),
    owner: z.string(),
    label: z.string(),
    publicKey: base64,
    /** null: a key file. */
    passkey: z.object({ rpId: z.string(), origin: z.string(), credentialId: z.string() }).nullable(),
    createdAt: at,
    revokedAt: at.nullable(),
  })
  .openapi("ApprovalKey");
export const approvalKeysSchema = z.object({ rows: z.array(approvalKeySchema) });
/**
 * `publicKey`: the 32 raw bytes of an Ed25519 key, or the SPKI of a passkey. The owner is who is signed in. A passkey proves by an
 * assertion that its authenticator is at hand; its challenge is the SHA-256 of "breakwater-passkey-v1\n" + the canonical JSON of
 * {keyId, origin, owner, rpId}.
 */
export const approvalKeyCreate = z.strictObject({
  label: name,
  publicKey: base64.max(300),
  passkey: z
    .strictObject({
      credentialId: z.string().regex(/^[A-Za-z0-9_-]{16,1400}$/, "not base64url"),
      rpId: z.string().regex(/^[a-z0-9.-]{1,253}$/),
      origin: z.url({ protocol: /^https?$/ }).max(300),
      proof: assertionSchema.extend({ signature: base64.max(100) }),
    })
    .optional(),
});
