import { describe, expect, it } from "vitest";
import { policyFileSchema } from "../policy/policy.ts";
import { inventoryDigest } from "./digest.ts";
import { chosen, MAX_NEIGHBOURS, ownInterfaces, parseArp, parseGateways, parseNeighbours, readNeighbours } from "./network.ts";

const card = (address: string, cidr: string, mac = "52:54:00:00:00:01") => ({
  ...{ address, cidr, mac, netmask: "", internal: address === "127.0.0.1" },
  ...(address.includes(":") ? { family: "IPv6" as const, scopeid: 0 } : { family: "IPv4" as const }),
});
const OWN = [
  { name: "docker0", mac: "", addresses: ["172.17.0.1/16"] },
  { name: "eth0", mac: "52:54:00:00:00:01", addresses: ["10.0.0.5/24", "2001:db8::5/64"] },
];

describe("the machine's own places in networks", () => {
  it("are its lasting addresses with their cards", () => {
    const all = {
      lo: [card("127.0.0.1", "127.0.0.1/8")],
      eth0: [card("10.0.0.5", "10.0.0.5/24"), card("2001:db8::5", "2001:db8::5/64"), card("fe80::1", "fe80::1/64")],
      veth1: [card("fe80::2", "fe80::2/64")],
    };
    expect(ownInterfaces(all)).toEqual([{ name: "eth0", mac: "52:54:00:00:00:01", addresses: ["10.0.0.5/24", "2001:db8::5/64"] }]);
  });
});

describe("neighbours", () => {
  it("are told only where the machine's owner says so", () => {
    expect(policyFileSchema.parse({}).neighbours).toBe(false);
    expect(policyFileSchema.parse({ neighbours: true }).neighbours).toBe(true);
  });
  it("are those that answered, with who calls itself a router", () => {
    const told = JSON.stringify([
      { dst: "10.0.0.7", dev: "eth0", lladdr: "52:54:00:AA:00:07", state: ["STALE"] },
      { dst: "fe80::9", dev: "eth0", lladdr: "52:54:00:aa:00:09", router: null, state: ["REACHABLE"] },
      { dst: "10.0.0.8", dev: "eth0", state: ["FAILED"] },
      { dst: "10.0.0.9", dev: "eth0", lladdr: "52:54:00:aa:00:01", state: ["INCOMPLETE"] },
      { dst: "ff02::1", dev: "eth0", lladdr: "33:33:00:00:00:01", state: ["NOARP"] },
    ]);
    expect(parseNeighbours(told)).toEqual([
      { address: "10.0.0.7", mac: "52:54:00:aa:00:07", interface: "eth0", router: false },
      { address: "fe80::9", mac: "52:54:00:aa:00:09", interface: "eth0", router: true },
    ]);
    expect(parseNeighbours("")).toEqual([]);
    expect(parseNeighbours("Usage: ip neigh")).toBeUndefined();
  });
  it("are read from the kernel's older table where there is no iproute2", () => {
    const table = `IP address       HW type     Flags       HW address            Mask     Device
10.0.0.7         0x1         0x2         52:54:00:aa:00:07     *        eth0
10.0.0.8         0x1         0x0         00:00:00:00:00:00     *        eth0
`;
    expect(parseArp(table)).toEqual([{ address: "10.0.0.7", mac: "52:54:00:aa:00:07", interface: "eth0", router: false }]);
  });
  it("are of the machine's own subnets, neither itself nor its containers, and next hops are routers", () => {
    const routes = "Iface\tDestination\tGateway\tFlags\neth0\t00000000\tFE00000A\t0003\neth0\t0000000A\t00000000\t0001\n";
    const n = (address: string, name = "eth0") => ({ address, mac: "52:54:00:aa:00:01", interface: name, router: false });
    const known = [
      n("10.0.0.7"),
      n("10.0.0.254"),
      n("10.0.1.1"),
      n("10.0.0.5"),
      n("172.17.0.2", "docker0"),
      n("fe80::7"),
      n("2001:db8::7"),
    ];
    const { neighbours = [], total } = chosen(known, OWN, parseGateways(routes));
    expect(neighbours.map((x) => [x.address, x.router])).toEqual([
      ["10.0.0.254", true],
      ["10.0.0.7", false],
      ["2001:db8::7", false],
      ["fe80::7", false],
    ]);
    expect(total).toBe(4);
  });
  it("are bounded, and their number is told all the same", () => {
    const known = Array.from({ length: 700 }, (_, i) => ({
      address: `10.1.${i >> 8}.${i & 255}`,
      mac: "52:54:00:aa:00:01",
      interface: "eth0",
      router: false,
    }));
    const told = chosen(known, [{ name: "eth0", mac: "", addresses: ["10.1.255.1/16"] }], new Set());
    expect(told.neighbours).toHaveLength(MAX_NEIGHBOURS);
    expect(told.total).toBe(700);
  });
  it("of this very machine can be read without privileges", async () => {
    const read = await readNeighbours(ownInterfaces());
    expect(read).toMatchObject({ ok: true });
  });
});

describe("the digest", () => {
  const inventory = (namespace: string) => ({
    listeners: [{ protocol: "tcp", address: "::", port: 80, scope: "private", pid: 1, process: "web", package: "", unit: "", namespace }],
    network: { interfaces: OWN, neighbourhood: { neighbours: [], total: 0 } },
  });
  it("is the same for a container's next namespace, and another for a socket that is now the machine's own", () => {
    expect(inventoryDigest(inventory("7"))).toBe(inventoryDigest(inventory("8")));
    expect(inventoryDigest(inventory("7"))).not.toBe(inventoryDigest(inventory("")));
  });
  it("is another when neighbours are forbidden or a new one comes", () => {
    const seen = { address: "10.0.0.7", mac: "", interface: "eth0", router: false };
    const digests = [null, { neighbours: [], total: 0 }, { neighbours: [seen], total: 1 }].map((neighbourhood) =>
      inventoryDigest({ network: { interfaces: OWN, neighbourhood } }),
    );
    expect(new Set(digests).size).toBe(3);
  });
});
