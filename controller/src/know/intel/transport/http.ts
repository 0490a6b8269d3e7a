import { type Random, systemRandom } from "@breakwater/shared/core";
import { type Agent, EnvHttpProxyAgent, fetch, type Response } from "undici";
import { backOffMs, isPassing, MOST_PATIENCE_MS, readRetryAfter } from "./back-off.ts";

/** How feeds are reached. Without a proxy here, HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment count. */
export interface TransportOptions {
  /** URL of a proxy for all feeds. */
  readonly proxy?: string;
  /** Hosts that are reached without it, comma separated, as in NO_PROXY. */
  readonly noProxy?: string;
  readonly random?: Random;
  readonly sleep?: (ms: number, stop?: AbortSignal) => Promise<void>;
}

/** Tries that bring nothing before a reading is given up. */
export const MAX_ATTEMPTS = 5;
/** A server that sends nothing for so long is taken for gone. */
const SILENCE_MS = 60_000;
/** A text that is read whole: a list of changes, a checksum. */
const MAX_TEXT_BYTES = 32 * 1024 * 1024;

export type Transport = ReturnType<typeof createTransport>;

/** A failure that another try may mend. */
export class PassingFailure extends Error {
  readonly retryAfterMs: number | null;
  constructor(message: string, retryAfterMs: number | null = null) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Asks servers for feeds: through the proxy, patiently, and never from https to http. */
export function createTransport(options: TransportOptions = {}) {
  const { random = systemRandom, sleep = pause } = options;
  const timeouts = { headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS };
  let made: Agent | EnvHttpProxyAgent | undefined;
  // Made on first use: an installation whose feeds are files never needs one.
  const dispatcher = () => {
    made ??= new EnvHttpProxyAgent({
      ...timeouts,
      ...(options.proxy ? { httpProxy: options.proxy, httpsProxy: options.proxy } : {}),
      ...(options.noProxy === undefined ? {} : { noProxy: options.noProxy }),
    });
    return made;
  };

  /** One request. @throws PassingFailure when the server cannot be reached or says that it cannot now */
  async function request(url: string, headers: Readonly<Record<string, string>>, stop?: AbortSignal): Promise<Response> {
    const response = await fetch(url, {
      headers: { "user-agent": "breakwater", "accept-encoding": "identity", ...headers },
      dispatcher: dispatcher(),
      ...(stop ? { signal: stop } : {}),
    }).catch((cause: unknown) => {
      throw new PassingFailure(`cannot be reached: ${reasonOf(cause)}`);
    });
    if (url.startsWith("https:") && !response.url.startsWith("https:")) {
      await response.body?.cancel();
      throw new Error(`the server leads from https to ${response.url.slice(0, 200)}, which is not protected`);
    }
    if (response.ok || response.status === 304 || response.status === 416) return response;
    await response.body?.cancel();
    const what = `the server answered ${response.status} ${response.statusText}`.trim();
    if (isPassing(response.status)) throw new PassingFailure(what, readRetryAfter(response.headers.get("retry-after"), Date.now()));
    throw new Error(what);
  }

  /** Does something again while its failures are passing ones. `progressed` forgives earlier failures. */
  async function patiently<T>(work: (progressed: () => void) => Promise<T>, stop?: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work(() => {
          attempt = 0;
        });
      } catch (cause) {
        if (!(cause instanceof PassingFailure) || stop?.aborted) throw cause;
        if (cause.retryAfterMs !== null && cause.retryAfterMs > MOST_PATIENCE_MS)
          throw new Error(`${cause.message}, and asks to be left alone for ${Math.round(cause.retryAfterMs / 60_000)} min`);
        if (attempt >= MAX_ATTEMPTS) throw new Error(`${cause.message} (tried ${attempt} times)`);
        await sleep(backOffMs(Math.max(1, attempt), cause.retryAfterMs, random), stop);
      }
    }
  }

  /** A short text, whole, with what the server said of it. @throws Error when it has more than 32 MiB */
  const read = (url: string, headers: Readonly<Record<string, string>> = {}, stop?: AbortSignal) =>
    patiently(async () => {
      const response = await request(url, headers, stop);
      const kept: Uint8Array[] = [];
      let bytes = 0;
      try {
        for await (const chunk of response.body ?? []) {
          bytes += chunk.length;
          if (bytes > MAX_TEXT_BYTES) throw new Error(`larger than ${MAX_TEXT_BYTES} bytes`);
          kept.push(chunk);
        }
      } catch (cause) {
        throw bytes > MAX_TEXT_BYTES ? cause : new PassingFailure(`broken off: ${reasonOf(cause)}`);
      }
      return { text: Buffer.concat(kept).toString("utf8"), headers: response.headers };
    }, stop);

  return {
    request,
    patiently,
    read,
    text: async (url: string, headers: Readonly<Record<string, string>> = {}, stop?: AbortSignal): Promise<string> =>
      (await read(url, headers, stop)).text,
    pause: (ms: number, stop?: AbortSignal) => sleep(ms, stop),
    close: async () => made?.close(),
  };
}

/** The library hides what the system said in its cause. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message || String(cause.cause) : cause.message;
}

function pause(ms: number, stop?: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      stop?.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    if (stop?.aborted) end();
    else stop?.addEventListener("abort", end);
  });
}
