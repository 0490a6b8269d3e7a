import { isPlainWord, type Name, nameBefore, nameFrom, nameOf, PART, squeeze } from "./names.ts";
import type { Sentence } from "./outline.ts";
import type { Token } from "./tokens.ts";
import { COMMON, PLATFORM, WEAKNESS } from "./words.ts";

/** Places of a text, besides its title and its versions, where what it is about is named. */

/** Beyond these a text tells of how, not of what. */
export const MAX_SENTENCES = 60;

/** A word that is a name by its place alone. */
export const one = (tokens: readonly Token[]): Name | undefined =>
  tokens.length > 0 && tokens[0]?.kind === "word" && !COMMON.has(tokens[0].lower) ? nameOf(tokens, 0, 1) : undefined;

/** How much a place speaks for a name, in the units of `subject.ts`. */
const USED = 0.7;
const VERSIONS_OF = 1.6;

/** "... in iodine's file server ...": whose part it is. */
export function owners(sentences: readonly Sentence[]): Name[] {
  const names: Name[] = [];
  for (const { tokens } of sentences.slice(0, 12))
    for (const [i, token] of tokens.entries()) {
      if (!/^['’]$/.test(token.text) || tokens[i + 1]?.lower !== "s" || names.length >= 3) continue;
      const name = nameBefore(tokens, i);
      if (name) names.push(name);
    }
  return names;
}

/** "Affected versions of foo", "update your foo version", "applications that use foo", "users of foo", with how much each says. */
export function used(sentences: readonly Sentence[]): { readonly name: Name; readonly weight: number }[] {
  const names = new Map<string, { name: Name; weight: number }>();
  for (const { tokens } of sentences.slice(0, MAX_SENTENCES)) {
    for (const [i, token] of tokens.entries()) {
      const of = token.lower === "of" && /^(?:versions?|users|releases|installations|instances)$/.test(tokens[i - 1]?.lower ?? "");
      const use =
        /^(?:uses?|using|running)$/.test(token.lower) &&
        USER.test(tokens[i - (/^(?:that|which|who)$/.test(tokens[i - 1]?.lower ?? "") ? 2 : 1)]?.lower ?? "");
      const flaw = token.lower === "in" && tokens.slice(Math.max(0, i - 3), i).some((t) => FLAW.test(t.lower));
      const yours =
        token.lower === "your" && /^(?:versions?|installations?|instances?|dependency|dependencies)$/.test(tokens[i + 2]?.lower ?? "");
      if ((!of && !use && !flaw && !yours) || names.size >= 4) continue;
      const name = nameFrom(tokens, i + 1);
      const weight = yours || (of && i <= 3 && /^versions?$/.test(tokens[i - 1]?.lower ?? "")) ? VERSIONS_OF : USED;
      if (
        name &&
        !PLATFORM.has(name.text.toLowerCase()) &&
        !(flaw && isPlainWord(name)) &&
        (names.get(squeeze(name.text))?.weight ?? 0) < weight
      )
        names.set(squeeze(name.text), { name, weight });
    }
  }
  return [...names.values()];
}
const FLAW = /^(?:vulnerabilit(?:y|ies)|flaws?|issues?|bugs?|weakness(?:es)?|problems?|discovered|found|identified)$/;
const USER =
  /^(?:applications?|apps?|projects?|users?|anyone|people|developers?|customers?|sites?|services?|servers?|clients?|systems?|programs?|those|you|software|code|everyone)$/;

/** "The `foo` crate", "package foo": said to be a unit of software by the word beside it. */
export function calledAKind(sentences: readonly Sentence[]): Name[] {
  const names: Name[] = [];
  const seen = new Set<string>();
  for (const { tokens } of sentences.slice(0, MAX_SENTENCES)) {
    for (const [i, token] of tokens.entries()) {
      if (!UNIT_OF_SOFTWARE.test(token.lower) || token.code || names.length >= 6) continue;
      const ahead = i > 0 ? one(tokens.slice(i - 1, i)) : undefined;
      const next = tokens[i + 1];
      const name =
        ahead ?? (next && (next.code || (/^[a-z]/.test(next.text) && IS.test(tokens[i + 2]?.lower ?? ""))) ? one([next]) : undefined);
      if (!name || seen.has(name.text) || PLATFORM.has(name.text.toLowerCase()) || /[()=]/.test(name.text)) continue;
      seen.add(name.text);
      names.push(name);
    }
  }
  return names;
}
/** "The crate foo is affected". */
const IS = /^(?:is|was|has|does|before|prior|allows)$/;
const UNIT_OF_SOFTWARE = /^(?:crates?|gems?|packages?|librar(?:y|ies)|plugins?|rubygems?)$/;

/** "`foo::bar::Baz`": the root of a path is the unit that it is in, unless it is the language's own. */
export function rootsOfPaths(sentences: readonly Sentence[]): Name[] {
  const names = new Map<string, Name>();
  for (const { tokens } of sentences.slice(0, MAX_SENTENCES)) {
    for (const [i, token] of tokens.entries()) {
      if (tokens[i + 1]?.text !== "::" || token.kind !== "word" || !/^[a-z][a-z0-9_]*$/.test(token.text) || OWN_PATH.test(token.text))
        continue;
      const name = nameOf(tokens, i, i + 1);
      if (name && names.size < 6 && !names.has(name.text)) names.set(name.text, name);
    }
  }
  return [...names.values()];
}
const OWN_PATH = /^(?:std|core|alloc|self|super|crate|this|base|global)$/;

export function codeNames(sentences: readonly Sentence[]): Name[] {
  const names: Name[] = [];
  for (const { tokens } of sentences.slice(0, 40)) {
    for (const [i, token] of tokens.entries()) {
      if (
        !token.code ||
        token.kind !== "word" ||
        tokens[i - 1]?.code ||
        tokens[i + 1]?.code ||
        PART.test(tokens[i + 1]?.lower ?? "") ||
        names.length >= 12
      )
        continue;
      const name = nameOf(tokens, i, i + 1);
      if (name && /^@?[a-z0-9][\w./@:+-]*$/i.test(name.text) && !WEAKNESS.has(token.lower)) names.push(name);
    }
  }
  return names;
}
