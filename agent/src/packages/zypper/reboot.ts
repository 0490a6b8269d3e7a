import { RPM_ENVIRONMENT } from "../rpm/environment.ts";
import type { Run } from "../run.ts";
import { ZYPPER } from "./environment.ts";

const TIMEOUT_MS = 60_000;
/** zypper(8), EXIT CODES: ZYPPER_EXIT_INF_REBOOT_NEEDED. */
const NEEDED = 102;

/** Whether something on the owner's list (/etc/zypp/needreboot) changed since the machine started. @throws when zypper does not tell */
export async function zypperRebootReasons(run: Run): Promise<string[]> {
  const ran = await run([ZYPPER, "--non-interactive", "needs-rebooting"], { env: RPM_ENVIRONMENT, timeoutMs: TIMEOUT_MS });
  if (ran.exitCode === NEEDED) return ["zypper says that core libraries or services were updated"];
  if (ran.exitCode === 0) return [];
  throw new Error(`zypper does not tell whether a reboot is needed: ${ran.stderr.trim().slice(0, 300)}`);
}
