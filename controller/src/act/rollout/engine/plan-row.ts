import { canonicalJson, planHeaderSchema, sha256Hex } from "@breakwater/shared/command";
import { fail, type Instant, ok, parseInstant, type Result } from "@breakwater/shared/core";
import { and, eq } from "drizzle-orm";
import { type RolloutPlan, rolloutPlanSchema } from "../../../decide/planning/index.ts";
import { type Db, schema } from "../../../store/index.ts";

const { plan } = schema;

/** A plan as the engine needs it. */
export interface StoredPlan {
  readonly rollout: RolloutPlan;
  readonly headerBytes: Uint8Array;
  readonly actionsRoot: string;
  readonly notBefore: Instant;
  readonly expiresAt: Instant;
  /** Recomputed from what is stored: differs from the approved digest as soon as anything was changed. */
  readonly digest: string;
  readonly title: string;
  readonly state: string;
  readonly createdBy: string;
  readonly simulated: boolean;
}

/** Digest of a plan whose schedule no longer matches its header: equal to no approved one. */
const TAMPERED = "schedule-differs-from-header";

/** Reads one revision of a plan and recomputes its digest from the bytes. */
export async function readPlan(db: Db, planId: string, revision: number): Promise<Result<StoredPlan>> {
  const [row] = await db
    .select()
    .from(plan)
    .where(and(eq(plan.id, planId), eq(plan.revision, revision)));
  if (!row) return fail({ code: "unknown-plan", message: `There is no plan ${planId} revision ${revision}.` });
  const rollout = rolloutPlanSchema.safeParse(row.rollout);
  const header = planHeaderSchema.safeParse(jsonOf(row.headerBytes));
  if (!rollout.success || !header.success)
    return fail({
      code: "unreadable-plan",
      message: `Plan ${planId} revision ${revision} cannot be read as a rollout.`,
      next: "Propose the plan again.",
    });
  const agrees = sha256Hex(canonicalJson(row.rollout)) === header.data.scheduleDigest && header.data.planId === planId;
  return ok({
    rollout: rollout.data,
    headerBytes: row.headerBytes,
    actionsRoot: header.data.actionsRoot,
    notBefore: parseInstant(header.data.notBefore) as Instant,
    expiresAt: parseInstant(header.data.expiresAt) as Instant,
    digest: agrees ? sha256Hex(row.headerBytes) : TAMPERED,
    title: row.title,
    state: row.state,
    createdBy: row.createdBy,
    simulated: row.simulated,
  });
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
