import { type BusinessRule, describeRule, isZone, type MaintenanceWindow } from "@breakwater/shared/window";
import type { CalendarEvent, Tier } from "../fleet-view.ts";
import type { Findings } from "./findings.ts";
import { findWhens, windowOf } from "./read-when.ts";

const ZONES: Readonly<Record<string, string>> = {
  UTC: "UTC",
  GMT: "UTC",
  CET: "Europe/Berlin",
  CEST: "Europe/Berlin",
  BST: "Europe/London",
  EST: "America/New_York",
  EDT: "America/New_York",
  ET: "America/New_York",
  CT: "America/Chicago",
  CDT: "America/Chicago",
  MST: "America/Denver",
  MDT: "America/Denver",
  PST: "America/Los_Angeles",
  PDT: "America/Los_Angeles",
  PT: "America/Los_Angeles",
  JST: "Asia/Tokyo",
  SGT: "Asia/Singapore",
  AEST: "Australia/Sydney",
  AEDT: "Australia/Sydney",
};
const CITIES: Readonly<Record<string, string>> = {
  Berlin: "Europe/Berlin",
  Frankfurt: "Europe/Berlin",
  Munich: "Europe/Berlin",
  London: "Europe/London",
  Paris: "Europe/Paris",
  Madrid: "Europe/Madrid",
  Zurich: "Europe/Zurich",
  Vienna: "Europe/Vienna",
  Amsterdam: "Europe/Amsterdam",
  Dublin: "Europe/Dublin",
  "New York": "America/New_York",
  Chicago: "America/Chicago",
  "San Francisco": "America/Los_Angeles",
  "Los Angeles": "America/Los_Angeles",
  Toronto: "America/Toronto",
  "São Paulo": "America/Sao_Paulo",
  "Sao Paulo": "America/Sao_Paulo",
  Tokyo: "Asia/Tokyo",
  Singapore: "Asia/Singapore",
  "Hong Kong": "Asia/Hong_Kong",
  Sydney: "Australia/Sydney",
  Mumbai: "Asia/Kolkata",
  Bangalore: "Asia/Kolkata",
};

/** The time zone that a text names: an IANA name, an abbreviation, or a city. */
export function readZone(text: string, findings: Findings): string {
  for (const [name] of text.matchAll(/\b[A-Z][A-Za-z]+\/[A-Z][A-Za-z_]+(?:\/[A-Z][A-Za-z_]+)?\b/g)) if (isZone(name)) return name;
  const short = new RegExp(`\\b(${Object.keys(ZONES).join("|")})\\b`).exec(text)?.[1];
  const city = new RegExp(`\\b(${Object.keys(CITIES).join("|")})\\b`).exec(text)?.[1];
  const zone = (short && ZONES[short]) ?? (city && CITIES[city]);
  if (zone) {
    findings.assumptions.push(`"${short ?? city}" is read as the time zone ${zone}, for all servers and business times.`);
    return zone;
  }
  findings.assumptions.push(
    "The text names no time zone: all times are read and planned as UTC. Set the real zone before approval, since the kept-free hours move with it.",
  );
  return "UTC";
}

export interface ReadTimes {
  readonly events: CalendarEvent[];
  readonly windows: Partial<Record<Tier | "all", MaintenanceWindow>>;
  readonly rest: string;
}

const WINDOW_WORDS = /\b(?:maintenance|change|patch(?:ing)?|service|deployment)[- ]?(?:window|slot|time)s?\b/i;
const KIND =
  /\b(peak(?: traffic| hours| load| time| season)?s?|busiest|busy(?: hours)?|freezes?|blackouts?|critical|month[- ]end(?: close| closing)?|close|closing|sale|batch|backup|reporting|payroll|rush|trading hours|business hours|office hours|opening hours)\b/i;
const FILLER =
  /^(?:(?:and|but|while|the|our|a|an|we|have|has|there|is|are|its|it|business context|context|business|also|please|note|that|must|not|be|touched|do|avoid)\b[\s:,-]*)+/i;
