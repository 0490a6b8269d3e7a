/**
 * The text that people read of a mail as it was sent (RFC 5322, 2045 to 2047): its subject and its parts that are text, decoded. A text that
 * is no mail comes back as it is.
 */
export function mailText(text: string): string {
  const mail = split(text);
  if (!mail || !MIME.some((name) => mail.headers.has(name))) return text;
  const subject = encodedWords(mail.headers.get("subject") ?? "");
  return `${subject === "" ? "" : `${subject}\n\n`}${bodyOf(mail, 0)}`;
}

/** A mail that says nothing of its encoding is plain text already. */
const MIME = ["content-type", "content-transfer-encoding"];
/** Mails in mails, and parts in parts. */
const MAX_DEPTH = 5;
const MAX_PARTS = 50;
const MAX_HEADERS = 300;

interface Part {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Header lines, those that go on indented, and an empty line; undefined where a text begins otherwise. */
function split(text: string): Part | undefined {
  const headers = new Map<string, string>();
  let name: string | undefined;
  let at = 0;
  for (let lines = 0; lines < MAX_HEADERS; lines++) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end < 0 ? text.length : end).replace(/\r$/, "");
    at = end < 0 ? text.length : end + 1;
    if (line === "") return { headers, body: text.slice(at) };
    const field = /^([A-Za-z][\w-]{0,60}):[ \t]?(.*)$/.exec(line);
    if (/^[ \t]/.test(line) && name !== undefined) headers.set(name, `${headers.get(name) ?? ""} ${line.trim()}`);
    else if (field?.[1] !== undefined) {
      name = field[1].toLowerCase();
      if (!headers.has(name)) headers.set(name, field[2] ?? "");
    } else if (!(lines === 0 && line.startsWith("From "))) return undefined;
    if (end < 0) return undefined;
  }
  return undefined;
}

function bodyOf({ headers, body }: Part, depth: number): string {
  const type = headers.get("content-type") ?? "text/plain";
  const kind = type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const boundary = /boundary="?([^";\r\n]{1,200})"?/i.exec(type)?.[1];
  if (kind.startsWith("multipart/") && boundary !== undefined) {
    if (depth >= MAX_DEPTH) return "";
    const parts = body
      .split(`--${boundary}`)
      .slice(1, MAX_PARTS + 1)
      .filter((part) => !part.startsWith("--"))
      .map((part) => split(part.replace(/^[ \t]*\r?\n/, "")) ?? { headers: new Map<string, string>(), body: part });
    const plain = parts.find((p) => /^text\/plain\b/i.test(p.headers.get("content-type") ?? "text/plain"));
    // The alternatives say the same; the plain one says it without markup.
    return (kind === "multipart/alternative" && plain ? [plain] : parts).map((p) => bodyOf(p, depth + 1)).join("\n");
  }
  if (!kind.startsWith("text/")) return "";
  const encoding = (headers.get("content-transfer-encoding") ?? "").trim().toLowerCase();
  const charset = /charset="?([\w.:-]{1,40})"?/i.exec(type)?.[1];
  if (encoding === "quoted-printable") return quotedPrintable(body, charset);
  if (encoding === "base64") return decode(Buffer.from(body, "base64"), charset);
  return body;
}

/** RFC 2045, 6.7: "=" at the end of a line joins it to the next, "=E4" is a byte. */
const quotedPrintable = (text: string, charset: string | undefined): string =>
  text
    .replace(/[ \t]*=[ \t]*\r?\n/g, (found) => found.slice(0, found.indexOf("=")))
    .replace(/(?:=[0-9A-Fa-f]{2})+/g, (bytes) => decode(Buffer.from(bytes.replaceAll("=", ""), "hex"), charset));

function decode(bytes: Uint8Array, charset = "utf-8"): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    // A charset that nobody knows: what is ASCII of it stays readable.
    return new TextDecoder("latin1").decode(bytes);
  }
}

/** RFC 2047: "=?utf-8?q?Sicherheits=C3=BCbersicht?=". */
const encodedWords = (text: string): string =>
  text.replace(/=\?([\w-]{1,40})\?([QqBb])\?([^?\s]{0,500})\?=(?:\s+(?==\?))?/g, (_, charset: string, how: string, words: string) =>
    how.toLowerCase() === "b" ? decode(Buffer.from(words, "base64"), charset) : quotedPrintable(words.replaceAll("_", " "), charset),
  );
