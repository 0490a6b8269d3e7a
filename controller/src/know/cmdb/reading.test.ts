import { expectOk } from "@breakwater/shared/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressOf, machineIdOf, macOf, serialOf, softwareOf } from "./identifiers.ts";
import { parseCmdbMapping } from "./mapping.ts";
import { readCmdb } from "./reading.ts";
import { formatOf } from "./table.ts";

const read = (content: string, mapping: unknown = {}) => readCmdb(content, formatOf(content), expectOk(parseCmdbMapping(mapping)));
const taken = async (content: string, mapping: unknown = {}) => expectOk(await read(content, mapping));
const refused = async (content: string, mapping: unknown = {}) => {
  const result = await read(content, mapping);
  return result.ok ? "taken" : result.problem.message;
};

describe("an export of ServiceNow", () => {
  const content = [
    '"name","fqdn","ip_address","serial_number","mac_address","managed_by","business_criticality","location","install_status","last_discovered"',
    '"web-1","web-1.example.org","10.0.0.5","VMware-42 1a 2b","52:54:00:AA:BB:01","Ada","1 - most critical","Berlin","Installed","2026-02-28 08:15:00"',
    '"db-1","","10.0.0.300","N/A","","Grace","2","Berlin","Retired",""',
    '"","","","","","","","","",""',
    '"short","row"',
  ].join("\r\n");

  it("is read by its usual columns", async () => {
    const { entries, columns } = await taken(content);
    expect(entries[0]).toEqual({
      place: 2,
      names: ["web-1", "web-1.example.org"],
      machineIds: [],
      serial: "VMWARE-421A2B",
      addresses: ["10.0.0.5"],
      macs: ["52:54:00:aa:bb:01"],
      owner: "Ada",
      criticality: 5,
      site: "Berlin",
      status: "Installed",
      retired: false,
      seenAt: "2026-02-28T08:15:00.000Z",
    });
    expect(columns).toMatchObject({ name: ["name", "fqdn"], owner: ["managed_by"] });
  });
  it("sets aside what cannot be read, with its line and the reason, and takes the rest", async () => {
    const { entries, setAside } = await taken(content);
    expect(entries).toHaveLength(2);
    expect(entries[1]).toMatchObject({ names: ["db-1"], serial: "", addresses: [], criticality: null, retired: true });
    expect(setAside).toEqual([
      { place: 3, what: "value", reason: '"10.0.0.300" is no IP address' },
      { place: 3, what: "value", reason: expect.stringContaining('criticality "2" is not known') },
      { place: 4, what: "row", reason: "it has neither name, address, serial number nor machine id" },
      { place: 5, what: "row", reason: "it has 2 columns where the header has 10" },
    ]);
  });
});

describe("an export of GLPI", () => {
  it("has a semicolon between cells, lists as lines of one cell, and software in them", async () => {
    const content = [
      '\uFEFF"Name";"Status";"Serial number";"UUID";"Network - IP";"Location";"Software"',
      '"web-1";"Production";"ABC123";"4c4c4544-0042-3510-8052-b4c04f4d3732";"10.0.0.5\nfe80::1\n2001:DB8:0:0::5";"Berlin";"OpenSSL 3.0.11<br>nginx 1.22.1 (64-bit)"',
      '"web-2";"Production";"ABC124";"";"10.0.0.6";"Berlin";""',
    ].join("\n");
    const { entries, software } = await taken(content);
    expect(entries.map((e) => [e.place, e.names[0], e.machineIds, e.addresses])).toEqual([
      [2, "web-1", ["4c4c4544004235108052b4c04f4d3732"], ["10.0.0.5", "2001:db8::5"]],
      [5, "web-2", [], ["10.0.0.6"]],
    ]);
    expect(software).toEqual([
      { place: 2, normal: "openssl", name: "OpenSSL", version: "3.0.11" },
      { place: 2, normal: "nginx", name: "nginx", version: "1.22.1" },
    ]);
  });
});

describe("an export of NetBox", () => {
  it("is JSON with references as objects", async () => {
    const device = {
      ...{ id: 7, name: "web-1", serial: "ABC123", status: { value: "active", label: "Active" }, site: { id: 1, name: "Berlin" } },
      ...{
        tenant: { display: "Shop" },
        primary_ip4: { address: "10.0.0.5/24", family: { value: 4 } },
        last_updated: "2026-02-01T10:00:00.123456Z",
      },
      interfaces: [{ mac_address: "52:54:00:AA:BB:01" }, { mac_address: null }],
    };
    const { entries, setAside } = await taken(JSON.stringify({ count: 2, results: [device, "x"] }));
    expect(entries).toMatchObject([
      {
        ...{
          place: 1,
          names: ["web-1"],
          serial: "ABC123",
          addresses: ["10.0.0.5"],
          macs: ["52:54:00:aa:bb:01"],
          owner: "Shop",
          site: "Berlin",
        },
        ...{ status: "Active", seenAt: "2026-02-01T10:00:00.123Z" },
      },
    ]);
    expect(setAside).toEqual([{ place: 2, what: "row", reason: "it is no object" }]);
  });
});

