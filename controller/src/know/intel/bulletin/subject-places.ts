import { isPlainWord, type Name, nameBefore, nameFrom, nameOf, PART, squeeze } from "./names.ts";
import type { Sentence } from "./outline.ts";
import type { Token } from "./tokens.ts";
import { isWordLike } from "./vocabulary/index.ts";
import { COMMON, PLATFORM, TECHNICAL, WEAKNESS } from "./words.ts";

/** Places of a text, besides its title and its versions, where what it is about is named. */

/** Beyond these a text tells of how, not of what. */
export const MAX_SENTENCES = 60;

/** A word that is a name by its place alone. */
export const one = (tokens: readonly Token[]): Name | undefined =>
  tokens.length > 0 && tokens[0]?.kind === "word" && !COMMON.has(tokens[0].lower) ? nameOf(tokens, 0, 1) : undefined;

/** How much a place speaks for a name, in the units of `subject.ts`. */
const USED = 0.7;
const VERSIONS_OF = 1.6;
/** "Affected versions of foo" at the beginning of a sentence. */
const OPENS_VERSIONS_OF = 3.6;

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

/**
 * What is a part of something by how it is written: "`Conn::close`" is a method of a type, "`MatrixView`" in "smolmat::MatrixView"
 * one of a module, "decode()" a function, and so is "the read_all method". Squeezed.
 */
export function members(sentences: readonly Sentence[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { tokens } of sentences.slice(0, MAX_SENTENCES))
    for (const [i, token] of tokens.entries()) {
      if (token.kind !== "word") continue;
      const [before, after] = [tokens[i - 1], tokens[i + 1]];
      const joined = after?.start === token.end;
      if (
        (before?.text === "::" && before.end === token.start) ||
        (/^(?:functions?|methods?|parameters?|arguments?)$/.test(before?.lower ?? "") && /[_\d\p{Lu}]/u.test(token.text)) ||
        (/^(?:functions?|methods?)$/.test(after?.lower ?? "") && /[a-z]_/.test(token.text)) ||
        (joined && after.text === "::" && /^\p{Lu}/u.test(token.text)) ||
        (joined && after.text === "(" && /^[a-z]/.test(token.text))
      )
        found.add(squeeze(token.text));
    }
  return found;
}

/** What a unit of software does or has behind its name: "`foo` could write beyond ...", "`foo` before 1.2". */
const DOES =
  /^(?:is|are|was|were|has|had|have|could|can|cannot|may|might|does|did|will|would|allows|allowed|before|prior|through|versions?|up|uses|used|contains|fails|failed|mishandles|mishandled|lacks|performs|performed|decodes|parses|panics|crashes|doesn|didn|users|now|incorrectly|improperly|crate|library|package|decoder|encoder|parser|server|client)$/;
/** Names in code, in lower case, that running text tells something of. */
export function actors(sentences: readonly Sentence[]): Name[] {
  const names = new Map<string, Name>();
  for (const { tokens, kind } of sentences.slice(0, MAX_SENTENCES)) {
    if (kind === "heading") continue;
    for (const [i, token] of tokens.entries()) {
      const after = tokens[i + 1];
      if (!token.code || !/^[a-z][a-z\d_-]*$/.test(token.text) || after?.code || !DOES.test(after?.lower ?? "")) continue;
      if (tokens[i - 1]?.code || /^(?:when|if|unless|whether|where|option|flag|parameter)$/.test(tokens[i - 1]?.lower ?? "")) continue;
      const name = nameOf(tokens, i, i + 1);
      if (name && names.size < MAX_ACTORS && !names.has(name.text)) names.set(name.text, name);
    }
  }
  return [...names.values()];
}
const MAX_ACTORS = 8;

/** Words in lower case that bulletins do not have in common, with how often each stands there: what is no word may be a name. */
export function strangers(sentences: readonly Sentence[]): { readonly name: Name; readonly times: number }[] {
  const found = new Map<string, { name: Name; times: number }>();
  for (const { tokens } of sentences.slice(0, MAX_SENTENCES))
    for (const [i, token] of tokens.entries()) {
      if (token.kind !== "word" || token.code || !/^[a-z][a-z\d]+(?:[-_][a-z\d]+)*$/.test(token.text)) continue;
      if (!isStrange(token.text) || /^(?:::|\(|=)$/.test(tokens[i + 1]?.text ?? "")) continue;
      if (i > 0 && !BEFORE_A_NAME.test(tokens[i - 1]?.lower ?? "") && !DOES.test(tokens[i + 1]?.lower ?? "")) continue;
      const of = found.get(token.text);
      const name = of?.name ?? nameOf(tokens, i, i + 1);
      if (of) of.times++;
      else if (name && found.size < 50) found.set(token.text, { name, times: 1 });
    }
  return [...found.values()];
}
const BEFORE_A_NAME = /^(?:in|of|for|by|affects?|affecting|using|from|with|,|the|crate|package|library|gem|module)$/;
/** No word that bulletins have in common, nor a form of one. @param word in lower case */
export const isStrange = (word: string): boolean => !COMMON.has(word) && !TECHNICAL.has(word.toUpperCase()) && !isWordLike(word);

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
      const name = nameFrom(tokens, i + 1) ?? (of ? one(tokens.slice(i + 1)) : undefined);
      const opens = of && i <= 2 && tokens[i - 1]?.lower === "versions";
      const weight = opens
        ? OPENS_VERSIONS_OF
        : yours || (of && i <= 3 && /^versions?$/.test(tokens[i - 1]?.lower ?? ""))
          ? VERSIONS_OF
          : USED;
      if (
        name &&
        !PLATFORM.has(name.text.toLowerCase()) &&
        !(flaw && isPlainWord(name) && !isStrange(name.text)) &&
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
const OWN_PATH = /^(?:std|core|alloc|self|super|crate|this|base|global|[iu](?:8|16|32|64|128|size)|f32|f64|str|bool|char|fs|mem|ptr|vec)$/;

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
