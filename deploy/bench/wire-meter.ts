/** Bytes of one direction by what they carried, counted in the TCP stream: TLS included, headers of TCP and IP not. */
export interface WireCount {
  /** Handshakes and all else that is no application data. */
  handshake: number;
  /** HTTP/2's own pings and their answers. */
  keepAlive: number;
  /** Frames that steer the stream and say nothing: windows, settings. */
  control: number;
  /** Messages of a few bytes: signs of life and their answers, acknowledgements. */
  small: number;
  /** All other messages: figures, inventories, reports. */
  messages: number;
  /** TLS records, each of which travels by itself when nothing else is said. */
  records: number;
}

const APPLICATION_DATA = 23;
const RECORD_HEADER = 5;
/** What TLS 1.3 adds to the text within a record: its type and the tag of its cipher (RFC 8446 section 5.2). */
const RECORD_EXPANSION = 17;
/** Frames of HTTP/2 have nine bytes of header; a ping holds eight, a window update and a reset four, settings' answer none (RFC 9113 section 6). */
const [SETTINGS_ANSWER, WINDOW_UPDATE, PING] = [9, 13, 17] as const;
/** Header of the DATA frame, prefix of gRPC's message, and a message that holds no more than a number. */
const SMALL_MESSAGE = 9 + 5 + 8;

/**
 * Reads the lengths of TLS records, which tell what kind of frame they hold: a keep-alive ping always has 17 bytes, a message more.
 * Several frames in one record count as one message.
 */
export class WireMeter {
  readonly count: WireCount = { handshake: 0, keepAlive: 0, control: 0, small: 0, messages: 0, records: 0 };
  #held: Buffer = Buffer.alloc(0);

  take(chunk: Buffer): void {
    this.#held = Buffer.concat([this.#held, chunk]);
    while (this.#held.length >= RECORD_HEADER) {
      const length = RECORD_HEADER + this.#held.readUInt16BE(3);
      if (this.#held.length < length) return;
      this.count[this.#held[0] === APPLICATION_DATA ? kindOf(length - RECORD_HEADER - RECORD_EXPANSION) : "handshake"] += length;
      this.count.records++;
      this.#held = this.#held.subarray(length);
    }
  }

  get bytes(): number {
    const { records: _, ...bytes } = this.count;
    return Object.values(bytes).reduce((sum, n) => sum + n, 0);
  }
}

function kindOf(text: number): Exclude<keyof WireCount, "records"> {
  if (text === PING) return "keepAlive";
  if (text === WINDOW_UPDATE || text === SETTINGS_ANSWER) return "control";
  return text <= SMALL_MESSAGE ? "small" : "messages";
}
