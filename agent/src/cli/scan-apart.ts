import { fail, ok, type Problem, type Result, systemClock } from "@breakwater/shared/core";
import type { ScanSettings } from "../inventory/index.ts";
import { NOT_INSTALLED } from "../programs/index.ts";
import { startApart, tellApart } from "./start-apart.ts";
import { AGENT_VERSION } from "./version.ts";

export interface ScanRequest {
  readonly stateDir: string;
  readonly settings: ScanSettings;
}

/** Beyond its own limit of time: a disk that does not answer. */
const GRACE_MS = 60_000;
const LAST_FOR_PROCESSOR = ["nice", "-n", "19"];
/** Disk as well as processor are given to it only when nobody else wants them (`-t`: where that may not be asked for, it runs all the same). */
const LAST_IN_LINE = ["ionice", "-t", "-c", "3", ...LAST_FOR_PROCESSOR];

/**
 * Looks through the files in a process of its own, the last in line for processor and disk, that ends afterwards and takes
 * its memory along. What it found lies in the state directory then.
 */
export async function scanApart(request: ScanRequest, stopped: AbortSignal): Promise<Result<void>> {
  const options = {
    input: JSON.stringify(request),
    timeoutMs: request.settings.maxSeconds * 1000 + GRACE_MS,
    maxBytes: 64 * 1024,
    stopped,
  };
  let scanned = await startApart("scan-components", options, LAST_IN_LINE).ended;
  if (scanned.failure === NOT_INSTALLED) scanned = await startApart("scan-components", options, LAST_FOR_PROCESSOR).ended;
  if (scanned.failure === undefined) return ok(undefined);
  return fail<Problem>({
    code: "scan-failed",
    message: scanned.timedOut ? "The look through the files did not end in time." : tellApart("scan-components", scanned),
  });
}

/** The other side: reads the request from stdin and leaves the result in the state directory. */
export async function scanHere(input: string): Promise<void> {
  const { stateDir, settings } = JSON.parse(input) as ScanRequest;
  // Loaded here only: readers of archives and programs are what the agent itself should not carry.
  const { scanAndStore } = await import("../inventory/components/scan.ts");
  await scanAndStore(stateDir, AGENT_VERSION, settings, systemClock);
}
