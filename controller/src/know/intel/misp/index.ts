import { z } from "zod";
import { Chatter } from "../chatter.ts";
import { jsonDocuments } from "../json-documents.ts";
import { type FeedSink, feedMoment } from "../records.ts";

export { collectMisp } from "./collect.ts";

const Attribute = z.object({ type: z.string(), value: z.string(), deleted: z.boolean().default(false), timestamp: z.string().optional() });
const Attributes = z.array(z.unknown()).default([]);
/** @see https://www.misp-standard.org/rfc/misp-standard-core.html */
const Event = z.object({
  Event: z.object({
    uuid: z.string(),
    info: z.string().default(""),
    date: z.string().optional(),
    Attribute: Attributes,
    Object: z.array(z.object({ Attribute: Attributes })).default([]),
  }),
});

/** Whether a document is an event of MISP's. */
export const isMisp = (document: unknown): boolean =>
  z.object({ Event: z.object({ uuid: z.string(), info: z.string() }) }).safeParse(document).success;

/** Events of MISP: attributes of type "vulnerability" name CVEs, at the event's top and in its objects. */
export async function readMisp(path: string, sink: FeedSink): Promise<void> {
  const chatter = new Chatter();
  let events = 0;
  for await (const documents of jsonDocuments(path))
    for (const document of documents)
      try {
        const parsed = Event.safeParse(document.parse());
        if (!parsed.success) {
          sink.reject(document.name || "the event", z.prettifyError(parsed.error).slice(0, 300));
          continue;
        }
        const { uuid, info, date, Attribute: own, Object: objects } = parsed.data.Event;
        events++;
        for (const raw of [...own, ...objects.flatMap((o) => o.Attribute)]) {
          const attribute = Attribute.safeParse(raw);
          if (attribute.success && attribute.data.type === "vulnerability" && !attribute.data.deleted)
            chatter.add(attribute.data.value, uuid, info, feedMoment(date));
        }
      } catch (cause) {
        sink.reject(document.name || "the event", cause instanceof Error ? cause.message : String(cause));
      }
  if (events > 0) chatter.tell(sink);
}
