import { readFile } from "node:fs/promises";
import { BlockList, isIP, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { fail, ok, type Problem, type Result } from "@breakwater/shared/core";
import type { WireInventory } from "@breakwater/shared/wire";
import * as z from "zod";
import { runText } from "./run-tool.ts";

type Network = NonNullable<WireInventory["network"]>;
type Interface = NonNullable<Network["interfaces"]>[number];
export type Neighbour = NonNullable<NonNullable<Network["neighbourhood"]>["neighbours"]>[number];

/** A busy machine of a large subnet; the kernel's own table begins to forget at 1,024 (gc_thresh3). */
export const MAX_NEIGHBOURS = 512;
const TOOL = { timeoutMs: 10_000, maxBytes: 4 * 1024 * 1024 };
/** Bridges of container engines on this very machine: what is behind them is this machine. */
const CONTAINER_BRIDGE = /^(docker\d|br-[0-9a-f]{12}|podman\d|cni|cali|flannel|veth|weave)/;
const LINK_LOCAL = /^(169\.254\.|fe[89ab][0-9a-f]:)/i;

/** This machine's interfaces with their lasting addresses: neither loopback nor link-local ones. */
export function ownInterfaces(all: ReturnType<typeof networkInterfaces> = networkInterfaces()): Interface[] {
  return Object.entries(all)
    .map(([name, list]) => {
      const addresses = (list ?? []).filter((a) => !a.internal && !LINK_LOCAL.test(a.address)).flatMap((a) => a.cidr ?? []);
      return { name, mac: list?.[0]?.mac ?? "", addresses: [...new Set(addresses)].sort() };
    })
    .filter((i) => i.addresses.length > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Neighbours in this machine's own subnets, as its kernel knows them from talking to them (ARP, NDP). Nothing is sent. Asked only
 * where the machine's owner allows it.
 */
export async function readNeighbours(own: readonly Interface[]): Promise<Result<NonNullable<Network["neighbourhood"]>>> {
  const gateways = parseGateways(await readFile("/proc/net/route", "utf8").catch(() => ""));
  const told = await runText("ip", ["-j", "neigh", "show"], TOOL);
  if (told.ok) {
    const known = parseNeighbours(told.value);
    return known ? ok(chosen(known, own, gateways)) : fail(unreadable("ip neigh says something that cannot be read"));
  }
  // Without iproute2 there is the older table, of IPv4 alone.
  const arp = await readFile("/proc/net/arp", "utf8").catch(() => undefined);
  return arp === undefined ? fail(unreadable(told.problem.message)) : ok(chosen(parseArp(arp), own, gateways));
}

const unreadable = (why: string): Problem => ({
  code: "neighbours-unreadable",
  message: `The kernel's neighbours could not be read: ${why}.`,
});

const entrySchema = z.array(
  z.object({
    dst: z.string(),
    dev: z.string().default(""),
    lladdr: z.string().default(""),
    state: z.array(z.string()).default([]),
    /** Present, and null, for one that says it is a router. */
    router: z.unknown().optional(),
  }),
);
/** States in which nobody has answered, or in which none is asked (ip-neighbour(8)). */
const NOBODY = new Set(["FAILED", "INCOMPLETE", "NOARP", "NONE"]);

/** @returns undefined for what is no answer of `ip -j neigh` */
export function parseNeighbours(text: string): Neighbour[] | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(text.trim() || "[]");
  } catch {
    return undefined;
  }
  return entrySchema
    .safeParse(raw)
    .data?.flatMap((n) =>
      n.lladdr === "" || n.state.some((s) => NOBODY.has(s))
        ? []
        : [{ address: n.dst, mac: n.lladdr.toLowerCase(), interface: n.dev, router: n.router !== undefined }],
    );
}

/** Flag ATF_COM of the kernel: the entry is complete. */
const COMPLETE = 0x2;

/** /proc/net/arp (proc_pid_net(5)). */
export function parseArp(text: string): Neighbour[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [address = "", , flags = "", mac = "", , name = ""] = line.trim().split(/\s+/);
      if ((Number(flags) & COMPLETE) === 0 || isIP(address) === 0 || mac === "00:00:00:00:00:00") return [];
      return [{ address, mac: mac.toLowerCase(), interface: name, router: false }];
    });
}

/** Next hops of routes over IPv4, of /proc/net/route: words in the machine's (little-endian) order. */
export function parseGateways(text: string): ReadonlySet<string> {
  const gateways = text
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/)[2] ?? "")
    .filter((hex) => /^[0-9a-f]{8}$/i.test(hex) && hex !== "00000000");
  return new Set(gateways.map((hex) => [...Buffer.from(hex, "hex").reverse()].join(".")));
}

/** Those of our own subnets, without ourselves and our containers; routers first, so that a cut never loses them. */
export function chosen(
  known: readonly Neighbour[],
  own: readonly Interface[],
  gateways: ReadonlySet<string>,
): NonNullable<Network["neighbourhood"]> {
  const ours = new Set(own.flatMap((i) => (i.addresses ?? []).map((a) => a.split("/")[0])));
  const subnets = new BlockList();
  for (const cidr of own.filter((i) => !CONTAINER_BRIDGE.test(i.name ?? "")).flatMap((i) => i.addresses ?? [])) {
    const [address = "", prefix = ""] = cidr.split("/");
    subnets.addSubnet(address, Number(prefix), isIPv4(address) ? "ipv4" : "ipv6");
  }
  const inside = ({ address = "", interface: name = "" }: Neighbour) =>
    isIP(address) !== 0 &&
    !ours.has(address) &&
    !CONTAINER_BRIDGE.test(name) &&
    (LINK_LOCAL.test(address) || subnets.check(address, isIPv4(address) ? "ipv4" : "ipv6"));
  const neighbours = known
    .filter(inside)
    .map((n) => ({ ...n, router: n.router || gateways.has(n.address ?? "") }))
    .sort((a, b) => Number(b.router) - Number(a.router) || ((a.address ?? "") < (b.address ?? "") ? -1 : 1));
  return { neighbours: neighbours.slice(0, MAX_NEIGHBOURS), total: neighbours.length };
}
