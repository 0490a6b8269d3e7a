import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";
import type { RequestContext } from "./bind.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};
const COMPRESSIBLE = new Set([".html", ".js", ".css", ".svg", ".json", ".webmanifest", ".txt"]);

interface StaticFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer> | undefined;
  readonly etag: string;
  /** The build names these by their content, so they never change. */
  readonly immutable: boolean;
}

/**
 * The console's built files, read once into memory: a few hundred kilobytes. Only paths that exist in the build are known,
 * so no path of a request ever reaches the file system.
 */
export function loadStaticFiles(directory: string): ReadonlyMap<string, StaticFile> {
  if (!existsSync(join(directory, "index.html"))) return new Map();
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const full = join(entry.parentPath, entry.name);
      const path = `/${relative(directory, full).split(sep).join("/")}`;
      const content = readFileSync(full);
      const extension = extname(entry.name);
      return [
        path,
        {
          type: TYPES[extension] ?? "application/octet-stream",
          bytes: Uint8Array.from(content),
          gzipped: COMPRESSIBLE.has(extension) ? Uint8Array.from(gzipSync(content)) : undefined,
          etag: `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`,
          immutable: path.startsWith("/assets/"),
        },
      ];
    }),
  );
}

/** The file at the path, or the console itself for any other page address (it routes for itself). */
export function serveStatic(files: ReadonlyMap<string, StaticFile>, c: RequestContext): Response | undefined {
  if (c.req.method !== "GET" && c.req.method !== "HEAD") return undefined;
  const exact = files.get(c.req.path);
  // A missing asset is missing: answering the page instead would hide a broken build behind a syntax error.
  const file = exact ?? (c.req.path.startsWith("/assets/") ? undefined : files.get("/index.html"));
  if (!file) return undefined;
  const headers: Record<string, string> = {
    "content-type": file.type,
    etag: file.etag,
    vary: "accept-encoding",
    "cache-control": file.immutable ? "public, max-age=31536000, immutable" : "no-cache",
  };
  if (c.req.header("if-none-match") === file.etag) return c.body(null, 304, headers);
  if (file.gzipped && /\bgzip\b/.test(c.req.header("accept-encoding") ?? ""))
    return c.body(file.gzipped, 200, { ...headers, "content-encoding": "gzip" });
  return c.body(file.bytes, 200, headers);
}
