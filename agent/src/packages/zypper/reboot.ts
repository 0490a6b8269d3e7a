import { existsSync } from "node:fs";

/**
 * libzypp lays this file when a package comes that calls for a restart of the machine, or that /etc/zypp/needreboot names; `zypper
 * needs-rebooting` looks for nothing else, and wants zypper's lock for it. It is gone with the next start.
 */
const MARK = "/run/reboot-needed";

export const zypperRebootReasons = (mark = MARK): string[] =>
  existsSync(mark) ? ["zypper says that core libraries or services were updated"] : [];
