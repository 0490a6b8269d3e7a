import { fail, ok, type Problem, type Result, systemClock } from "@breakwater/shared/core";
import type { ExecaError } from "execa";
import type { ScanSettings } from "../inventory/index.ts";
import { startApart } from "./start-apart.ts";
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
    timeout: request.settings.maxSeconds * 1000 + GRACE_MS,
    cancelSignal: stopped,
    maxBuffer: 64 * 1024,
  };
  try {
    await startApart("scan-components", options, LAST_IN_LINE).catch((error: ExecaError) => {
      if (error.code !== "ENOENT") throw error;
      return startApart("scan-components", options, LAST_FOR_PROCESSOR);
    });
    return ok(undefined);
  } catch (error) {
    const { timedOut, shortMessage, message } = error as ExecaError;
    return fail<Problem>({
      code: "scan-failed",
      message: timedOut ? "The look through the files did not end in time." : (shortMessage ?? message),
    });
  }
}

/** The other side: reads the request from stdin and leaves the result in the state directory. */
export async function scanHere(input: string): Promise<void> {
  const { stateDir, settings } = JSON.parse(input) as ScanRequest;
  // Loaded here only: readers of archives and programs are what the agent itself should not carry.
  const { scanAndStore } = await import("../inventory/components/scan.ts");
  await scanAndStore(stateDir, AGENT_VERSION, settings, systemClock);
}
