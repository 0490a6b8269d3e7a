import { formatInstant } from "@breakwater/shared/core";
import { METRICS } from "@breakwater/shared/health";
import type { WatchRequest__Output, WatchResponse } from "@breakwater/shared/wire";
import type * as grpc from "@grpc/grpc-js";
import type { EndpointSample, HealthIntake } from "./intakes.ts";
import { gatewayProblem, refusal } from "./refusal.ts";

/** Ids and tags in one filter. */
const MAX_FILTER = 10_000;

export type WatchCall = grpc.ServerWritableStream<WatchRequest__Output, WatchResponse>;

/** Streams what the health intake takes in to one monitor, as fast as it reads and no faster. @returns once it ended */
export async function serveWatch(call: WatchCall, health: HealthIntake): Promise<void> {
  const { endpointIds, tags, metrics } = call.request;
  const unknown = metrics.find((metric) => !Object.hasOwn(METRICS, metric));
  if (unknown !== undefined)
    return void call.emit("error", refusal(gatewayProblem.malformed(`there is no metric "${unknown.slice(0, 64)}"`)));
  if (endpointIds.length + tags.length > MAX_FILTER)
    return void call.emit("error", refusal(gatewayProblem.tooLarge(`A filter names at most ${MAX_FILTER} endpoints and tags`)));
  let readable: () => void = () => {};
  const ended = new Promise<void>((done) => {
    call.on("cancelled", done);
    call.on("error", done);
    call.on("close", done);
  });
  call.on("drain", () => readable());
  const stop = health.subscribe({ endpointIds, tags, metrics }, async (samples, dropped) => {
    if (call.write({ samples: samples.map(wireSample), dropped })) return;
    await Promise.race([
      ended,
      new Promise<void>((done) => {
        readable = done;
      }),
    ]);
  });
  await ended;
  stop();
}

const wireSample = (s: EndpointSample) => ({
  endpointId: s.endpointId,
  metric: s.metric,
  subject: s.subject,
  at: formatInstant(s.at),
  value: s.value,
});
