import type { MiddlewareHandler } from "hono";
import type { Env } from "../bind.ts";
import { crossSite } from "../problems.ts";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Requests that change something and are authorised by a cookie (or would set one) must come from our own pages: the
 * browser says so itself (Fetch Metadata, Origin), or a custom header is there, which no foreign page can send without a
 * CORS permission that we never give.
 */
export const sameSite: MiddlewareHandler<Env> = async (c, next) => {
  const byToken = c.get("principal")?.via === "token";
  if (!SAFE.has(c.req.method) && !byToken && !comesFromUs(c.req)) throw crossSite();
  await next();
};

function comesFromUs(request: { header(name: string): string | undefined }): boolean {
  if (request.header("x-breakwater") !== undefined) return true;
  const site = request.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin";
  const origin = request.header("origin");
  const host = request.header("host");
  if (origin === undefined || host === undefined) return false;
  return URL.canParse(origin) && new URL(origin).host === host;
}
