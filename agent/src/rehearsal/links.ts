import { readdirSync, readFileSync } from "node:fs";

/** IFF_UP of netdevice(7). */
const UP = 0x1;

/** Network interfaces that are switched on. */
export function linksUp(): string[] {
  return readdirSync("/sys/class/net").filter((link) => {
    try {
      return (Number.parseInt(readFileSync(`/sys/class/net/${link}/flags`, "utf8"), 16) & UP) !== 0;
    } catch {
      return false;
    }
  });
}
