import type { Tier } from "./fleet-view.ts";

const DEVELOPMENT = /^(?:tier[:=])?(?:env[:=])?(?:dev|devel|development|test|testing|qa|staging|stage|uat|lab|sandbox|non-?prod)$/i;
const PRODUCTION = /^(?:tier[:=])?(?:env[:=])?(?:prod|production|live)$/i;

/** What the tags say an endpoint is for; undefined where none says it. */
export function tierOf(tags: readonly string[]): Tier | undefined {
  if (tags.some((t) => DEVELOPMENT.test(t))) return "development";
  return tags.some((t) => PRODUCTION.test(t)) ? "production" : undefined;
}
