import { BlockList, isIPv4 } from "node:net";

/** How far a listener can be reached from. Ordered: later ones include more peers. */
export const REACHES = ["none", "loopback", "private", "public"] as const;
export type Reach = (typeof REACHES)[number];

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

const local = new BlockList();
// RFC 1918, RFC 6598 (shared), RFC 3927 (link-local); RFC 4193 (unique local), link-local of RFC 4291.
for (const [net, bits] of [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["100.64.0.0", 10],
  ["169.254.0.0", 16],
] as const)
  local.addSubnet(net, bits, "ipv4");
local.addSubnet("fc00::", 7, "ipv6");
local.addSubnet("fe80::", 10, "ipv6");

const familyOf = (address: string) => (isIPv4(address) ? "ipv4" : "ipv6");

/** Reach of one address that belongs to this machine. */
export function addressReach(address: string): Exclude<Reach, "none"> {
  if (loopback.check(address, familyOf(address))) return "loopback";
  return local.check(address, familyOf(address)) ? "private" : "public";
}

/**
 * Reach of a listener. One that listens on every address reaches as far as the farthest of the machine's own: a machine
 * with nothing but private addresses cannot be called from the internet without somebody's forwarding, which this
 * machine cannot see.
 */
export function listenerReach(address: string, ownAddresses: readonly string[]): Exclude<Reach, "none"> {
  if (address !== "0.0.0.0" && address !== "::") return addressReach(address);
  // "::" takes IPv4 as well, unless the socket says otherwise, which /proc does not tell.
  const candidates = ownAddresses.filter((own) => address === "::" || isIPv4(own));
  return widest(candidates.map(addressReach)) as Exclude<Reach, "none">;
}

/** @returns "loopback" for an empty list of addresses: every machine has that one. */
export const widest = (reaches: readonly Reach[], least: Reach = "loopback"): Reach =>
  reaches.reduce((a, b) => (REACHES.indexOf(b) > REACHES.indexOf(a) ? b : a), least);
