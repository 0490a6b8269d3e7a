import type { Note, NoteKind, Statement } from "./model.ts";
import { type Outline, type Sentence, UNDER } from "./outline.ts";

/**
 * Sentences worth showing to who plans the patch, by the words they are made of. Rules rather than a trained model: the kinds
 * are rare, their words are few, and no labelled sentences of vendors stand behind a model that could do better.
 */
interface Rule {
  /** What the sentence must say. */
  readonly says: RegExp;
  /** What it must say besides; where it does not, the sentence is about something else. */
  readonly and?: RegExp;
  readonly unless?: RegExp;
  readonly confidence: number;
}

const AFFECTED = /\b(?:affect\w*|impact\w*|vulnerab\w*|exploit\w*|attack\w*|trigger\w*)\b/;
const PREREQUISITE: readonly Rule[] = [
  {
    says: /\b(?:only|solely|exclusively)\b.{0,80}\b(?:affect\w*|impact\w*|vulnerable|exploitable|exploited)\b|\b(?:affects?|impacts?|exploitable|vulnerable|exploited)\b.{0,40}\b(?:only|solely)\b/,
    confidence: 0.9,
  },
  {
    says: /\b(?:only|solely)\s+(?:if|when|where|in case|with|on systems|those|applications|users|installations|deployments)\b/,
    and: AFFECTED,
    confidence: 0.9,
  },
  {
    says: /\b(?:if|when|where|unless|provided that)\b.{0,120}\b(?:is|are|has been|was|were|been|explicitly|be)\s+(?:not\s+)?(?:enabled|disabled|configured|used|set|installed|loaded|exposed|turned on|active|in use)\b/,
    and: AFFECTED,
    confidence: 0.8,
  },
  {
    says: /\b(?:in order )?(?:to|for) (?:be exploitable|be vulnerable|be affected|exploit|successfully exploit|succeed)\b.{0,80}\b(?:must|needs?|requires?|has to|have to|would need)\b|\b(?:successful )?exploit\w*\b.{0,60}\b(?:requires?|depends on|needs?)\b/,
    confidence: 0.9,
  },
  {
    says: /\b(?:attacker|attackers|adversary)\b.{0,40}\b(?:must|needs? to|needs?|requires?|has to|have to|would need|would have to)\b/,
    confidence: 0.8,
  },
  {
    says: /\b(?:authentication|user interaction|local access|physical access|network access|administrative access|privileges?)\b.{0,30}\b(?:is|are)\s+(?:not\s+)?(?:required|needed|necessary)\b/,
    confidence: 0.8,
  },
  {
    says: /\b(?:default|non-default|specific|certain)\s+(?:configurations?|settings?|installations?|setups?)\b.{0,80}\b(?:affected|vulnerable|exploitable)\b/,
    confidence: 0.8,
  },
  {
    says: /^(?:users|applications|customers|projects|anyone|systems|sites|services|deployments|instances|those|installations|implementations)\s+(?:who|that|which|using|with|not using|running)\b/,
    and: /\b(?:affected|vulnerable|impacted|unaffected|at risk)\b/,
    confidence: 0.75,
  },
  {
    // "When the queue is configured with Redis, messages can be forged."
    says: /\b(?:if|when|where|whenever|provided that)\b.{0,120}\b(?:enabled|disabled|turned on|configured)\b/,
    and: /\b(?:could|can|cannot|may|might|would|will|does not|do not|did not|allow\w*|leak\w*|bypass\w*)\b/,
    unless:
      /\b(?:fix(?:ed|es)?|patch(?:ed|es)?|upgrad\w*|updat(?:e|ed|ing)|work-?arounds?|mitigat\w*|recommend\w*|should|please|now|prevents?|protects?|even (?:if|when|where))\b/,
    confidence: 0.7,
  },
  {
    // "Triggering this requires control over a query", "Requires a configuration where ...".
    says: /^(?:triggering\b.{0,60}|exploit\w*\b.{0,60}|(?:an?|the|this|such an?)\s+(?:\w+\s+)?(?:attack|exploit|vulnerability|issue|flaw|bug)\s+)\brequires?\b|^requires (?:an?|the|that)\b/,
    confidence: 0.85,
  },
  {
    // "The issue is limited to servers behind a proxy", "To be subject to this, the option must be set".
    says: /\b(?:issue|vulnerability|problem|flaw|impact|bug)\b.{0,20}\b(?:is|are)\s+(?:only|limited|restricted|confined)\b.{0,10}\b(?:to|when|if|where|in|for)\b|\bto be (?:subject|vulnerable|exposed|affected)\b.{0,80}\bmust\b/,
    confidence: 0.9,
  },
  {
    // "Deployments behind a proxy are not affected": who is, by who is not. What versions say stands with the versions.
    says: /\b(?:if|using|use|uses|with|without|on|behind|that|which|who|deployments?|configured)\b.{0,120}\b(?:is|are) (?:not|un)\s?(?:affected|vulnerable|impacted|exploitable)\b/,
    unless: /\d\.\d|\b(?:versions?|releases?|branch|series)\b/,
    confidence: 0.7,
  },
];
const KNOWN_ISSUE: readonly Rule[] = [
  {
    says: /\bknown (?:issues?|problems?|limitations?|bugs?)\b/,
    unless: /\bknown (?:issues?|problems?|bugs?) \(cve-|\bno known\b|\bwell-known\b|\bis a known (?:issue|problem) (?:with|in) other\b/,
    confidence: 0.85,
  },
  {
    says: /\b(?:after|once|when|upon|following)\s+(?:installing|applying|upgrading|updating|installation|deploying|the (?:update|upgrade|patch|installation))\b/,
    and: /\b(?:fail\w*|break\w*|stop\w*|crash\w*|unable|cannot|can't|error\w*|problem\w*|issue\w*|hang\w*|slow\w*|lost|missing|regress\w*|no longer)\b/,
    unless: /\b(?:must|should|need to|please)\s+(?:restart|reboot)\b/,
    confidence: 0.8,
  },
  {
    says: /\b(?:introduced|caused|causes|introduces)\s+a\s+(?:\w+\s+)?regression\b|\bregression\s+(?:introduced|caused)\s+(?:by|in)\s+(?:this|the)\s+(?:update|fix|patch)\b/,
    unless: /\b(?:previous|earlier|prior|original|last)\b/,
    confidence: 0.7,
  },
];
const NOTES: readonly (Rule & { readonly kind: NoteKind })[] = [
  {
    kind: "restart",
    says: /\b(?:restart\w*|reboot\w*|log\s?out|re-?login)\b/,
    and: /\b(?:must|need\w*|require\w*|should|has to|have to|will|necessary|recommended|to make all|for the (?:update|changes?|fix) to take effect|please)\b/,
    unless:
      /\b(?:attacker|exploit\w*|denial|crash\w*|cause\w*|forced?|until|automatically restarts|without (?:requiring|needing|a|any)|tests?|frequent|manual restart is needed to recover|only (?:when|if|where) needed)\b/,
    confidence: 0.85,
  },
  {
    kind: "restart",
    says: /^(?:please )?(?:restart|reboot)\b|^(?:re-?start|reboot) required\b/,
    unless: /^(?:please )?(?:restart|reboot)\b.{0,40}\b(?:when|if) (?:it|they)\b/,
    confidence: 0.85,
  },
  {
    kind: "regression",
    says: /^revert(?:s|ed|ing)?\b/,
    and: /\b(?:break\w*|broke\w*|regress\w*|fail\w*|crash\w*|caus\w*)\b/,
    confidence: 0.7,
  },
  {
    kind: "regression",
    says: /\breverts?\b.{0,80}\b(?:in|from|of|since|made)\b/,
    unless: /\b(?:revert to|transactions?|attack)/,
    confidence: 0.7,
  },
  {
    kind: "regression",
    says: /\b(?:fix|patch)\b.{0,60}\b(?:was|were|is|are) (?:incomplete|insufficient)\b|\bincomplete mitigation\b|\bmiti?gation\b.{0,60}\b(?:was|were|is|are) (?:incomplete|insufficient)\b|\b(?:regress(?:ion|ions|ed)(?! tests?\b| suites?\b)(?<!prevent regression)(?<!prevent regressions)|reintroduc\w*|incomplete(?:ly)? (?:fix|patch|fixed)|insufficient fix|(?:previous|earlier|original|prior) (?:update|fix|patch)\b.{0,60}\b(?:incomplete|introduced|caused|broke|insufficient|did not))\b/,
    confidence: 0.85,
  },
  {
    kind: "configuration",
    says: /\b(?:configurations?|config|settings?|options?|parameters?|defaults?|environment variables?|directives?)\b/,
    and: /\b(?:must be|need\w* to be|has (?:been )?(?:changed|renamed|removed)|have (?:been )?(?:changed|renamed|removed)|is now|are now|now defaults?|no longer|renamed|migrat\w*|must now|changed from|deprecated)\b/,
    unless: AFFECTED,
    confidence: 0.7,
  },
  {
    kind: "configuration",
    says: /\b(?:now|will|from now on)\b.{0,60}\bby default\b|^by default, (?:only )?[^.]{0,60}\b(?:is|are) (?:now |only )?(?:built|enabled|disabled|used|installed|loaded)\b|\b(?:chang|updat|increas|decreas|rais|lower|reduc|extend)\w*\b.{0,30}\bdefaults?\b|\bdefaults?\b.{0,50}\b(?:has|have|was|were|is|are) (?:been )?(?:now )?(?:changed|updated|increased|decreased|raised|lowered|reduced|extended)\b|=\w+ by default\b/,
    unless: /\b(?:affect\w*|vulnerab\w*|exploit\w*|attack\w*|insecure|malicious|expos\w*)\b/,
    confidence: 0.65,
  },
  {
    kind: "configuration",
    says: /\bopt(?:ing)?[- ]?out\b|\b(?:revert|return|go back|restore)\b.{0,20}\b(?:previous|old|former|earlier|original) behaviou?r\b|\bno longer (?:need|necessary|required|have) to\b|\bno longer needs?\b|^(?:renam(?:e|ed|es) )\S+ ?\S* ?\S* to \S+|\b(?:add(?:ed|s)?|introduc(?:ed|es?)|provid(?:ed|es?)) (?:a |an |the |new )*(?:system property|configuration (?:option|setting|parameter)|option|setting|environment variable)\b/,
    unless: AFFECTED,
    confidence: 0.65,
  },
  {
    kind: "configuration",
    says: /\b(?:after|once|when|before) (?:upgrading|updating|you upgrade|you update|the upgrade|the update|you have (?:upgraded|updated))\b.{0,120}\b(?:must|need(?:s|ed)? to|have to|has to|should|required)\b/,
    unless: /\b(?:restart\w*|reboot\w*|attack\w*|exploit\w*)\b/,
    confidence: 0.75,
  },
  {
    kind: "configuration",
    says: /\b(?:breaking changes?|backwards?[- ]incompatible|manual (?:actions?|steps?|intervention)|migration (?:is|steps?|guide))\b/,
    unless: /\b(?:no|no(?:t any)? known|without|not (?:a|introduc\w+(?: any)?)) breaking\b/,
    confidence: 0.8,
  },
  {
    kind: "configuration",
    says: /^breaking\b|\b(?:must|need to|have to|please)?\s*run\b.{0,60}\b(?:before|after|when) (?:upgrad|updat|install)|`.{0,20}\b(?:has been|have been|was|were|is|are)\b.{0,20}\b(?:renamed|removed|replaced|deprecated)\b/,
    confidence: 0.75,
  },
  {
    kind: "known-issue",
    says: /\bknown (?:issues?|problems?|limitations?)\b/,
    unless: /\bno known\b|\bknown issues? \(cve-/,
    confidence: 0.8,
  },
  {
    kind: "known-issue",
    says: /\b(?:after|once|when) (?:upgrading|updating|installing|the update|the upgrade)\b.{0,60}\b(?:you'll|you will|you may|you might|users (?:may|might|will)) (?:see|experience|encounter|notice|get)\b|\bif you (?:have|see|experience|encounter) (?:issues|problems|errors)\b.{0,60}\bafter (?:updating|upgrading|installing)\b/,
    confidence: 0.75,
  },
  {
    kind: "workaround",
    says: /\bwork-?arounds?\b|\bbest mitigation\b.{0,40}\b(?:is|would be) (?:currently )?to\b|\b(?:users|administrators|those) (?:who are )?unable to (?:patch|upgrade|update)\b.{0,40}\b(?:may|can|should)\b|\bcan be mitigated\b|\b(?:as a|temporary|interim) (?:mitigation|measure)\b|\bmitigat(?:e|ed|ion)\b.{0,40}\bby (?:disabling|blocking|removing|restricting|setting|filtering|avoiding)\b/,
    unless: /\b(?:no|not any|without|there (?:is|are) no(?:t any)?|none)\b.{0,40}\bwork-?arounds?\b/,
    confidence: 0.85,
  },
  {
    kind: "end-of-support",
    says: /(?<!other, )\b(?:end[- ]of[- ](?:life|support|sale|maintenance)|no longer (?:supported|maintained|receiv\w+)|unmaintained|unsupported version\w*|discontinued|will not be (?:fixed|patched)|drop(?:s|ped)? support for|support for .{1,60} (?:(?:has been|was|is) (?:dropped|removed)|ends|ended|will end))\b/,
    confidence: 0.85,
  },
];
const SECTIONS: readonly (readonly [RegExp, NoteKind | "prerequisite"])[] = [
  [/^known (?:issues?|problems?|limitations?)/, "known-issue"],
  [/^work-?arounds?\b|^mitigations?\b/, "workaround"],
  [
    /^(?:prerequisites?|preconditions?|required configuration|affected configurations?|am i affected|requirements for exploit\w*)\b/,
    "prerequisite",
  ],
  [/^(?:upgrade notes?|breaking changes?|configuration changes?|behaviou?r changes?|upgrade considerations?|upgrading)\b/, "configuration"],
];
const NOTHING =
  /^(?:none|n\/a|no|unknown|not applicable|no workarounds?(?: (?:is|are) (?:known|available))?|there (?:is|are) (?:currently )?no\b.*|no (?:known )?workarounds? (?:exists?|(?:is|are) )\b.*|we are not aware\b.*|_.*_|is there a way for users\b.*)[.?!]?$/;
/** Longer ones are texts, not sentences: cut, with the span telling where it stands. */
const MAX_STATEMENT = 600;
/** Of each kind at most so many: a bulletin has few, a book of releases many. */
const MAX_STATEMENTS = 50;

export interface Statements {
  readonly prerequisites: readonly Statement[];
  readonly knownIssues: readonly Statement[];
  readonly notes: readonly Note[];
}

export function readStatements(text: string, { sentences }: Outline): Statements {
  const prerequisites: Statement[] = [];
  const knownIssues: Statement[] = [];
  const notes: Note[] = [];
  for (const sentence of sentences) {
    if (sentence.kind === "heading" || sentence.tokens.length < 2) continue;
    const words = text.slice(sentence.start, Math.min(sentence.end, sentence.start + MAX_STATEMENT)).replace(/\s+/g, " ");
    const lower = words.toLowerCase();
    if (NOTHING.test(lower)) continue;
    const statement = (confidence: number): Statement => ({ text: words, confidence, span: { start: sentence.start, end: sentence.end } });
    const section = sectionOf(sentence);
    // What one does about it is no condition.
    const needs = section === "prerequisite" ? 0.85 : section === "workaround" ? 0 : best(PREREQUISITE, lower);
    if (needs > 0 && prerequisites.length < MAX_STATEMENTS) prerequisites.push(statement(needs));
    const issue = section === "known-issue" ? 0.9 : best(KNOWN_ISSUE, lower);
    if (issue > 0 && knownIssues.length < MAX_STATEMENTS) knownIssues.push(statement(issue));
    const kind = section !== undefined && section !== "prerequisite" ? section : undefined;
    const rule = NOTES.find((r) => r.kind !== kind && holds(r, lower));
    for (const note of [...(kind ? [{ kind, confidence: 0.9 }] : []), ...(rule ? [rule] : [])])
      if (notes.length < MAX_STATEMENTS) notes.push({ kind: note.kind, ...statement(note.confidence) });
  }
  return { prerequisites, knownIssues, notes };
}

const sectionOf = ({ section }: Sentence) => SECTIONS.find(([words]) => section.split(UNDER).some((title) => words.test(title)))?.[1];
const holds = ({ says, and, unless }: Rule, text: string): boolean => says.test(text) && (!and || and.test(text)) && !unless?.test(text);
const best = (rules: readonly Rule[], text: string): number => Math.max(0, ...rules.filter((r) => holds(r, text)).map((r) => r.confidence));
