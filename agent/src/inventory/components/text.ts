// biome-ignore lint/suspicious/noControlCharactersInRegex: showing them is the point
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A stranger's text for logs, pages and terminals: what could speak to them is written out as "\u001b". */
export const visible = (text: string): string => text.replace(INVISIBLE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
