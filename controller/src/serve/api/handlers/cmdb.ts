import { expectOk } from "@breakwater/shared/core";
import { createCmdb } from "../../../know/cmdb/index.ts";
import { actorOf } from "../auth/index.ts";
import { type Api, bind } from "../bind.ts";
import { download } from "../download.ts";
import { gapsAsCsv, listGaps } from "../queries/gaps.ts";
import { routes } from "../routes/index.ts";
import type { Services } from "../services.ts";

export function bindCmdb(api: Api, services: Services): void {
  const cmdb = createCmdb(services);
  bind(api, routes.cmdbSources, async () => ({
    rows: (await cmdb.sources()).map((source) => ({ ...source, columns: writable(source.columns), setAside: [...source.setAside] })),
  }));
  bind(api, routes.cmdbImport, async ({ body, principal }) => {
    const taken = expectOk(await cmdb.import(body, actorOf(principal)));
    return { ...taken, columns: writable(taken.columns), setAside: [...taken.setAside] };
  });
  bind(api, routes.cmdbRemove, async ({ params, body, principal }) => {
    expectOk(await cmdb.remove(params.name, body.reason, actorOf(principal)));
    return { ok: true } as const;
  });
  bind(api, routes.gaps, async ({ query }) => listGaps(cmdb, query));
  bind(api, routes.gapsFile, async ({ query, context }) => {
    // Asked before the first byte: a refusal needs a status of its own.
    const pieces = gapsAsCsv(cmdb, query);
    const first = await pieces.next();
    const all = async function* () {
      if (!first.done) yield first.value;
      yield* pieces;
    };
    return download(context, "breakwater-gaps.csv", all(), "text/csv; charset=utf-8");
  });
}

const writable = (columns: Readonly<Record<string, readonly string[]>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(columns).map(([field, names]) => [field, [...names]]));
