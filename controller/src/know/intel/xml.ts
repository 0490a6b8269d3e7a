import sax from "sax";
import { chunksOf } from "./bytes.ts";

/** An element with what is in it. Names are without their namespace's prefix. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, without that of its children. */
  readonly text: string;
}

interface Growing {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/** Deeper than any feed nests. */
const MAX_DEPTH = 100;
/** Characters of names, attributes and text of one wanted element: a vendor's advisory on everything is some 5 MB. */
const MAX_ELEMENT = 32 * 1024 * 1024;

/**
 * The elements of these names in an XML file of any size, each whole, in order; what lies in a wanted element is not told apart. Nothing is kept but
 * the element under way. Entities other than XML's own five are refused, so a document can neither grow nor reach out.
 * @throws Error when the document is cut short, not well formed, no UTF-8, or one element is too large
 */
export async function* xmlElements(path: string, wanted: ReadonlySet<string>): AsyncGenerator<XmlElement> {
  const reader = new Reader(wanted);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const chunk of chunksOf(path)) {
    reader.take(decode(decoder, chunk));
    yield* reader.done.splice(0);
  }
  reader.take(decode(decoder, undefined));
  reader.end();
  yield* reader.done.splice(0);
}

function decode(decoder: TextDecoder, chunk: Buffer | undefined): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
  } catch {
    throw new Error("it is not valid UTF-8");
  }
}

const local = (name: string) => name.slice(name.indexOf(":") + 1);

class Reader {
  readonly done: XmlElement[] = [];
  private readonly parser = sax.parser(true, { trim: false, normalize: false });
  private readonly open: Growing[] = [];
  private depth = 0;
  private size = 0;
  private seen = false;
  private failure: Error | undefined;

  constructor(wanted: ReadonlySet<string>) {
    const { parser } = this;
    parser.onerror = (cause) => {
      this.failure ??= cause;
    };
    parser.onopentag = ({ name, attributes }) => {
      this.seen = true;
      if (++this.depth > MAX_DEPTH) throw new Error(`nested deeper than ${MAX_DEPTH}`);
      if (this.open.length === 0 && !wanted.has(local(name))) return;
      const own: Record<string, string> = {};
      for (const [key, value] of Object.entries(attributes)) {
        own[local(key)] = String(value);
        this.grow(key.length + String(value).length);
      }
      this.grow(name.length);
      this.open.push({ name: local(name), attributes: own, children: [], text: "" });
    };
    parser.onclosetag = () => {
      this.depth--;
      const element = this.open.pop();
      if (!element) return;
      const parent = this.open.at(-1);
      if (parent) parent.children.push(element);
      else {
        this.done.push(element);
        this.size = 0;
      }
    };
    const text = (piece: string) => {
      const element = this.open.at(-1);
      if (!element) return;
      this.grow(piece.length);
      element.text += piece;
    };
    parser.ontext = text;
    parser.oncdata = text;
  }

  private grow(by: number): void {
    this.size += by;
    if (this.size > MAX_ELEMENT) throw new Error(`one element is larger than ${MAX_ELEMENT} characters`);
  }

  take(text: string): void {
    this.parser.write(text);
    if (this.failure) throw new Error(`not well formed: ${this.failure.message.split("\n", 1)[0]}`);
  }

  end(): void {
    if (this.depth > 0 || !this.seen) throw new Error(this.seen ? "the document is cut short" : "it is no XML");
    this.parser.close();
    if (this.failure) throw new Error(`not well formed: ${this.failure.message.split("\n", 1)[0]}`);
  }
}

export const childOf = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((c) => c.name === name);
export const childrenOf = (element: XmlElement | undefined, name: string): XmlElement[] =>
  element?.children.filter((c) => c.name === name) ?? [];
export const textOf = (element: XmlElement | undefined, name: string): string => childOf(element, name)?.text.trim() ?? "";
