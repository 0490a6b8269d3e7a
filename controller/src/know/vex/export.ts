import { fail, type Instant, instant, ok, type Result } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { INSTALLED } from "../inventory/index.ts";
import { writePurl } from "../matching/index.ts";
import { JUSTIFICATIONS } from "../suppression/index.ts";
import { VEX_STATUSES, type VexJustification, type VexStatus } from "./statement.ts";
import type { OwnStatement } from "./write.ts";

/** Rows of one export, which stands in memory; more is asked for in parts. */
const MAX_ROWS = 200_000;

export interface ExportScope {
  readonly endpointId?: string | undefined;
  readonly tag?: string | undefined;
}

const Row = z.object({
  vulnerabilityId: z.string(),
  endpointId: z.string(),
  state: z.enum(["open", "no-fix", "restart-needed", "suppressed", "not-affected", "fixed"]),
  fixedVersion: z.string().nullable(),
  closedBy: z.string().nullable(),
  since: z.string().transform((text): Instant => instant(Date.parse(text))),
  packageId: z.coerce.number(),
  ecosystem: z.string(),
  name: z.string(),
  version: z.string(),
  architecture: z.string(),
  sourceName: z.string(),
  sourceVersion: z.string(),
  distribution: z.string(),
  statement: z
    .object({
      status: z.enum(VEX_STATUSES),
      justification: z.enum(JUSTIFICATIONS).nullable().catch(null),
      note: z.string(),
      author: z.string(),
    })
    .nullish(),
  suppression: z
    .object({ justification: z.string(), reason: z.string(), until: z.string(), scope: z.object({ kind: z.string() }) })
    .nullish(),
});
type Row = z.output<typeof Row>;

/**
 * What our findings come to as statements. One about a package wherever it is, where every endpoint that has it agrees, else one an
 * endpoint. What is fixed is stated of the version that is installed now; what is gone, and advisories taken back, of nothing.
 */
export async function ownStatements(db: Db, scope: ExportScope): Promise<Result<OwnStatement[]>> {
  const where = [
    sql`true`,
    ...(scope.endpointId === undefined ? [] : [sql`e.id = ${scope.endpointId}`]),
    ...(scope.tag === undefined ? [] : [sql`e.tags @> ${JSON.stringify([scope.tag])}::jsonb`]),
  ];
  const rows = await queryRows(
    db,
    Row,
    sql`select f.vulnerability_id as "vulnerabilityId", f.endpoint_id as "endpointId", f.state, f.fixed_version as "fixedVersion", f.closed_by as "closedBy",
      coalesce(f.closed_at, f.set_aside_at, f.opened_at)::text as since, c.id as "packageId", c.ecosystem, c.name, c.version, c.architecture,
      c.source_name as "sourceName", c.source_version as "sourceVersion", c.distribution, f.assessment->'statement' as statement, f.assessment->'suppression' as suppression
      from finding f join endpoint e on e.id = f.endpoint_id and e.revoked_at is null
      join ${INSTALLED} p on p.endpoint_id = f.endpoint_id
      join package_catalogue c on c.id = p.package_id and c.ecosystem = f.ecosystem and c.name = f.package_name and (f.closed_at is not null or f.state = 'restart-needed' or c.id = f.package_id)
      where f.state in ('open', 'no-fix', 'restart-needed', 'suppressed', 'not-affected', 'fixed') and ${sql.join(where, sql` and `)}
      order by f.vulnerability_id, c.id, f.endpoint_id limit ${MAX_ROWS + 1}`,
  );
  if (rows.length > MAX_ROWS)
    return fail({
      code: "vex-too-large",
      message: `There is more than ${MAX_ROWS} to state.`,
      next: "Export one endpoint or one tag at a time.",
    });
  if (rows.length === 0)
    return fail({
      code: "vex-empty",
      message: "There is no finding to state anything of.",
      next: "Widen what is exported; a VEX document has at least one statement.",
    });
  const wide = scope.endpointId === undefined && scope.tag === undefined;
  return ok([...groups(rows)].flatMap((group) => statementsOf(group, wide)));
}

/** Rows of one vulnerability in one package, as they come in order. */
function* groups(rows: readonly Row[]): Generator<readonly Row[]> {
  let from = 0;
  for (let i = 1; i <= rows.length; i++) {
    const [a, b] = [rows[from], rows[i]];
    if (a && b && a.vulnerabilityId === b.vulnerabilityId && a.packageId === b.packageId) continue;
    yield rows.slice(from, i);
    from = i;
  }
}

function statementsOf(group: readonly Row[], wide: boolean): OwnStatement[] {
  const said = group.flatMap((row) => {
    const purl = writePurl(row);
    return purl === null
      ? []
      : [{ ...sayingOf(row), vulnerabilityId: row.vulnerabilityId, timestamp: row.since, purl, endpointId: row.endpointId }];
  });
  const [first] = said;
  if (!first) return [];
  const one = wide && said.every((s) => s.status === first.status && s.justification === first.justification && s.note === first.note);
  // What was suppressed for some endpoints is no word on others that may get the package.
  const elsewhere = group.some((row) => row.suppression && row.state === "suppressed" && row.suppression.scope.kind !== "fleet");
  if (!one || elsewhere) return said;
  return [{ ...first, endpointId: null, timestamp: instant(Math.max(...said.map((s) => s.timestamp))) }];
}

/** An accepted risk is no claim that the product is not affected. */
function sayingOf(row: Row): { status: VexStatus; justification: VexJustification | null; note: string } {
  const { statement, suppression } = row;
  const quoted = statement ? `By ${statement.author}${statement.note === "" ? "" : `: ${statement.note}`}` : "";
  switch (row.state) {
    case "fixed":
      return { status: "fixed", justification: null, note: quoted || (row.closedBy ?? "") };
    case "not-affected":
      return { status: "not_affected", justification: statement?.justification ?? null, note: quoted };
    case "suppressed": {
      const justification = JUSTIFICATIONS.find((j) => j === suppression?.justification) ?? null;
      const reason = suppression?.reason ?? "";
      if (justification) return { status: "not_affected", justification, note: reason };
      return { status: "affected", justification: null, note: `The risk is accepted until ${suppression?.until.slice(0, 10)}: ${reason}` };
    }
    default:
      if (statement?.status === "under_investigation") return { status: "under_investigation", justification: null, note: quoted };
      return {
        status: "affected",
        justification: null,
        note:
          row.state === "restart-needed"
            ? `${row.fixedVersion ?? "A fixed version"} is installed, and the old code still runs: restart what runs it.`
            : row.fixedVersion === null
              ? "No fixed version is known yet."
              : `Update to ${row.fixedVersion}.`,
      };
  }
}
