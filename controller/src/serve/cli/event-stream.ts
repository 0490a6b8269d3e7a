import { z } from "zod";

/** A domain event as the controller's stream tells it. */
const eventSchema = z.looseObject({ type: z.string(), subject: z.string(), data: z.record(z.string(), z.unknown()).default({}) });
export interface StreamedEvent {
  /** Where the stream stands after it: what to resume from. */
  readonly position: string;
  /** Absent where only the position was told, or the stream said that it is alive. */
  readonly event?: z.infer<typeof eventSchema>;
}

/** The most one message may hold before its end; what is longer is no message of ours. */
const LONGEST_MESSAGE = 1_000_000;

/**
 * Reads server-sent events (WHATWG HTML, 9.2) from an open response: messages end with an empty line, fields are `id`,
 * `event` and `data`. Ends when the stream does. What cannot be read as an event of ours is passed over; its position is
 * kept.
 */
export async function* readEventStream(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamedEvent> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  let position = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      rest = (rest + decoder.decode(value, { stream: true })).replaceAll("\r\n", "\n");
      const messages = rest.split("\n\n");
      rest = messages.pop() ?? "";
      if (rest.length > LONGEST_MESSAGE) throw new Error("the event stream sent a message that does not end");
      for (const message of messages) {
        const fields = fieldsOf(message);
        position = fields.id ?? position;
        const told = fields.event === undefined ? eventSchema.safeParse(jsonOf(fields.data ?? "")) : undefined;
        yield { position, ...(told?.success ? { event: told.data } : {}) };
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function fieldsOf(message: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of message.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon);
    const text = line.slice(colon + 1).replace(/^ /, "");
    fields[name] = name in fields ? `${fields[name]}\n${text}` : text;
  }
  return fields;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
