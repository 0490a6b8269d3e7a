/** Text of a JSON array's elements, comma between them, one piece an element: an array of any length is written in bounded memory. */
export async function* elements<T>(items: AsyncIterable<T> | Iterable<T>, write: (item: T) => unknown): AsyncGenerator<string> {
  let first = true;
  for await (const item of items) {
    yield `${first ? "" : ","}\n${JSON.stringify(write(item))}`;
    first = false;
  }
}

/** The members of an object as text, without its braces. */
export const members = (object: object): string => JSON.stringify(object).slice(1, -1);
