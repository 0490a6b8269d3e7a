import { sql } from "drizzle-orm";
import { z } from "zod";
import { UNRESOLVED } from "../../../know/matching/index.ts";
import type { Db } from "../../../store/index.ts";
import { notFound } from "../problems.ts";
import type { exposureSchema } from "../schemas/index.ts";
import { int, json, momentOrNull, real, select } from "./select.ts";

const text = z.string().catch("");
const factsSchema = z
  .object({
    listeners: z
      .array(
        z.object({
          protocol: text,
          address: text,
          port: z.number().catch(0),
          scope: text,
          pid: z.number().catch(0),
          process: text,
          package: text,
          unit: text,
          namespace: text,
        }),
      )
      .catch([]),
    loadedPackages: z.array(z.object({ name: text, pids: z.array(z.number()).catch([]), reach: text })).catch([]),
  })
  .nullable()
  .catch(null);
const row = z.object({ inventoryAt: momentOrNull, declaredExposure: z.string().nullable(), facts: json(factsSchema) });
const findingRow = z.object({ name: z.string(), openFindings: int, riskHighest: real });

/** What can be reached through which door: the packages that each listening process has loaded, with what is wrong in them. */
export async function readExposure(db: Db, endpointId: string): Promise<z.infer<typeof exposureSchema>> {
  const [endpoint] = await select(
    db,
    row,
    sql`select inventory_at as "inventoryAt", declared_exposure as "declaredExposure", facts from endpoint where id = ${endpointId}`,
  );
  if (!endpoint) throw notFound("endpoint", endpointId);
  const found = await select(
    db,
    findingRow,
    sql`select package_name as name, count(*) as "openFindings", max(risk) as "riskHighest" from finding
      where endpoint_id = ${endpointId} and ecosystem in ('deb', 'rpm', 'apk') and state in ${UNRESOLVED} group by 1`,
  );
  const wrong = new Map(found.map((f) => [f.name, f]));
  const withFindings = (name: string) => wrong.get(name) ?? { name, openFindings: 0, riskHighest: 0 };
  const worstFirst = (a: { riskHighest: number; name: string }, b: { riskHighest: number; name: string }) =>
    b.riskHighest - a.riskHighest || (a.name < b.name ? -1 : 1);
  const loaded = endpoint.facts?.loadedPackages ?? [];
  return {
    inventoryAt: endpoint.inventoryAt,
    declaredExposure: endpoint.declaredExposure,
    listeners: (endpoint.facts?.listeners ?? []).map(({ pid, package: owner, scope, ...listener }) => {
      const names = new Set(loaded.filter((l) => pid !== 0 && l.pids.includes(pid)).map((l) => l.name));
      if (owner !== "") names.add(owner);
      return { ...listener, scope: scopeOf(scope), packages: [...names].map(withFindings).sort(worstFirst) };
    }),
    loaded: loaded
      .filter((l) => l.reach === "none" || l.reach === "")
      .map((l) => withFindings(l.name))
      .sort(worstFirst),
  };
}

const scopeOf = (scope: string) => z.enum(["loopback", "private", "public"]).catch("public").parse(scope);
