/**
 * Text of somebody else's as a terminal or a log may show it: without control characters, which could speak to a terminal, and without
 * those that turn the direction of writing. Line breaks and tabs stay.
 */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "");
