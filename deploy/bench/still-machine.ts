import { chmodSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Services of a small web server under Debian 12. The machine that measures may have others, or no systemd. */
const UNITS =
  "cron dbus getty@tty1 nginx redis-server postgresql@15-main ssh systemd-journald systemd-logind systemd-networkd systemd-resolved systemd-timesyncd systemd-udevd php8.2-fpm fail2ban rsyslog unattended-upgrades polkit user@0 chrony".split(
    " ",
  );

/**
 * What lies over the measuring machine for the programs under test, so that it is a quiet server whatever goes on around them: a
 * systemd that answers for the same services each time, their control groups, packages that nobody changes, and package lists
 * without updates, since describing those would be measured otherwise.
 * @returns a script for `sh -c` in a mount namespace of its own, which ends with `exec "$@"`
 */
export function stillMachine(directory: string): string {
  const at = (path: string): string => join(directory, path);
  const mounts: string[] = [];
  const over = (path: string): string => {
    const copy = at(path.replaceAll("/", "_"));
    mounts.push(`mount --bind ${copy} ${path}`);
    return copy;
  };
  mkdirSync(at("tools"), { recursive: true });
  const blocks = UNITS.map((u) => `Id=${u}.service\nActiveState=active\nType=simple\nNRestarts=0`).join("\n\n");
  writeFileSync(at("tools/systemctl"), `#!/bin/sh\ncat <<'END'\n${blocks}\nEND\n`);
  chmodSync(at("tools/systemctl"), 0o755);
  // First in the path that the agent gives to its tools.
  mounts.push(`mount -t overlay overlay -o lowerdir=${at("tools")}:/usr/sbin /usr/sbin`);
  const groups = over("/sys/fs/cgroup");
  for (const [i, unit] of UNITS.entries()) {
    mkdirSync(join(groups, "system.slice", `${unit}.service`), { recursive: true });
    writeFileSync(join(groups, "system.slice", `${unit}.service`, "cgroup.procs"), `${1_000 + i}\n`);
  }
  cpSync("/var/lib/dpkg", over("/var/lib/dpkg"), { recursive: true, preserveTimestamps: true });
  for (const emptied of ["/var/lib/apt/lists", "/var/cache/apt"]) mkdirSync(join(over(emptied), "partial"), { recursive: true });
  return `set -e; ${mounts.join("; ")}; exec "$@"`;
}
