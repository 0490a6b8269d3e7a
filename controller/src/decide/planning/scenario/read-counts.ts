import type { PlannedExposure, Tier } from "../fleet-view.ts";

/** A number of endpoints as it stands in the text, with what was said of them. */
export interface CountedClause {
  readonly count: number;
  readonly tier?: Tier | undefined;
  readonly tierName?: string | undefined;
  readonly exposure?: Extract<PlannedExposure, "public" | "private"> | undefined;
  readonly text: string;
}

const TIERS: readonly (readonly [RegExp, Tier, string])[] = [
  [/\b(?:non-?prod(?:uction)?)\b/i, "development", "non-production"],
  [/\b(?:pre-?prod(?:uction)?|staging|stage|uat)\b/i, "development", "staging"],
  [/\b(?:dev|devel|development|developers?'?)\b/i, "development", "development"],
  [/\b(?:test|testing|qa|lab|sandbox)\b/i, "development", "test"],
  [/\b(?:prod|production|live)\b/i, "production", "production"],
];
const INTERNAL =
  /\binternal(?:ly|[- ]only)?\b|\bprivate\b|\bintranet\b|behind (?:the |a |our )?(?:firewall|vpn)|not (?:reachable|exposed|facing|accessible|open)|\bnot internet|\bnon-?(?:public|internet)/i;
const PUBLIC =
  /internet[- ]?(?:facing|exposed|reachable|accessible)|public(?:ly)?\b|external(?:ly)?\b|(?:facing|exposed to|reachable from|open to|on|accessible from) the (?:public )?(?:internet|web)|\bdmz\b|\bedge\b|\bfaces? the internet|\bfacing the internet/i;
const MACHINES = "(?:servers?|hosts?|machines?|vms?|virtual machines|nodes?|instances?|boxes|systems|endpoints?|computers?)";
const WORD_NUMBERS: Readonly<Record<string, number>> = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  dozen: 12,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
  hundred: 100,
};

/** A clause holds one number: text is cut at punctuation, and where an "and" or "of which" starts the next number. */
const clausesOf = (text: string): string[] =>
  text
    .replace(/(\d),(\d{3})(?!\d)/g, "$1$2")
    .split(
      /[.;\n()[\]]+|,|\s(?:and|plus|while|whereas|but|with)\s(?=[^.;,]*\d)|\bof (?:which|them|these|those)\b(?=[^.;,]*\d)|\s\+\s|\s\/\s/i,
    )
    .flatMap(splitAtSecondNumber)
    .map((c) => c.trim())
    .filter(Boolean);

/** "production 40 development 20" and "40 in production 20 in development": cut before what the second number belongs to. */
function splitAtSecondNumber(clause: string): string[] {
  const numbers = [...clause.matchAll(/\b\d+\b/g)];
  if (numbers.length < 2) return [clause];
  const leads =
    /^\s*[a-z -]*[:=]?\s*$/i.test(clause.slice(0, numbers[0]?.index)) &&
    !/\w/.test(clause.slice((numbers.at(-1)?.index ?? 0) + String(numbers.at(-1)?.[0]).length));
  const cuts = leads ? numbers.slice(0, -1).map((n) => (n.index ?? 0) + n[0].length) : numbers.slice(1).map((n) => n.index ?? 0);
  return [0, ...cuts].map((cut, i) => clause.slice(cut, cuts[i] ?? clause.length));
}

const numberIn = (clause: string): number | undefined => {
  const digits =
    /(?<![\d.:-])\b(\d{1,7})\b(?!\s*(?:%|percent|minutes?|hours?|days?|weeks?|am\b|pm\b|(?:st|nd|rd|th)\b|gb\b|mb\b)|[.:]\d)/i.exec(clause);
  if (digits) return Number(digits[1]);
  const words = clause.toLowerCase().match(/[a-z]+/g) ?? [];
  let value: number | undefined;
  for (const word of words) {
    const n = WORD_NUMBERS[word];
    if (n === undefined) {
      if (value !== undefined) break;
      continue;
    }
    value = word === "hundred" ? Math.max(1, value ?? 1) * 100 : word === "dozen" ? Math.max(1, value ?? 1) * 12 : (value ?? 0) + n;
  }
  return value;
};

const exposureOf = (clause: string): "public" | "private" | undefined =>
  INTERNAL.test(clause) ? "private" : PUBLIC.test(clause) ? "public" : undefined;

/** Whether the text says that nothing at all can be reached from the internet. */
export const saysNothingExposed = (text: string): boolean =>
  /\bno (?:internet|public|external) (?:exposure|access|facing)|\bnone (?:of (?:them|these|which) )?(?:is|are|face|faces) (?:the )?(?:internet|public|exposed)|\bnothing is (?:internet|public|exposed)|\b(?:air[- ]?gapped)/i.test(
    text,
  );

/** Every number of endpoints in the text, from text in which versions, scores and times were blanked out. */
export function readCounts(text: string): CountedClause[] {
  const counted: CountedClause[] = [];
  for (const clause of clausesOf(text)) {
    const count = numberIn(clause);
    const before = counted.at(-1);
    if (count === undefined) {
      /** "6 production servers, all public" */
      const all = /\b(?:all|every|each|both|entirely)\b/i.test(clause) ? exposureOf(clause) : undefined;
      if (all && before && !before.exposure) counted[counted.length - 1] = { ...before, exposure: all };
      continue;
    }
    const tier = TIERS.find(([words]) => words.test(clause));
    const exposure = exposureOf(clause);
    if (!tier && !exposure && !new RegExp(`\\b${MACHINES}\\b`, "i").test(clause)) continue;
    counted.push({ count, tier: tier?.[1], tierName: tier?.[2], exposure, text: clause });
  }
  return counted;
}
