import { describe, expect, it } from "vitest";
import { WireMeter } from "./wire-meter.ts";

/** A TLS record whose text has so many bytes. */
const record = (text: number, type = 23): Buffer => {
  const expansion = type === 23 ? 17 : 0;
  const bytes = Buffer.alloc(5 + text + expansion);
  bytes[0] = type;
  bytes.writeUInt16BE(text + expansion, 3);
  return bytes;
};

describe("the wire's meter", () => {
  it("tells pings, windows, small and other messages apart, wherever the stream is cut", () => {
    const stream = Buffer.concat([record(200, 22), record(17), record(13), record(9), record(9 + 5 + 4), record(9 + 5 + 60), record(17)]);
    for (const cut of [1, 3, 7, 100, stream.length]) {
      const meter = new WireMeter();
      for (let at = 0; at < stream.length; at += cut) meter.take(stream.subarray(at, at + cut));
      expect(meter.count).toEqual({ handshake: 205, keepAlive: 2 * 39, control: 35 + 31, small: 40, messages: 96, records: 7 });
      expect(meter.bytes).toBe(stream.length);
    }
  });
});
