import type { Logger } from "@breakwater/shared/log";
import type { DescribeUpdates, DescribeUpdates__Output, UpdateDescription } from "@breakwater/shared/wire";

/** Updates that may wait to be described: more than any machine has pending. Requests beyond are forgotten; a controller asks again for what it lacks. */
const MAX_WAITING = 2_000;
/** Longer than any Debian name or version may be here. What is longer is not repeated to whoever sent it. */
const MAX_TEXT = 256;

/**
 * Describes updates, one request after the other.
 * @param describe Answers a request by calling `done` for each update.
 */
export function createDescribing(options: {
  describe(request: DescribeUpdates, done: (description: UpdateDescription) => void): Promise<void>;
  send(description: UpdateDescription): void;
  readonly log: Logger;
}): (request: DescribeUpdates__Output) => void {
  const { log } = options;
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();
  return (request) => {
    if (waiting + request.updates.length > MAX_WAITING)
      return log.warn({ waiting }, "a request to describe updates is one too many and is dropped");
    const updates = request.updates.filter((u) => Object.values(u).every((text) => text.length <= MAX_TEXT));
    const left = request.updates.length - updates.length;
    if (left > 0) log.warn({ left }, "updates that are to be described have names or versions of absurd length and are left out");
    waiting += updates.length;
    last = last
      .then(() => options.describe({ ...request, updates }, options.send))
      .catch((error: Error) => log.error({ error: error.message }, "updates could not be described"))
      .finally(() => {
        waiting -= updates.length;
      });
  };
}