const TAIL =
  /[\s(:,-]*\b(?:from|between|on|the|is|are|at|during|every|each|daily|runs?|in|of|day|days|nightly|and|its|sees?|gets?|has|have|be|touched|not|must|around|local time|usually|with|for|which|when|until)\b[\s(:,-]*$/i;

/** Business events and maintenance windows, each with the words that the text has for it. */
export function readTimes(text: string, zone: string, now: number, findings: Findings): ReadTimes {
  const events: CalendarEvent[] = [];
  const windows: ReadTimes["windows"] = {};
  let rest = text;
  for (const sentence of text.split(/(?<=[.;!?])\s+|\n+/)) {
    const found = findWhens(sentence, now);
    for (const [index, when] of found.entries()) {
      const before = sentence.slice(found[index - 1]?.end ?? 0, when.start);
      const after = sentence.slice(when.end, found[index + 1]?.start ?? sentence.length);
      rest = rest.replace(sentence.slice(when.start, when.end), " ");
      const context = `${lastClause(before)} ${firstClause(after)}`;
      const window = WINDOW_WORDS.test(before) || WINDOW_WORDS.test(firstClause(after)) ? windowOf(when.rule) : undefined;
      if (window) {
        const tier = /\b(dev|development|test|staging|non-?prod)/i.test(context)
          ? "development"
          : /\bprod/i.test(context)
            ? "production"
            : "all";
        windows[tier] = window;
        continue;
      }
      const event = { name: nameOf(before, after, when.rule), zone, rule: when.rule, tags: ["production"] };
      if (!events.some((e) => e.name === event.name && describeRule(e.rule) === describeRule(event.rule))) events.push(event);
    }
    if (found.length === 0 && /month[- ]end|end of (?:the|each|every) month/i.test(sentence)) {
      events.push({
        name: nameOf(sentence, "", { kind: "monthly", fromDay: -2, toDay: 1 }),
        zone,
        rule: { kind: "monthly", fromDay: -2, toDay: 1 },
        tags: ["production"],
      });
      findings.assumptions.push('"Month end" without days is read as the last two days of a month and the first of the next.');
    } else if (found.length === 0 && /\bpeak\b|\bbusiest\b|\bfreeze\b/i.test(sentence) && !/\bno\b|\bnot\b|n't/i.test(sentence))
      findings.assumptions.push(
        `"${sentence.trim().replace(/[.;]$/, "")}" names a busy time without saying when: it could not be kept free. Say when before approval.`,
      );
  }
  if (events.length === 0)
    findings.assumptions.push("No business times could be read: production is planned for the night, nothing else is kept free.");
  return { events, windows, rest };
}

const lastClause = (text: string): string => text.split(/[,;]|\)\s*(?=\S)/).at(-1) ?? "";
const firstClause = (text: string): string => text.split(/[,;.)]/)[0] ?? "";

/** "E-commerce platform (peak traffic 6pm-11pm)" is called "E-commerce platform: peak traffic". */
function nameOf(before: string, after: string, rule: BusinessRule): string {
  const clauses = before
    .split(/[,;]|\)/)
    .map((c) => c.trim())
    .filter(Boolean);
  let text = clauses.at(-1) ?? "";
  if (clean(text.replace(KIND, "")) === "" && clauses.length > 1 && !/\d/.test(clauses.at(-2) ?? "")) text = `${clauses.at(-2)} (${text}`;
  let name = clean(text);
  if (name === "" || clean(name.replace(KIND, "")) === "") {
    const following = clean(firstClause(after).replace(/^\s*(?:is|are|for|of|in|on|the|our|local time|peak for)\b/gi, ""));
    if (following) name = name ? `${following}: ${name}` : following;
  }
  return name === "" ? `business event (${describeRule(rule)})` : name;
}

function clean(text: string): string {
  let name = text.replace(
    /\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?\b(?:\s*(?:-|to|through)\s*(?=\w*day))?|\bweek(?:days|ends)\b/gi,
    " ",
  );
  name = name
    .replace(/^.*\bcontext\s*:\s*/i, "")
    .replace(/\s*\(\s*/g, ": ")
    .replace(/\s+/g, " ")
    .trim();
  for (let previous = ""; previous !== name; ) {
    previous = name;
    name = name
      .replace(FILLER, "")
      .replace(TAIL, "")
      .replace(/^[\s:,\-()]+|[\s:,\-()]+$/g, "");
  }
  return name
    .replace(/\bcritical$/i, "critical time")
    .replace(/\bbusiest$/i, "busiest hours")
    .slice(0, 80);
}
