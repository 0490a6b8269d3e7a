import { stream } from "hono/streaming";
import type { RequestContext } from "./bind.ts";

/** A file, sent while it is written. What is read stops when nobody listens any more. */
export function download(context: RequestContext, name: string, pieces: AsyncGenerator<string>, type = "application/json"): Response {
  context.header("content-type", type);
  context.header("content-disposition", `attachment; filename="${name}"`);
  return stream(context, async (out) => {
    for await (const piece of pieces) {
      if (out.aborted) return;
      await out.write(piece);
    }
  });
}
