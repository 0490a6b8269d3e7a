/** Control characters, and those that hide text or turn its order round: no name, version or id has them, and a terminal or a page may obey them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about.
const UNFIT = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
const EVERY_UNFIT = new RegExp(UNFIT, "g");

/** Whether a text is none that a name, a version or an id can be. */
export const isUnfit = (text: string): boolean => UNFIT.test(text);

/** A stranger's text as people may be shown it. */
export const printable = (text: string): string => (isUnfit(text) ? text.replace(/[\n\r\t]/g, " ").replace(EVERY_UNFIT, "\ufffd") : text);
