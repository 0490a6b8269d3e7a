import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { strangersOf } from "./neighbours.ts";
import { type EndpointIdentity, reconcile, type SourcedEntry } from "./reconcile.ts";
import { sameVersion } from "./software-tally.ts";

let place = 1;
const entry = (says: Partial<SourcedEntry>): SourcedEntry => ({
  ...{ source: "cmdb", place: ++place, names: [], machineIds: [], serial: "", addresses: [], macs: [], owner: "", criticality: null },
  ...{ site: "", status: "", retired: false, seenAt: null },
  ...says,
});
const endpoint = (id: string, has: Partial<EndpointIdentity> = {}): EndpointIdentity => ({
  ...{ id, hostname: `${id}.example.org`, machineIds: [], serial: "", macs: [], addresses: [] },
  ...has,
});
const standing = (e: SourcedEntry, endpoints: readonly EndpointIdentity[], others: readonly SourcedEntry[] = []) =>
  reconcile([e, ...others], endpoints).standings.get(e);

describe("an entry", () => {
  it("is matched by what is strongest, whatever weaker things say", () => {
    const endpoints = [endpoint("a", { serial: "S1" }), endpoint("b", { machineIds: ["1".repeat(32)] })];
    expect(standing(entry({ names: ["a"], machineIds: ["1".repeat(32)] }), endpoints)).toEqual({
      kind: "matched",
      endpointId: "b",
      by: "machine-id",
    });
    expect(standing(entry({ names: ["b"], serial: "S1" }), endpoints)).toEqual({ kind: "matched", endpointId: "a", by: "serial" });
  });
  it("is matched by its full name before its short one, in any case of letters", () => {
    const endpoints = [endpoint("a"), endpoint("a2", { hostname: "a.other.org" })];
    expect(standing(entry({ names: ["A.Example.Org."] }), endpoints)).toMatchObject({ endpointId: "a", by: "name" });
    expect(standing(entry({ names: ["a"] }), endpoints)).toMatchObject({ kind: "ambiguous", candidates: ["a", "a2"] });
  });
  it("is not decided by what several endpoints share", () => {
    const endpoints = [endpoint("a", { addresses: ["10.0.0.9", "10.0.0.1"] }), endpoint("b", { addresses: ["10.0.0.9"] })];
    expect(standing(entry({ addresses: ["10.0.0.9", "10.0.0.1"] }), endpoints)).toMatchObject({ endpointId: "a", by: "address" });
    expect(standing(entry({ addresses: ["10.0.0.9"], names: ["b"] }), endpoints)).toMatchObject({ endpointId: "b", by: "short-name" });
    expect(standing(entry({ addresses: ["10.0.0.9"] }), endpoints)).toMatchObject({
      kind: "ambiguous",
      why: "2 endpoints have its address",
    });
  });
  it("is ambiguous where its addresses lead to two endpoints, and where a name hides another serial number", () => {
    const endpoints = [endpoint("a", { serial: "S1", addresses: ["10.0.0.1"] }), endpoint("b", { addresses: ["10.0.0.2"] })];
    expect(standing(entry({ addresses: ["10.0.0.1", "10.0.0.2"] }), endpoints)).toMatchObject({
      kind: "ambiguous",
      candidates: ["a", "b"],
    });
    const replaced = standing(entry({ names: ["a"], serial: "S0" }), endpoints);
    expect(replaced).toMatchObject({ kind: "ambiguous", why: "it has the short name of a.example.org, and another serial number" });
  });
  it("that describes an endpoint as another one does is ambiguous, unless its evidence alone is stronger", () => {
    const [bySerial, byName, again] = [entry({ serial: "S1" }), entry({ names: ["a"] }), entry({ names: ["a"] })];
    const endpoints = [endpoint("a", { serial: "S1" })];
    expect(standing(bySerial, endpoints, [byName])).toMatchObject({ kind: "matched" });
    expect(standing(byName, endpoints, [bySerial])).toMatchObject({
      kind: "ambiguous",
      why: `the entry at ${bySerial.place} describes the same endpoint`,
    });
    expect(standing(byName, endpoints, [again])).toMatchObject({ kind: "ambiguous" });
    expect(standing(again, endpoints, [byName])).toMatchObject({ kind: "ambiguous" });
  });
  it("of another source may describe the same endpoint", () => {
    const [one, other] = [entry({ names: ["a"] }), entry({ names: ["a"], source: "netbox" })];
    const { standings } = reconcile([one, other], [endpoint("a")]);
    expect([...standings.values()].map((s) => s.kind)).toEqual(["matched", "matched"]);
  });
});

