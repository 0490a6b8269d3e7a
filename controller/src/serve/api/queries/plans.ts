import { sql } from "drizzle-orm";
import { z } from "zod";
import { uncounted } from "../../../decide/planning/index.ts";
import type { Db } from "../../../store/index.ts";
import { decodeCursor, offsetPage } from "../cursor.ts";
import { notFound } from "../problems.ts";
import { planDocumentSchema, type planQuery, type planSchema } from "../schemas/index.ts";
import { allOf, int, json, moment, momentOrNull, realOrNull, select } from "./select.ts";

const planState = z.enum(["draft", "approved", "deployed", "superseded", "discarded"]);
const row = z.object({
  id: z.string(),
  revision: int,
  title: z.string(),
  state: planState,
  createdAt: moment,
  createdBy: z.string(),
  digest: z.string(),
  approvals: int,
  endpoints: int,
  waves: int,
  riskNow: realOrNull,
  riskResidual: realOrNull,
  deploymentId: z.string().nullable(),
  simulated: z.boolean(),
});

const columns = sql`
  p.id, p.revision, p.title, p.state, p.created_at as "createdAt", p.created_by as "createdBy", p.digest, p.simulated,
  (select count(*) from plan_approval a where a.plan_id = p.id and a.revision = p.revision) as approvals,
  (select count(*) from plan_action a where a.plan_id = p.id and a.revision = p.revision) as endpoints,
  jsonb_array_length(p.rollout->'waves') as waves, p.document#>>'{risk,now}' as "riskNow", p.document#>>'{risk,residual}' as "riskResidual",
  (select d.id from deployment d where d.plan_id = p.id and d.plan_revision = p.revision order by d.created_at desc limit 1) as "deploymentId"`;
const newest = sql`p.revision = (select max(q.revision) from plan q where q.id = p.id)`;

export async function listPlans(db: Db, query: z.output<typeof planQuery>) {
  const where = allOf(newest, query.state !== undefined && sql`p.state = ${query.state}`);
  const rows = await select(
    db,
    row,
    sql`select ${columns} from plan p where ${where} order by p.created_at desc, p.id limit ${query.limit} offset ${decodeCursor(query.cursor) ?? 0}`,
  );
  const [total] = await select(db, z.object({ n: int }), sql`select count(*) as n from plan p where ${where}`);
  return offsetPage(rows, query, total?.n ?? 0);
}

const detail = row.extend({
  document: json(planDocumentSchema),
  rollout: json(z.looseObject({ waves: z.array(z.looseObject({ endpointIds: z.array(z.string()) })) })),
  headerBase64: z.string(),
});
const revisionRow = z.object({ revision: int, state: planState, createdAt: moment, digest: z.string() });
const approvalRow = z.object({ keyId: z.string(), approver: z.string(), at: moment, expiresAt: momentOrNull, passkey: z.boolean() });
const verifierRow = z.object({
  endpointId: z.string(),
  hostname: z.string(),
  capabilities: json(z.array(z.string())),
  pinnedKeyIds: json(z.array(z.string())),
});
const actionRow = z.object({
  endpointId: z.string(),
  hostname: z.string(),
  action: json(
    z.object({
      packages: z.array(z.object({ name: z.string(), architecture: z.string(), from: z.string(), to: z.string() })),
      checks: z.array(z.object({ kind: z.string(), name: z.string() })),
      reboot: z.string(),
      rollback: z.boolean(),
    }),
  ),
});

/** The newest revision, or the one that is asked for. @throws not-found */
export async function readPlan(db: Db, id: string, revision?: number): Promise<z.infer<typeof planSchema>> {
  const [found] = await select(
    db,
    detail,
    sql`select ${columns}, p.document, p.rollout, replace(encode(p.header_bytes, 'base64'), chr(10), '') as "headerBase64"
      from plan p where p.id = ${id} and ${revision === undefined ? newest : sql`p.revision = ${revision}`}`,
  );
  if (!found) throw notFound("plan", revision === undefined ? id : `${id} revision ${revision}`);
  const revisions = await select(
    db,
    revisionRow,
    sql`select revision, state, created_at as "createdAt", digest from plan where id = ${id} order by revision desc limit 100`,
  );
  const approvalList = await select(
    db,
    approvalRow,
    sql`select key_id as "keyId", approver, at, expires_at as "expiresAt", authenticator_data is not null as passkey from plan_approval where plan_id = ${id} and revision = ${found.revision} order by at`,
  );
  const actions = await select(
    db,
    actionRow,
    sql`select a.endpoint_id as "endpointId", coalesce(e.hostname, a.endpoint_id) as hostname, convert_from(a.action, 'UTF8')::jsonb as action
      from plan_action a left join endpoint e on e.id = a.endpoint_id where a.plan_id = ${id} and a.revision = ${found.revision} order by 2, 1 limit 20000`,
  );
  const verifiers = await select(
    db,
    verifierRow,
    sql`select e.id as "endpointId", e.hostname, e.capabilities, e.pinned_key_ids as "pinnedKeyIds" from plan_action a join endpoint e on e.id = a.endpoint_id
      where a.plan_id = ${id} and a.revision = ${found.revision} and not e.simulated order by e.hostname, e.id`,
  );
  const waveOf = new Map(found.rollout.waves.flatMap((w, i) => w.endpointIds.map((e) => [e, i] as const)));
  return {
    ...found,
    revisions,
    approvalList,
    uncounted: uncounted(approvalList, verifiers),
    actions: actions.map((a) => ({ endpointId: a.endpointId, hostname: a.hostname, wave: waveOf.get(a.endpointId) ?? 0, ...a.action })),
  };
}
