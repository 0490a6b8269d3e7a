import { formatInstant } from "@breakwater/shared/core";
import { METRICS } from "@breakwater/shared/health";
import type { WatchRequest__Output, WatchResponse } from "@breakwater/shared/wire";
import type * as grpc from "@grpc/grpc-js";
import type { Fleet } from "../../know/fleet/index.ts";
import type { EndpointSample, HealthIntake } from "./intakes.ts";
import { LIMITS } from "./limits.ts";
import { gatewayProblem, refusal } from "./refusal.ts";
import { createSampleBuffer } from "./sample-buffer.ts";

/** Members of a tag are looked up again after this. */
const TAG_REFRESH_MS = 15_000;
/** Ids or metrics in one filter. */
const MAX_FILTER = 10_000;

export type WatchCall = grpc.ServerWritableStream<WatchRequest__Output, WatchResponse>;

/** Streams what the health intake takes in to one monitor, as fast as it reads and no faster. @returns once it ended */
export async function serveWatch(call: WatchCall, health: HealthIntake, fleet: Fleet): Promise<void> {
  const { endpointIds, tags, metrics } = call.request;
  const unknown = metrics.find((metric) => !Object.hasOwn(METRICS, metric));
  if (unknown !== undefined)
    return void call.emit("error", refusal(gatewayProblem.malformed(`there is no metric "${unknown.slice(0, 64)}"`)));
  if (endpointIds.length + tags.length > MAX_FILTER)
    return void call.emit("error", refusal(gatewayProblem.tooLarge(`A filter names at most ${MAX_FILTER} endpoints and tags`)));
  let tagged = await membersOf(fleet, tags);
  const buffer = createSampleBuffer(LIMITS.watchBuffer);
  let flowing = true;

  const flush = () => {
    while (flowing && buffer.length > 0 && !call.destroyed) {
      const { samples, dropped } = buffer.take(LIMITS.watchBatch);
      flowing = call.write({ samples: samples.map(wireSample), dropped });
    }
  };
  const stop = health.subscribe(
    { ...(endpointIds.length > 0 ? { endpointIds } : {}), ...(metrics.length > 0 ? { metrics } : {}) },
    (samples) => {
      const members = tagged;
      buffer.put(members === undefined ? samples : samples.filter((s) => members.has(s.endpointId)));
      flush();
    },
  );
  const refresh = setInterval(() => {
    // A look-up that fails keeps the members known so far; the next one comes in seconds.
    void membersOf(fleet, tags).then(
      (members) => {
        tagged = members;
      },
      () => {},
    );
  }, TAG_REFRESH_MS);
  call.on("drain", () => {
    flowing = true;
    flush();
  });
  await new Promise<void>((done) => {
    call.on("cancelled", done);
    call.on("error", done);
    call.on("close", done);
  });
  clearInterval(refresh);
  stop();
}

async function membersOf(fleet: Fleet, tags: readonly string[]): Promise<Set<string> | undefined> {
  if (tags.length === 0) return undefined;
  return new Set(await fleet.idsWithAnyTag(tags));
}

const wireSample = (s: EndpointSample) => ({
  endpointId: s.endpointId,
  metric: s.metric,
  subject: s.subject,
  at: formatInstant(s.at),
  value: s.value,
});
