import { createInterface } from "node:readline";
import type { DescribeUpdates, UpdateDescription } from "@breakwater/shared/wire";
import type { ManagerId } from "../packages/index.ts";
import { startApart, tellApart } from "./start-apart.ts";

/** A request names 200 packages at most, each of which is fetched and opened. */
const TIMEOUT_MS = 3 * 3_600_000;
/** Of what it says when it goes wrong. */
const MAX_BYTES = 1024 * 1024;

interface DescribeRequest {
  readonly request: DescribeUpdates;
  readonly cacheDir: string;
  /** What the machine is patched with. */
  readonly manager?: ManagerId | undefined;
}

/**
 * {@link describeUpdates} in a process of its own: a package from a repository is opened there, and a changelog of some
 * megabytes never becomes the agent's own memory. Should a package end that process, it is told of as one that cannot be
 * described; what comes after it stays unanswered, and the controller asks again.
 */
export async function describeApart(
  request: DescribeUpdates,
  cacheDir: string,
  done: (description: UpdateDescription) => void,
  stopped: AbortSignal,
  manager?: ManagerId,
): Promise<void> {
  const updates = request.updates ?? [];
  let answered = 0;
  const unanswered = (why: string): void => {
    const update = updates[answered];
    if (!stopped.aborted && update !== undefined) done({ update, problem: `description-failed: ${why}`.slice(0, 500) });
  };
  const child = startApart("describe", {
    input: JSON.stringify({ request, cacheDir, manager } satisfies DescribeRequest),
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
    stopped,
    readsStdout: true,
  });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      done(JSON.parse(line) as UpdateDescription);
      answered++;
    }
  } catch (error) {
    return unanswered((error as Error).message);
  }
  const end = await child.ended;
  if (end.failure !== undefined) unanswered(tellApart("describe", end));
}

/** The other side: reads the request from stdin, prints a description a line. */
export async function describeHere(input: string, print: (line: string) => void): Promise<void> {
  const { request, cacheDir, manager } = JSON.parse(input) as DescribeRequest;
  // Loaded here only: what it brings is what the agent itself should not carry.
  const { describeUpdates } = await import("../inventory/index.ts");
  await describeUpdates(request, cacheDir, (description) => print(JSON.stringify(description)), manager);
}
