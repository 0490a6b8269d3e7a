/**
 * Cuts a byte stream into lines. Holds at most `maxBytes` of an unfinished line; more is an error that ends the
 * connection, since nothing after it can be told apart any more.
 */
export function createLineReader(maxBytes: number, onLine: (line: string) => void, onTooLong: () => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let held = 0;
  let broken = false;
  return (chunk) => {
    let rest = chunk;
    while (!broken) {
      const end = rest.indexOf(10);
      const piece = end < 0 ? rest : rest.subarray(0, end);
      held += piece.length;
      if (held > maxBytes) {
        broken = true;
        parts = [];
        onTooLong();
        return;
      }
      parts.push(piece);
      if (end < 0) return;
      const line = Buffer.concat(parts, held).toString("utf8");
      parts = [];
      held = 0;
      rest = rest.subarray(end + 1);
      if (line.trim() !== "") onLine(line);
    }
  };
}
