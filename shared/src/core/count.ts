/** A number with what it counts: "1 entry", "3 entries". @param many its plural, where that is not the word with an s */
export const counted = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
