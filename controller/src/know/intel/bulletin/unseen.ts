/**
 * Blanks out what a reader of a text does not see or is not told: scripts and styles of a page, the armour of a signed mail, codes that colour a
 * terminal. Nothing moves: the text stays as long as it was.
 */
export const withoutUnseen = (text: string): string =>
  blankBetween(
    blankBetween(blankBetween(text, "-----BEGIN PGP SIGNATURE-----", "-----END PGP SIGNATURE-----"), "<script", "</script>"),
    "<style",
    "</style>",
  )
    .replace(SIGNED, blank)
    .replace(TERMINAL_CODE, blank);

/** Its head, and the hashes that it names (RFC 9580, 7). */
const SIGNED = /^-----BEGIN PGP SIGNED MESSAGE-----[ \t\r]*\n(?:[A-Za-z]{1,20}: [^\n]{0,100}\n){0,5}/gm;
// biome-ignore lint/suspicious/noControlCharactersInRegex: ECMA-48's control sequences begin with escape
const TERMINAL_CODE = /\u001b\[[0-9;?]{0,20}[A-Za-z]/g;

const blank = (found: string): string => found.replace(/[^\n]/g, " ");

/** From each opening to its end; without an end nothing is hidden, so that no text vanishes behind a stray mark. */
function blankBetween(text: string, opening: string, closing: string): string {
  const lower = text.toLowerCase();
  // Some letters change their length with their case, and then places do not.
  if (lower.length !== text.length) return text;
  const [begin, end] = [opening.toLowerCase(), closing.toLowerCase()];
  let out = "";
  let from = 0;
  for (let at = lower.indexOf(begin); at >= 0; at = lower.indexOf(begin, from)) {
    const close = lower.indexOf(end, at + begin.length);
    if (close < 0) break;
    out += text.slice(from, at) + blank(text.slice(at, close + end.length));
    from = close + end.length;
  }
  return out + text.slice(from);
}
