import { KIND_OF_SOFTWARE, type Name, nameOf } from "./names.ts";
import type { Outline, Sentence } from "./outline.ts";
import type { Subject } from "./subject.ts";
import type { Token } from "./tokens.ts";
import { FILLER, VERSION_WORD, WEAKNESS } from "./words.ts";

/** Little is known of a name that only its place speaks for. */
const CONFIDENCE = 0.3;
const MAX_SENTENCES = 60;
const BOUND = /^(?:before|prior|through|until|<|<=)$/;

/**
 * What a text is about where no word of it has the look of a name: "A flaw was found in diff before 3.5.0", "Memory exposure in
 * request". The version that it states is worth more than silence, with a doubtful name.
 */
export function lastResort({ sentences }: Outline): Subject | undefined {
  const some = sentences.slice(0, MAX_SENTENCES);
  const title = sentences[0];
  const name = beforeBound(some) ?? (title && endOf(title)) ?? firstCode(some) ?? (title && firstCapital(title));
  return name && { name, confidence: CONFIDENCE, stated: false, titled: false, titleWords: new Set(), chances: new Map() };
}

const isWord = (token: Token | undefined): token is Token =>
  token?.kind === "word" &&
  token.text.length > 1 &&
  !FILLER.has(token.lower) &&
  !VERSION_WORD.has(token.lower) &&
  !WEAKNESS.has(token.lower);

/** "diff before v3.5.0". */
function beforeBound(sentences: readonly Sentence[]): Name | undefined {
  for (const { tokens } of sentences)
    for (let i = 1; i < tokens.length; i++) {
      const version = tokens[i + 1]?.lower === "to" ? tokens[i + 2] : tokens[i + 1];
      if (
        BOUND.test(tokens[i]?.lower ?? "") &&
        version?.kind === "version" &&
        isWord(tokens[i - 1]) &&
        !KIND_OF_SOFTWARE.has(tokens[i - 1]?.lower ?? "")
      )
        return nameOf(tokens, i - 1, i);
    }
  return undefined;
}

/** "... in request": the last word of a title. */
function endOf({ tokens }: Sentence): Name | undefined {
  const last = tokens.length - 1;
  return /^(?:in|affecting|affects)$/.test(tokens[last - 1]?.lower ?? "") && isWord(tokens[last])
    ? nameOf(tokens, last, last + 1)
    : undefined;
}

/** The root of the first path in code. */
function firstCode(sentences: readonly Sentence[]): Name | undefined {
  for (const { tokens } of sentences) {
    const at = tokens.findIndex((t) => t.code && isWord(t) && /^[a-z]\w*$/i.test(t.text));
    if (at >= 0) return nameOf(tokens, at, at + 1);
  }
  return undefined;
}

const firstCapital = ({ tokens }: Sentence): Name | undefined => {
  const at = tokens.findIndex((t, i) => i > 0 && isWord(t) && /^\p{Lu}/u.test(t.text));
  return at > 0 ? nameOf(tokens, at, at + 1) : undefined;
};
