import { sql } from "drizzle-orm";
import { z } from "zod";
import { readDueRules } from "../../../know/due-rules/index.ts";
import { pathsTo, readTopology } from "../../../know/fleet/index.ts";
import { type EndpointFacts, readFacts } from "../../../know/inventory/index.ts";
import { reachOf } from "../../../know/risk/index.ts";
import type { Db } from "../../../store/index.ts";
import { notFound } from "../problems.ts";
import type { findingSchema } from "../schemas/index.ts";
import { columns, demandsOf, type FindingRow, findingRow } from "./findings.ts";
import { eventRow } from "./history.ts";
import { json, moment, momentOrNull, select, textArray } from "./select.ts";

const MAX_EVENTS = 100;

const proof = z.object({
  kind: z.enum(["advisory", "changelog", "statement", "place", "running"]),
  record: z.string(),
  feed: z.string(),
  modified: z.string().nullable(),
  statement: z.string(),
});
const row = findingRow.extend({
  proofs: json(z.array(proof).catch([])),
  facts: json(z.unknown()),
  inventoryAt: momentOrNull,
  declaredExposure: z.enum(["loopback", "private", "public"]).nullable().catch(null),
  zone: z.string().nullable(),
  distribution: z.string(),
  architecture: z.string(),
  tags: json(z.array(z.string())),
  redundancyGroup: z.string().nullable(),
  update: json(z.object({ to: z.string(), origin: z.string(), suite: z.string(), security: z.boolean() }).nullable()),
});
const feedRow = z.object({ id: z.string(), lastSuccessAt: moment });

/** One finding with its proofs, evidence, due dates and history. @throws not-found */
export async function readFinding(db: Db, id: number): Promise<z.input<typeof findingSchema>> {
  const [found] = await select(
    db,
    row,
    sql`select ${columns}, e.facts, e.inventory_at as "inventoryAt", e.declared_exposure as "declaredExposure", e.tags, e.zone,
      e.redundancy_group as "redundancyGroup", coalesce(c.distribution, '') as distribution, coalesce(c.architecture, '') as architecture,
      (select jsonb_build_object('to', u.to_version, 'origin', u.origin, 'suite', u.suite, 'security', u.security) from update_catalogue u where u.id = f.update_id) as update
      from finding f join endpoint e on e.id = f.endpoint_id left join vulnerability v on v.id = f.vulnerability_id
      left join package_catalogue c on c.id = f.package_id where f.id = ${String(id)}::bigint`,
  );
  if (!found) throw notFound("finding", String(id));
  const { proofs, facts: stored, inventoryAt, declaredExposure, zone: _zone, ...finding } = found;
  const facts = readFacts(stored);
  const read = new Map(
    (await select(db, feedRow, sql`select id, last_success_at as "lastSuccessAt" from feed where last_success_at is not null`)).map((f) => [
      f.id,
      f.lastSuccessAt,
    ]),
  );
  const { first, demands } = demandsOf(found, await readDueRules(db));
  // What was found in files may have the name of a package of the system, whose processes are others.
  const place = proofs.find((p) => p.kind === "place");
  const own = place ? undefined : facts;
  const processes = (own?.loadedPackages ?? []).filter((p) => p.name === finding.packageName);
  const pids = new Set(processes.flatMap((p) => p.pids));
  const listeners = (own?.listeners ?? []).filter((l) => l.package === finding.packageName || (l.pid !== 0 && pids.has(l.pid)));
  const files = processes.flatMap((p) => p.files);
  return {
    ...finding,
    due: first,
    demands,
    proofs: proofs.map((p) => ({ ...p, feedReadAt: read.get(p.feed) ?? null })),
    evidence: {
      exposure: finding.exposure,
      why: place?.statement ?? reachOf(finding.packageName, facts, declaredExposure, pathsTo(found, await readTopology(db))).why,
      inventoryAt,
      criticality: finding.criticality,
      processes: processes.map(({ name, pids: all, units, restartNeeded, stale, reach, files }) => ({
        name,
        pids: all.slice(0, 50),
        units,
        restartNeeded,
        stale,
        reach,
        files,
      })),
      listeners: listeners.slice(0, 100).map(({ pid, protocol, address, port, scope, process, unit }) => ({
        ...{ protocol, address, port, scope, process, unit },
        file: mappedBy(files, { pid, process, unit }),
      })),
    },
    history: await historyOf(db, finding),
  };
}

type MappedFiles = EndpointFacts["loadedPackages"][number]["files"];

/** The file through which a listening process, or another worker of its service, has a package mapped. */
function mappedBy(files: MappedFiles, listener: { readonly pid: number; readonly process: string; readonly unit: string }): string | null {
  const through = (is: (by: MappedFiles[number]["by"][number]) => boolean) => files.find((f) => f.by.some(is))?.path;
  const { pid, process, unit } = listener;
  return through((by) => pid !== 0 && by.pid === pid) ?? through((by) => unit !== "" && by.unit === unit && by.name === process) ?? null;
}

/** Events that name the vulnerability: of its endpoint's findings, of suppressions that may be about it, and of statements. */
const historyOf = (
  db: Db,
  {
    endpointId,
    vulnerabilityId,
    ecosystem,
    packageName,
    sourceName,
  }: Pick<FindingRow, "endpointId" | "vulnerabilityId" | "ecosystem" | "packageName" | "sourceName">,
) =>
  select(
    db,
    eventRow,
    sql`select position, at, type, actor, subject, data from domain_event
      where (subject = ${`endpoint:${endpointId}`} and type like 'finding.%' and data->'vulnerabilities' @> ${JSON.stringify([vulnerabilityId])}::jsonb)
        or (type in ('suppression.created', 'suppression.ended') and data->>'vulnerability' = ${vulnerabilityId}
          and coalesce(data->'target'->>'ecosystem', 'deb') = ${ecosystem} and data->'target'->>'name' = any(${textArray([packageName, sourceName])})
          and (data->'scope'->>'kind' <> 'endpoint' or data->'scope'->>'id' = ${endpointId}))
        or (type in ('vex.imported', 'vex.removed') and data->'vulnerabilities' @> ${JSON.stringify([vulnerabilityId])}::jsonb)
      order by position desc limit ${MAX_EVENTS}`,
  );
