import { createHash } from "node:crypto";
import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { backOffMs, readRetryAfter } from "./back-off.ts";
import { createTransport, download, NO_VALIDATORS } from "./index.ts";

const BODY = Buffer.from(Array.from({ length: 5_000 }, (_, i) => i % 251));
const DATE = "Mon, 02 Mar 2026 08:00:00 GMT";

let server: Server;
let url: string;
let folder: string;
let asked: IncomingMessage["headers"][] = [];
let waits: number[] = [];
let serve: (request: IncomingMessage, response: ServerResponse) => void;
const transport = createTransport({ random: { next: () => 0.5 }, sleep: async (ms) => void waits.push(ms) });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
  server = createServer((request, response) => {
    asked.push(request.headers);
    serve(request, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/feed`;
});
beforeEach(() => {
  asked = [];
  waits = [];
});
afterAll(async () => {
  await transport.close();
  await new Promise((done) => server.close(done));
});

let nth = 0;
const freshPath = () => join(folder, `document-${nth++}`);
/** Breaks the connection once the client has so much of the document under way. */
function destroyAt(response: ServerResponse, bytes: number): void {
  const path = join(folder, `document-${nth - 1}.part`);
  void vi
    .waitFor(async () => expect((await stat(path)).size).toBeGreaterThanOrEqual(bytes), { timeout: 60_000, interval: 5 })
    .finally(() => response.destroy());
}
/** Sends a part of the body, then breaks the connection. */
const breakAfter = (response: ServerResponse, bytes: number, headers: Record<string, string>) => {
  response.writeHead(200, { "content-length": BODY.length, ...headers });
  response.write(BODY.subarray(0, bytes), () => destroyAt(response, bytes));
};
const serveRange = (request: IncomingMessage, response: ServerResponse, headers: Record<string, string>) => {
  const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1]);
  response.writeHead(206, { "content-range": `bytes ${from}-${BODY.length - 1}/${BODY.length}`, ...headers });
  response.end(BODY.subarray(from));
};

describe("a download", () => {
  it("asks by ETag and by date whether anything changed", async () => {
    serve = (_, response) => response.writeHead(304).end();
    const path = freshPath();
    expect(await download(transport, url, path, { etag: '"1"', lastModified: DATE })).toBeUndefined();
    expect(asked[0]).toMatchObject({ "if-none-match": '"1"', "if-modified-since": DATE });
    serve = (_, response) => response.writeHead(200, { etag: '"2"', "last-modified": DATE }).end(BODY);
    expect(await download(transport, url, path, NO_VALIDATORS)).toEqual({ etag: '"2"', lastModified: DATE });
    expect(asked[1]).not.toHaveProperty("if-none-match");
    expect(await readFile(path)).toEqual(BODY);
  });

  it.each([
    ["its ETag", { etag: '"1"' }, '"1"'],
    ["its date, where the ETag is weak", { etag: 'W/"1"', "last-modified": DATE }, DATE],
  ])("that breaks off goes on where it stopped, by %s", async (_, headers, validator) => {
    serve = (request, response) => (request.headers.range ? serveRange(request, response, headers) : breakAfter(response, 1_000, headers));
    const path = freshPath();
    await download(transport, url, path, NO_VALIDATORS);
    expect(await readFile(path)).toEqual(BODY);
    expect(asked[1]).toMatchObject({ range: "bytes=1000-", "if-range": validator });
    expect(waits).toHaveLength(1);
  });

  it("goes on after a restart of the process, and starts again where the server sends all", async () => {
    const path = freshPath();
    serve = (_, response) => (asked.length === 1 ? breakAfter(response, 2_000, { etag: '"1"' }) : response.writeHead(503).end());
    await expect(download(transport, url, path, NO_VALIDATORS)).rejects.toThrow(/503.*tried 5 times/);
    expect((await stat(`${path}.part`)).size).toBe(2_000);
    // Published anew meanwhile: If-Range does not hold, so the whole comes.
    const other = Buffer.from("another document");
    serve = (_, response) => response.writeHead(200, { etag: '"2"' }).end(other);
    expect(await download(transport, url, path, NO_VALIDATORS)).toMatchObject({ etag: '"2"' });
    expect(asked.at(-1)).toMatchObject({ range: "bytes=2000-", "if-range": '"1"' });
    expect(await readFile(path)).toEqual(other);
  });

  it("is not put together of two documents: without a validator it starts again", async () => {
    serve = (request, response) => {
      expect(request.headers.range).toBeUndefined();
      if (asked.length === 1) breakAfter(response, 1_000, {});
      else response.end(BODY);
    };
    const path = freshPath();
    await download(transport, url, path, NO_VALIDATORS);
    expect(await readFile(path)).toEqual(BODY);
  });

  it("gives the server the time that it asks for, and gives up where that is too long", async () => {
    serve = (_, response) => (asked.length < 3 ? response.writeHead(429, { "retry-after": "7" }).end() : response.end(BODY));
    await download(transport, url, freshPath(), NO_VALIDATORS);
    expect(waits).toEqual([7_500, 7_500]);
    serve = (_, response) => response.writeHead(503, { "retry-after": "7200" }).end();
    await expect(download(transport, url, freshPath(), NO_VALIDATORS)).rejects.toThrow("left alone for 120 min");
    serve = (_, response) => response.writeHead(404).end();
    asked = [];
    await expect(download(transport, url, freshPath(), NO_VALIDATORS)).rejects.toThrow("404");
    expect(asked).toHaveLength(1);
  });

  it("of more than may be is ended, announced or not", async () => {
    serve = (_, response) => response.writeHead(200, { "content-length": BODY.length }).end(BODY);
    await expect(download(transport, url, freshPath(), NO_VALIDATORS, { maxBytes: 100 })).rejects.toThrow("larger than 100");
    serve = (_, response) => {
      response.write(BODY);
      response.end(BODY);
    };
    const path = freshPath();
    await expect(download(transport, url, path, NO_VALIDATORS, { maxBytes: 100 })).rejects.toThrow("larger than 100");
    await expect(stat(`${path}.part`)).rejects.toThrow();
  });

  it("is whole, wherever it broke off and however often", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 3_000 }), { maxLength: 4 }), fc.boolean(), async (breaks, ranges) => {
        let turn = 0;
        serve = (request, response) => {
          const from = ranges ? Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0) : 0;
          const upTo = breaks[turn++];
          const end = upTo === undefined ? BODY.length : Math.min(BODY.length, from + upTo);
          response.writeHead(from > 0 ? 206 : 200, {
            etag: '"1"',
            "content-length": BODY.length - from,
            ...(from > 0 ? { "content-range": `bytes ${from}-${BODY.length - 1}/${BODY.length}` } : {}),
          });
          if (end === BODY.length) response.end(BODY.subarray(from));
          else response.write(BODY.subarray(from, end), () => destroyAt(response, end));
        };
        const path = freshPath();
        await download(transport, url, path, NO_VALIDATORS);
        expect(
          createHash("sha256")
            .update(await readFile(path))
            .digest(),
        ).toEqual(createHash("sha256").update(BODY).digest());
      }),
      { numRuns: 15 },
    );
  });
});

describe("a proxy", () => {
  it("carries what it is for, and not what needs none", async () => {
    let carried = 0;
    const proxy = createServer();
    proxy.on("connect", (request, socket) => {
      carried++;
      const [host = "", port] = (request.url ?? "").split(":");
      const onward = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        onward.pipe(socket);
        socket.pipe(onward);
      });
      onward.on("error", () => socket.destroy());
      socket.on("error", () => onward.destroy());
    });
    await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    serve = (_, response) => response.end("ok");
    const through = createTransport({ proxy: address });
    expect(await through.text(url)).toBe("ok");
    expect(carried).toBe(1);
    const around = createTransport({ proxy: address, noProxy: "127.0.0.1" });
    expect(await around.text(url)).toBe("ok");
    expect(carried).toBe(1);
    await Promise.all([through.close(), around.close()]);
    proxy.closeAllConnections();
    await new Promise((done) => proxy.close(done));
  });
});

describe("back-off", () => {
  it("stays between nothing and its limit, which doubles up to a minute", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, chance) => {
        const ms = backOffMs(attempt, null, { next: () => chance });
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(Math.min(60_000, 1_000 * 2 ** (attempt - 1)));
      }),
    );
  });

  it("reads seconds and dates, and nothing else", () => {
    expect(readRetryAfter("120", 0)).toBe(120_000);
    expect(readRetryAfter(DATE, Date.parse(DATE) - 5_000)).toBe(5_000);
    expect(readRetryAfter(DATE, Date.parse(DATE) + 5_000)).toBe(0);
    expect(readRetryAfter("soon", 0)).toBeNull();
  });
});

describe("a file beside the partial one", () => {
  it("that cannot be read makes the download start again", async () => {
    const path = freshPath();
    await writeFile(`${path}.part`, "half");
    await writeFile(`${path}.part.json`, "{");
    serve = (_, response) => response.end(BODY);
    await download(transport, url, path, NO_VALIDATORS);
    expect(asked[0]).not.toHaveProperty("range");
    expect(await readFile(path)).toEqual(BODY);
  });
});
