import { expectOk, instant } from "@breakwater/shared/core";
import { createDueRules, parseDueRules } from "../../../know/due-rules/index.ts";
import type { DueRules } from "../../../know/risk/index.ts";
import { actorOf } from "../auth/index.ts";
import { type Api, bind } from "../bind.ts";
import { download } from "../download.ts";
import { previewDueRules } from "../queries/due-preview.ts";
import { readFinding } from "../queries/finding.ts";
import { listSuppressions, readSuppression } from "../queries/suppressions.ts";
import { routes } from "../routes/index.ts";
import { createSavedViews } from "../saved-views.ts";
import { dueRulesSchema, MAX_TOLD } from "../schemas/index.ts";
import type { Services } from "../services.ts";

const done = { ok: true } as const;

export function bindAssessment(api: Api, services: Services): void {
  const { store, clock, suppressions, vex, sboms, system } = services;
  const { db } = store;
  bind(api, routes.finding, async ({ params }) => readFinding(db, params.id));

  const dueRules = createDueRules(services);
  bind(api, routes.dueRules, async () => toldRules(await dueRules.read()));
  bind(api, routes.dueRulesPut, async ({ body, principal }) =>
    toldRules(expectOk(await dueRules.set(body.rules, body.reason, actorOf(principal)))),
  );
  bind(api, routes.duePreview, async ({ body }) => previewDueRules(db, expectOk(parseDueRules(body.rules)), clock.now()));

  bind(api, routes.suppressions, async ({ query }) => listSuppressions(db, query));
  bind(api, routes.suppressionCreate, async ({ body, principal }) => {
    const { expiresAt, ...wish } = body;
    const { suppression, findings } = expectOk(
      await suppressions.create({ ...wish, expiresAt: instant(Date.parse(expiresAt)) }, actorOf(principal)),
    );
    // The findings follow within a moment; their number is known now.
    return { ...(await readSuppression(db, suppression.id)), findings };
  });
  bind(api, routes.suppressionEnd, async ({ params, body, principal }) => {
    expectOk(await suppressions.end(params.id, body.reason, actorOf(principal)));
    return readSuppression(db, params.id);
  });

  bind(api, routes.vexDocuments, async () => ({ rows: (await vex.documents()).map((d) => ({ ...d, leftOut: [...d.leftOut] })) }));
  bind(api, routes.vexImport, async ({ body, principal }) => {
    const signature = body.signature === undefined ? null : Buffer.from(body.signature, "base64");
    const taken = expectOk(await vex.importDocument(body.document, signature, actorOf(principal)));
    return {
      ...taken,
      ...{ leftOutCount: taken.leftOut.length, leftOut: taken.leftOut.slice(0, MAX_TOLD) },
      ...{ unmatchedCount: taken.unmatched.length, unmatched: taken.unmatched.slice(0, MAX_TOLD) },
    };
  });
  bind(api, routes.vexRemove, async ({ params, body, principal }) => {
    expectOk(await vex.remove(params.id, body.reason, actorOf(principal)));
    return done;
  });
  bind(api, routes.vexTrust, async () => ({ authors: await vex.trust() }));
  bind(api, routes.vexTrustPut, async ({ body, principal }) => ({
    authors: expectOk(await vex.setTrust(body.authors, actorOf(principal))),
  }));
  bind(api, routes.vexExport, async ({ query, context }) => {
    const by = { author: query.author, namespace: system.addresses.console, toolVersion: system.version };
    const document = expectOk(await vex.exportDocument(query.format, { endpointId: query.endpoint, tag: query.tag }, by));
    return download(context, `breakwater-vex.${query.format}.json`, only(`${JSON.stringify(document, null, 2)}\n`));
  });

  bind(api, routes.sbom, async ({ query, context }) =>
    download(context, `breakwater-fleet.${SUFFIX[query.format]}.json`, sboms.ofFleet(query.format)),
  );
  bind(api, routes.endpointSbom, async ({ params, query, context }) =>
    download(context, `${params.id}.${SUFFIX[query.format]}.json`, expectOk(await sboms.ofEndpoint(params.id, query.format))),
  );

  const views = createSavedViews(services);
  bind(api, routes.savedViews, async ({ principal }) => ({ rows: await views.list(principal) }));
  bind(api, routes.savedView, async ({ params, principal }) => views.find(params.id, principal));
  bind(api, routes.savedViewCreate, async ({ body, principal }) => views.save(body, principal));
  bind(api, routes.savedViewDelete, async ({ params, principal }) => {
    await views.remove(params.id, principal);
    return done;
  });
}

const toldRules = (rules: DueRules) => dueRulesSchema.parse(rules);

/** As the two formats' own conventions name files. */
const SUFFIX = { cyclonedx: "cdx", spdx: "spdx" } as const;

async function* only(text: string): AsyncGenerator<string> {
  yield text;
}
