import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { CATALOGUE_COLUMNS, catalogueRow, INSTALLED } from "../inventory/index.ts";
import { isProduct, lookupName, type Product } from "./product.ts";
import type { VexStatement } from "./statement.ts";

/** A statement that changes nothing here now, and why. It counts as soon as there is something. */
export interface UnmatchedStatement {
  readonly place: string;
  readonly vulnerabilityId: string;
  readonly purl: string;
  readonly reason: string;
}

const FindingRow = z.object({ vulnerabilityId: z.string(), packageId: z.coerce.number(), endpointId: z.string() });

/** Which of the statements are about nothing that is known of the fleet. */
export async function findMatches(
  db: Db,
  statements: readonly { readonly statement: VexStatement; readonly product: Product }[],
): Promise<UnmatchedStatement[]> {
  const names = [...new Set(statements.flatMap(({ product }) => [product.name, lookupName(product)]))];
  const packages = await queryRows(
    db,
    catalogueRow,
    sql`select ${CATALOGUE_COLUMNS} from package_catalogue c where (name = any(${sql.param(names)}::text[]) or source_name = any(${sql.param(names)}::text[]))
        and exists (select 1 from ${INSTALLED} p where p.package_id = c.id)`,
  );
  const ids = [...new Set(statements.map(({ statement }) => statement.vulnerabilityId))];
  const findings = await queryRows(
    db,
    FindingRow,
    sql`select vulnerability_id as "vulnerabilityId", package_id as "packageId", endpoint_id as "endpointId" from finding
      where vulnerability_id = any(${sql.param(ids)}::text[]) and state not in ('gone', 'ignored')`,
  );
  const byVulnerability = new Map<string, z.output<typeof FindingRow>[]>();
  for (const row of findings) {
    const known = byVulnerability.get(row.vulnerabilityId);
    if (known) known.push(row);
    else byVulnerability.set(row.vulnerabilityId, [row]);
  }
  const byName = new Map<string, z.output<typeof catalogueRow>[]>();
  for (const pkg of packages)
    for (const name of new Set([pkg.name, pkg.sourceName])) {
      const known = byName.get(name);
      if (known) known.push(pkg);
      else byName.set(name, [pkg]);
    }
  return statements.flatMap(({ statement, product }) => {
    const { place, vulnerabilityId, purl, endpointId } = statement;
    const installed = [...new Set([product.name, lookupName(product)])]
      .flatMap((name) => byName.get(name) ?? [])
      .filter((pkg) => isProduct(product, pkg));
    const say = (reason: string) => [{ place, vulnerabilityId, purl, reason }];
    if (installed.length === 0) return say("no endpoint has this product installed");
    const packageIds = new Set(installed.map((pkg) => pkg.id));
    const found = (byVulnerability.get(vulnerabilityId) ?? []).filter((f) => packageIds.has(f.packageId));
    if (found.length === 0) return say(`it is installed, and no finding says that ${vulnerabilityId} is in it`);
    if (endpointId !== null && !found.some((f) => f.endpointId === endpointId)) return say(`endpoint ${endpointId} has no such finding`);
    return [];
  });
}