describe("an endpoint", () => {
  it("that an entry perhaps describes is not called unknown", () => {
    const endpoints = [endpoint("a", { addresses: ["10.0.0.9"] }), endpoint("b", { addresses: ["10.0.0.9"] }), endpoint("c")];
    expect(reconcile([entry({ addresses: ["10.0.0.9"] })], endpoints).unknown.map((e) => e.id)).toEqual(["c"]);
  });
});

it("every entry has one standing, and no endpoint is matched twice by one source, whatever the order", () => {
  const value = fc.constantFrom("1", "2", "3");
  const identity = fc.record({
    serial: fc.constantFrom("", "S1", "S2"),
    addresses: fc.uniqueArray(
      value.map((v) => `10.0.0.${v}`),
      { maxLength: 2 },
    ),
    names: fc.array(
      value.map((v) => `h${v}`),
      { maxLength: 1 },
    ),
  });
  fc.assert(
    fc.property(fc.array(identity, { maxLength: 6 }), fc.array(identity, { maxLength: 6 }), (said, there) => {
      const entries = said.map((s, i) => entry({ ...s, place: i }));
      const endpoints = there.map(({ names, ...e }, i) => endpoint(`ep${i}`, { ...e, hostname: names[0] ?? `other${i}` }));
      const told = reconcile(entries, endpoints);
      const back = reconcile([...entries].reverse(), [...endpoints].reverse());
      const matched = [...told.standings.values()].flatMap((s) => (s.kind === "matched" ? [s.endpointId] : []));
      expect(told.standings.size).toBe(entries.length);
      expect(new Set(matched).size).toBe(matched.length);
      expect(told.unknown.map((e) => e.id)).toEqual(back.unknown.map((e) => e.id).reverse());
      for (const [e, s] of told.standings) expect(back.standings.get(e)?.kind).toBe(s.kind);
    }),
  );
});

describe("a neighbour", () => {
  const endpoints = [endpoint("a", { macs: ["52:54:00:00:00:01"], addresses: ["10.0.0.1"] })];
  it("that is an endpoint by hardware address or address is no stranger", () => {
    const seen = [
      { by: "b", address: "10.0.0.7", mac: "52:54:00:00:00:01", router: false },
      { by: "b", address: "10.0.0.1", mac: "52:54:00:00:00:99", router: false },
    ];
    expect(strangersOf(seen, endpoints, [])).toEqual([]);
  });
  it("is told once with all addresses and all who saw it, as a router where one says so, and with its entry", () => {
    const mac = "52:54:00:00:00:aa";
    const seen = [
      { by: "a", address: "10.0.0.254", mac, router: false },
      { by: "b", address: "2001:db8::1", mac, router: true },
      { by: "b", address: "fe80::1", mac, router: true },
    ];
    const [stranger] = strangersOf(seen, endpoints, [entry({ place: 9, macs: [mac] })]);
    expect(stranger).toMatchObject({
      mac,
      addresses: ["10.0.0.254", "2001:db8::1"],
      router: true,
      seenBy: ["a", "b"],
      entry: { place: 9 },
    });
  });
});

describe("a listed version", () => {
  it.each([
    ["3.0.11", "3.0.11-1~deb12u2", true],
    ["3.0", "3.0.11-1~deb12u2", true],
    ["3.0.1", "3.0.11-1~deb12u2", false],
    ["v1.22.1", "1.22.1", true],
    ["2.36", "1:2.36-9", true],
    ["", "1.0", true],
    ["1.0.2", "1.0.3", false],
  ])("%s beside %s: %s", (listed, installed, same) => {
    expect(sameVersion(listed, installed)).toBe(same);
  });
});
