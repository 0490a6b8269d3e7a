import { randomUUID } from "node:crypto";
import { type Clock, fail, formatInstant, instant, ok, type Result } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows, type Store } from "../../store/index.ts";
import { CATALOGUE_COLUMNS, catalogueRow, INSTALLED } from "../inventory/index.ts";
import { writePurl } from "../matching/index.ts";
import { writeCycloneDx } from "./cyclonedx.ts";
import type { SbomContent, SbomEndpoint, SbomFormat, SbomPackage } from "./model.ts";
import { writeSpdx } from "./spdx.ts";

export { SBOM_FORMATS, type SbomFormat } from "./model.ts";

const PACKAGES_AT_ONCE = 1_000;
/** Of up to some thousand packages each. */
const ENDPOINTS_AT_ONCE = 20;

export type Sboms = ReturnType<typeof createSboms>;

/**
 * Bills of materials of what is installed, written piece by piece while it is read: a fleet's never stands in memory. What changes
 * meanwhile is in it or is not; no reference points at nothing.
 */
export function createSboms({ store, clock, version }: { readonly store: Store; readonly clock: Clock; readonly version: string }) {
  const { db } = store;
  const write = (format: SbomFormat, subject: string, endpointId: string | null): AsyncGenerator<string> => {
    const head = { subject, uuid: randomUUID(), at: clock.now(), toolVersion: version };
    const content = contentOf(db, endpointId, head);
    return format === "spdx" ? writeSpdx(content) : writeCycloneDx(content);
  };
  return {
    /** Of one endpoint. One that never sent an inventory has no bill: what it holds is unknown, which is not nothing. */
    async ofEndpoint(endpointId: string, format: SbomFormat): Promise<Result<AsyncGenerator<string>>> {
      const [endpoint] = await queryRows(
        db,
        z.object({ hostname: z.string(), inventoryAt: z.unknown() }),
        sql`select hostname, inventory_at as "inventoryAt" from endpoint where id = ${endpointId}`,
      );
      if (!endpoint)
        return fail({
          code: "endpoint-unknown",
          message: `There is no endpoint ${endpointId}.`,
          next: "List the endpoints to see their ids.",
        });
      if (endpoint.inventoryAt === null)
        return fail({
          code: "inventory-missing",
          message: `${endpoint.hostname} has never sent an inventory: what it has installed is unknown.`,
          next: "Wait for its agent's first inventory.",
        });
      return ok(write(format, endpoint.hostname, endpointId));
    },
    /** Of every endpoint that was not removed. */
    ofFleet: (format: SbomFormat): AsyncGenerator<string> => write(format, "fleet", null),
  };
}

const EndpointRow = z.object({
  id: z.string(),
  hostname: z.string(),
  osId: z.string(),
  osVersion: z.string(),
  osName: z.string(),
  inventoryAt: z.string().nullable(),
  complete: z.boolean(),
  packageIds: z.string().nullable(),
});

function contentOf(db: Db, endpointId: string | null, head: SbomContent["head"]): SbomContent {
  const only = endpointId === null ? sql`true` : sql`p.endpoint_id = ${endpointId}`;
  const told = new Set<number>();
  return {
    head,
    async *packages(): AsyncGenerator<SbomPackage> {
      for (let after = 0; ; ) {
        const rows = await queryRows(
          db,
          catalogueRow,
          sql`select ${CATALOGUE_COLUMNS} from package_catalogue c
            where c.id > ${String(after)}::bigint and exists (select 1 from ${INSTALLED} p where p.package_id = c.id and ${only})
            order by c.id limit ${PACKAGES_AT_ONCE}`,
        );
        for (const { id, name, version, sourceName, sourceVersion, vendor, ...rest } of rows) {
          told.add(id);
          yield {
            ref: `p${id}`,
            name,
            version,
            sourceName,
            sourceVersion,
            vendor,
            purl: writePurl({ name, version, sourceName, sourceVersion, ...rest }),
          };
          after = id;
        }
        if (rows.length < PACKAGES_AT_ONCE) return;
      }
    },
    async *endpoints(): AsyncGenerator<SbomEndpoint> {
      for (let after = ""; ; ) {
        const rows = await queryRows(
          db,
          EndpointRow,
          sql`select id, hostname, os_id as "osId", os_version as "osVersion", os_name as "osName", inventory_at::text as "inventoryAt",
            coalesce(jsonb_array_length(case when jsonb_typeof(facts->'problems') = 'array' then facts->'problems' else '[]' end), 0) = 0
              and coalesce((facts->'componentScan'->>'notLookedTotal')::bigint = 0, false) as complete,
            (select string_agg(p.package_id::text, ',' order by p.package_id) from ${INSTALLED} p where p.endpoint_id = e.id) as "packageIds"
            from endpoint e where id > ${after} and ${endpointId === null ? sql`revoked_at is null` : sql`id = ${endpointId}`}
            order by id limit ${ENDPOINTS_AT_ONCE}`,
        );
        for (const { osId, osVersion, osName, packageIds, inventoryAt, ...row } of rows) {
          const ids = (packageIds ?? "").split(",").map(Number);
          yield {
            ...row,
            os: { id: osId, version: osVersion, name: osName },
            inventoryAt: inventoryAt === null ? null : formatInstant(instant(Date.parse(inventoryAt))),
            packageRefs: ids.flatMap((id) => (told.has(id) ? [`p${id}`] : [])),
          };
          after = row.id;
        }
        if (rows.length < ENDPOINTS_AT_ONCE) return;
      }
    },
  };
}
