import { describe, expect, it } from "vitest";
import { readEventStream, type StreamedEvent } from "./event-stream.ts";

async function read(chunks: readonly string[]): Promise<StreamedEvent[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
  const found: StreamedEvent[] = [];
  for await (const one of readEventStream(body)) found.push(one);
  return found;
}

describe("the event stream", () => {
  it("is read wherever the network cuts it, and says where to resume", async () => {
    const whole =
      'event: position\nid: 7\ndata: 7\n\nid: 8\ndata: {"type":"wave.opened","subject":"deployment:dp_1","data":{"deploymentId":"dp_1"}}\n\nevent: heartbeat\ndata: now\n\n';
    for (const cut of [1, 10, 25, 60, whole.length]) {
      const found = await read([whole.slice(0, cut), whole.slice(cut)]);
      expect(found.map((f) => [f.position, f.event?.type])).toEqual([
        ["7", undefined],
        ["8", "wave.opened"],
        ["8", undefined],
      ]);
    }
  });

  it("passes over what it cannot read, and keeps its place", async () => {
    expect(await read(["id: 9\ndata: not json\n\n", "id: 10\nda"])).toEqual([{ position: "9" }]);
  });
});
