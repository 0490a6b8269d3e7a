import { chunksOf } from "./bytes.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;
const BRACKET = 0x5b;
const BRACE_END = 0x7d;
const BRACKET_END = 0x5d;
/** Deeper than any feed nests. */
const MAX_DEPTH = 200;
const MAX_KEY_BYTES = 1_024;

/** An object found in a large text. */
export interface JsonPart {
  /** The member of the outermost object in which it was found; "" in a list. */
  readonly key: string;
  /** Its text; undefined when it has more bytes than may be kept. */
  readonly text: string | undefined;
}

/**
 * The objects of a JSON text that is too large to be parsed as one: the elements of the list at its top, or, of an object at its
 * top, each member that is an object and each element of a member that is a list. Nothing is kept but the object under way.
 * @param limit bytes of one object
 * @throws Error when the text is cut short or nested deeper than 200
 */
export async function* jsonParts(path: string, limit: number): AsyncGenerator<JsonPart> {
  const cutter = new Cutter(limit);
  for await (const chunk of chunksOf(path)) yield* cutter.take(chunk);
  cutter.end();
}

/** Cuts objects from a stream of bytes. Strings are passed over, so that braces in them count for nothing. */
class Cutter {
  private readonly limit: number;
  private root: "list" | "object" | undefined;
  private depth = 0;
  private inText = false;
  private escaped = false;
  /** Depth outside of the object that is being cut; undefined outside of any. */
  private cutting: number | undefined;
  private key: number[] = [];
  private inList = false;
  private kept: Buffer[] = [];
  private bytes = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  *take(chunk: Buffer): Generator<JsonPart> {
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      if (this.inText) this.text(byte);
      else if (byte === QUOTE) {
        this.inText = true;
        if (this.cutting === undefined && this.depth === 1 && this.root === "object") this.key = [];
      } else if (byte === BRACE || byte === BRACKET) {
        if (this.opens(byte)) start = i;
      } else if (byte === BRACE_END || byte === BRACKET_END) {
        if (--this.depth < 0) throw new Error("closed more often than opened");
        if (this.depth === this.cutting) {
          this.keep(chunk.subarray(start, i + 1));
          yield this.part();
        } else if (this.cutting === undefined && this.depth === 1) this.inList = false;
      }
    }
    if (this.cutting !== undefined) this.keep(chunk.subarray(start));
  }

  private text(byte: number): void {
    if (this.escaped) this.escaped = false;
    else if (byte === BACKSLASH) this.escaped = true;
    else if (byte === QUOTE) {
      this.inText = false;
      return;
    }
    if (this.cutting === undefined && this.depth === 1 && this.root === "object" && this.key.length < MAX_KEY_BYTES) this.key.push(byte);
  }

  /** @returns whether an object to be cut begins here */
  private opens(byte: number): boolean {
    const outside = this.depth++;
    if (this.depth > MAX_DEPTH) throw new Error(`nested deeper than ${MAX_DEPTH}`);
    if (this.root === undefined) {
      this.root = byte === BRACKET ? "list" : "object";
      return false;
    }
    if (this.cutting !== undefined) return false;
    if (this.root === "object" && outside === 1 && byte === BRACKET) {
      this.inList = true;
      return false;
    }
    const wanted = this.root === "list" ? 1 : this.inList ? 2 : 1;
    if (byte !== BRACE || outside !== wanted) return false;
    this.cutting = outside;
    return true;
  }

  private keep(part: Buffer): void {
    this.bytes += part.length;
    if (this.bytes > this.limit) this.kept = [];
    else this.kept.push(Buffer.from(part));
  }

  private part(): JsonPart {
    const text = this.bytes > this.limit ? undefined : Buffer.concat(this.kept).toString("utf8");
    this.cutting = undefined;
    this.kept = [];
    this.bytes = 0;
    return { key: this.root === "object" ? Buffer.from(this.key).toString("utf8") : "", text };
  }

  end(): void {
    if (this.root === undefined) throw new Error("it is no JSON object or list");
    if (this.inText || this.depth !== 0) throw new Error("the document is cut short");
  }
}
