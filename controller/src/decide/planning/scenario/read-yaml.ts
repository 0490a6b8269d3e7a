import { fail, ok, type Result } from "@breakwater/shared/core";
import { businessRuleSchema, isZone, windowSchema } from "@breakwater/shared/window";
import { parse } from "yaml";
import { z } from "zod";
import type { Findings } from "./findings.ts";
import { groupsOfCounts } from "./groups.ts";
import { knownFixes } from "./known-fixes.ts";
import type { CountedClause } from "./read-counts.ts";
import type { Scenario } from "./scenario.ts";

const zoneName = z.string().refine(isZone, "is no IANA time zone");
const count = z.number().int().min(0).max(10_000_000);
const tier = z.enum(["production", "staging", "test", "development"]);
const vulnerabilitySchema = z.strictObject({
  id: z.string().min(1),
  cvss: z.number().optional(),
  product: z.string().min(1),
  affected: z.string().min(1).default("not stated"),
  fixedVersion: z.string().min(1).optional(),
});

/** A scenario told exactly. `groups` says everything; `environment` and `exposure` say it as people count. */
export const scenarioYamlSchema = z.strictObject({
  title: z.string().min(1).optional(),
  timezone: zoneName.default("UTC"),
  vulnerabilities: z.array(vulnerabilitySchema).min(1),
  exploited: z.boolean().default(false),
  environment: z.partialRecord(tier, count).optional(),
  exposure: z.strictObject({ internetFacing: count, internal: count.optional() }).optional(),
  groups: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        tier,
        count: count.min(1),
        exposure: z.enum(["public", "private", "loopback", "unknown"]).default("unknown"),
        criticality: z.number().int().min(1).max(5).optional(),
        timezone: zoneName.optional(),
        window: windowSchema.optional(),
        tags: z.array(z.string()).default([]),
      }),
    )
    .optional(),
  windows: z.partialRecord(tier, windowSchema).default({}),
  /** `tags` name the groups' tags (or a tier) that the event applies to; without them it applies to all production. */
  events: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        timezone: zoneName.optional(),
        rule: businessRuleSchema,
        tags: z.array(z.string()).optional(),
      }),
    )
    .default([]),
  bakeMinutes: z.number().min(0).optional(),
});

/** Whether the text is YAML with structure in it: a text whose every line happens to be "word: words" is still text. */
export function looksLikeYaml(text: string): boolean {
  try {
    const value: unknown = parse(text);
    return (
      typeof value === "object" &&
      value !== null &&
      !Array.isArray(value) &&
      ["vulnerabilities", "groups", "environment"].some((key) => typeof (value as Record<string, unknown>)[key] === "object")
    );
  } catch {
    return /^\s*vulnerabilities\s*:\s*$/m.test(text);
  }
}

const planTier = (name: z.infer<typeof tier>) => (name === "production" ? ("production" as const) : ("development" as const));

export function readYaml(text: string): Result<Scenario> {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    return fail({
      code: "scenario-unreadable",
      message: `The scenario is not valid YAML: ${cause instanceof Error ? cause.message.split("\n")[0] : cause}`,
      next: "Correct that line, or write the scenario as free text.",
    });
  }
  const parsed = scenarioYamlSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return fail({
      code: "scenario-unreadable",
      message: `The scenario cannot be read at ${issue?.path.join(".") || "its top"}: ${issue?.message}.`,
      next: "Correct that field; the documentation lists the fields of a scenario.",
    });
  }
  const y = parsed.data;
  const findings: Findings = { assumptions: [], contradictions: [], notes: [] };
  const vulnerabilities = y.vulnerabilities.map((v) => checked(v, findings));
  const counted = y.groups ? { groups: [], unaccounted: 0 } : groupsOfCounts(clauses(y), findings);
  const groups = y.groups
    ? y.groups.map((g) => ({
        name: g.name,
        tier: planTier(g.tier),
        count: g.count,
        exposure: g.exposure,
        criticality: g.criticality ?? (g.tier === "production" ? 4 : 2),
        zone: g.timezone ?? y.timezone,
        window: g.window ?? y.windows[g.tier],
        tags: [...g.tags, g.name, g.tier, planTier(g.tier)],
      }))
    : counted.groups.map((g) => ({
        ...g,
        criticality: g.tier === "production" ? 4 : 2,
        zone: y.timezone,
        window: y.windows[g.tier],
        tags: [g.tier],
      }));
  return ok({
    title: y.title,
    vulnerabilities,
    exploited: y.exploited,
    groups,
    events: y.events.map((e) => ({ name: e.name, zone: e.timezone ?? y.timezone, rule: e.rule, tags: e.tags ?? ["production"] })),
    bakeMinutes: y.bakeMinutes,
    unaccounted: counted.unaccounted,
    ...findings,
  });
}

function clauses(y: z.infer<typeof scenarioYamlSchema>): CountedClause[] {
  const list: CountedClause[] = [];
  for (const [name, n] of Object.entries(y.environment ?? {}))
    if (n > 0) list.push({ count: n, tier: planTier(name as z.infer<typeof tier>), tierName: name, text: name });
  if (y.exposure) list.push({ count: y.exposure.internetFacing, exposure: "public", text: "internetFacing" });
  if (y.exposure?.internal !== undefined) list.push({ count: y.exposure.internal, exposure: "private", text: "internal" });
  return list.filter((c) => c.count > 0);
}

function checked(v: z.infer<typeof vulnerabilitySchema>, findings: Findings): Scenario["vulnerabilities"][number] {
  if (/^CVE/i.test(v.id) && !/^CVE-\d{4}-\d{4,}$/i.test(v.id))
    findings.contradictions.push({
      statement: `"${v.id}" is not a CVE id; it reads like a placeholder.`,
      values: [v.id],
      assumed: "The plan goes by product, versions and score. Put in the real id before approval.",
    });
  if (v.cvss !== undefined && (v.cvss < 0 || v.cvss > 10))
    findings.contradictions.push({
      statement: `A CVSS score lies between 0 and 10; the scenario says ${v.cvss}.`,
      values: [v.cvss],
      assumed: v.cvss > 10 ? "10, the cautious reading." : "7.5.",
    });
  if (v.cvss === undefined) findings.assumptions.push(`No CVSS score is given for ${v.id}: 7.5 (high) is assumed for the order of work.`);
  const known = knownFixes(v.product, undefined, [v.id.toUpperCase()])[0];
  if (v.fixedVersion === undefined)
    findings.assumptions.push(
      known
        ? `The fixed version of ${v.id} is not given: ${known.fixed} (${known.source}).`
        : `The fixed version of ${v.product} is not given and not known here: confirm it before approval.`,
    );
  if (known) findings.notes.push(`Until it is patched (${known.id}): ${known.mitigation}`);
  return {
    id: v.id,
    cvss: v.cvss === undefined ? null : Math.max(0, Math.min(10, v.cvss < 0 ? 7.5 : v.cvss)),
    product: v.product,
    affected: v.affected,
    fixedVersion: v.fixedVersion ?? known?.fixed ?? null,
  };
}