describe("software", () => {
  it("of one machine in many rows is brought together, and a repeat without any is set aside", async () => {
    const { entries, software, setAside } = await taken("host,software,version\nweb-1,OpenSSL,3.0.11\nweb-1,curl,7.88\nweb-1,,\n");
    expect(entries).toHaveLength(1);
    expect(software.map((s) => `${s.place} ${s.normal} ${s.version}`)).toEqual(["2 openssl 3.0.11", "2 curl 7.88"]);
    expect(setAside).toEqual([{ place: 4, what: "row", reason: "the same machine stands at 2 already" }]);
  });
  it("is called as the mapping says", async () => {
    const mapping = { softwareNames: { "Apache HTTP Server 2.4": "apache2" } };
    const { software } = await taken(
      JSON.stringify([{ name: "web-1", software: [{ name: "Apache HTTP Server 2.4", version: "2.4.57" }] }]),
      mapping,
    );
    expect(software).toEqual([{ place: 1, normal: "apache2", name: "apache2", version: "2.4.57" }]);
  });
  it.each([
    ["OpenSSL 3.0.11 (64-bit)", "", "OpenSSL", "3.0.11"],
    ["PHP 8.2", "8.2.7", "PHP", "8.2.7"],
    ["Log4j 2", "1.2.17", "Log4j 2", "1.2.17"],
    ["7-Zip", "", "7-Zip", ""],
  ])("named %s of version %s is %s %s", (listed, version, name, told) => {
    expect(softwareOf(listed, version)).toEqual({ name, version: told });
  });
});

describe("a mapping", () => {
  it("says which column is what, and what words mean", async () => {
    const mapping = { columns: { name: "CI", criticality: "Tier" }, criticalities: { T1: 5 }, retired: ["Gone"] };
    const { entries } = await taken("CI,Tier,status\nweb-1,T1,Gone\n", mapping);
    expect(entries).toMatchObject([{ names: ["web-1"], criticality: 5, retired: true }]);
  });
  it("that names a column which is not there is refused, with those that are", async () => {
    expect(await refused("CI,Tier\nweb-1,T1\n", { columns: { name: "Name" } })).toContain('no column "Name"; it has CI, Tier');
    expect(parseCmdbMapping({ colums: {} })).toMatchObject({ ok: false, problem: { code: "bad-cmdb-mapping" } });
  });
});

describe("a file that is no export", () => {
  it.each([
    ["", "no column tells one machine from another"],
    ["colour,size\nred,5\n", "no column tells one machine from another"],
    ["name\n", "none of its 0 rows"],
    ["name,ip\n,\n", "none of its 1 rows"],
    ['name,ip\nweb-1,"10.0.0.5\nweb-2,10.0.0.6\n', "a quotation mark is never closed"],
    ["{", "it is no JSON"],
    ['{"error": "no right to read"}', "it is no list of machines"],
  ])("is refused as a whole: %j", async (content, why) => {
    expect(await refused(content)).toContain(why);
  });
});

describe("identifiers", () => {
  it("that many machines share are none", () => {
    for (const serial of ["To be filled by O.E.M.", "Default string", "0", "None", "Not Specified", "n/a"])
      expect(serialOf(serial)).toBe("");
    expect(machineIdOf("00000000-0000-0000-0000-000000000000")).toBe("");
    expect(macOf("00:00:00:00:00:00")).toBe("");
  });
  it("are the same in any common spelling", () => {
    expect([macOf("5254.00AA.BB01"), macOf("52-54-00-aa-bb-01")]).toEqual(["52:54:00:aa:bb:01", "52:54:00:aa:bb:01"]);
    expect([addressOf("2001:DB8::0005/64"), addressOf("10.0.0.5/24"), addressOf("web-1"), addressOf("fe80::1%eth0")]).toEqual([
      "2001:db8::5",
      "10.0.0.5",
      "",
      "fe80::1",
    ]);
  });
});

it("says something of any text, and never throws", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.string({ maxLength: 12 }), { maxLength: 4 }), { maxLength: 6 }), async (rows) => {
      const content = `name,ip,serial\n${rows.map((r) => r.join(",")).join("\n")}`;
      const result = await read(content);
      if (result.ok) for (const { place } of result.value.entries) expect(place).toBeGreaterThan(1);
      else expect(result.problem.code).toBe("bad-cmdb-file");
    }),
    { numRuns: 200 },
  );
});
