import { fail, ok, type Result } from "@breakwater/shared/core";
import type { ManagerFailure } from "../package-manager.ts";
import { RPM_ENVIRONMENT } from "../rpm/environment.ts";
import type { Run } from "../run.ts";
import { ZYPPER, ZYPPER_OPTIONS } from "./environment.ts";
import { classifyZypperOutput, explainZypperOutput } from "./failure.ts";
import { plainText } from "./xml.ts";

/**
 * Ends of a zypper that answered (zypper(8), EXIT CODES): well, updates or security updates are pending, a reboot or a restart of
 * zypper is wanted, a repository was left out. The last is told by the refresh and the inventory, and stops nobody else's answer.
 */
const ANSWERED: ReadonlySet<number | undefined> = new Set([0, 100, 101, 102, 103, 106]);
const OUTPUT_BYTES = 16_384;

export interface Question {
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Some answers are made for people only. */
  readonly text?: boolean;
}

/** Asks zypper; nothing is changed. @returns what it printed; a failure where it did not answer, in its own words. */
export async function askZypper(run: Run, words: readonly string[], question: Question): Promise<Result<string, ManagerFailure>> {
  const { options = [], env = RPM_ENVIRONMENT, timeoutMs, text = false } = question;
  const ran = await run([ZYPPER, ...ZYPPER_OPTIONS, ...(text ? [] : ["--xmlout"]), ...options, ...words], { env, timeoutMs });
  if (ANSWERED.has(ran.exitCode)) return ok(ran.stdout);
  const output = `${plainText(ran.stdout)}\n${ran.stderr}`.trim().slice(-OUTPUT_BYTES);
  if (ran.timedOut) return fail({ failureClass: "package-manager-broken", message: "zypper did not answer in time.", output });
  const told = explainZypperOutput(output) || `zypper could not answer: ${output.slice(-300) || `it ended with ${ran.exitCode}`}`;
  return fail({ failureClass: classifyZypperOutput(output) ?? "package-manager-broken", message: told, output });
}
