import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Run } from "../packages/run.ts";
import { SYSTEMCTL, showUnits } from "./units.ts";

const IP = "/usr/sbin/ip";
const ENV = { LC_ALL: "C.UTF-8", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
const TIMEOUT_MS = 60_000;
/** Of net/if.h: the administrator wants the interface up. */
const IFF_UP = 1;
/** Whoever of them runs lays addresses and routes anew when it starts. */
const NETWORK_SERVICES = ["systemd-networkd.service", "NetworkManager.service", "networking.service"];

/** Network interfaces that are meant to be up (netdevice(7), /sys/class/net). */
export const linksUp = (root = "/sys/class/net"): string[] =>
  readdirSync(root)
    .filter((name) => isUp(join(root, name)))
    .sort();

function isUp(directory: string): boolean {
  try {
    return (Number.parseInt(readFileSync(join(directory, "flags"), "utf8"), 16) & IFF_UP) === IFF_UP;
  } catch {
    return false; // It went while we looked, or is none (bonding_masters).
  }
}

/**
 * Brings up again what was up before a change and is down now, and has the network's services do their work anew: the bytes
 * of before do not undo what a script of the bad version did to the running network.
 * @returns what was done and what failed, one line each.
 */
export async function bringUp(run: Run, before: readonly string[]): Promise<string[]> {
  const now = new Set(linksUp());
  const notes: string[] = [];
  for (const link of before.filter((l) => !now.has(l))) {
    const ran = await run([IP, "link", "set", "dev", link, "up"], { env: ENV, timeoutMs: TIMEOUT_MS });
    notes.push(
      ran.exitCode === 0 ? `${link} was brought up again.` : `${link} could not be brought up: ${ran.stderr.trim().slice(0, 200)}.`,
    );
  }
  const running = (await showUnits(run, NETWORK_SERVICES)).filter((u) => u.active === "active");
  for (const { unit } of running) {
    const ran = await run([SYSTEMCTL, "restart", "--", unit], { env: ENV, timeoutMs: TIMEOUT_MS });
    if (ran.exitCode !== 0) notes.push(`${unit} could not be restarted: ${ran.stderr.trim().slice(0, 200)}.`);
  }
  return notes;
}
