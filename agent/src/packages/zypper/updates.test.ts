import { describe, expect, it } from "vitest";
import { replaced } from "./avoidance.ts";
import { concerns, readInformation, replacedBy } from "./information.ts";
import { type Lock, readLocked, withLocks, withoutLocks } from "./locks.ts";
import { readPatches } from "./patches.ts";
import { assemble, readOffers, type Told } from "./updates.ts";

// What follows was printed by zypper 1.14.42 over crafted packages, and is shortened to what matters.
const OFFERS = `<?xml version='1.0'?>
<stream>
<message type="info">Loading repository data...</message>
<update-status version="0.6">
<update-list>
<update kind="package" name="bw-one" edition="1.1-1" arch="noarch" edition-old="1.0-1"><summary>x</summary><description>Fix &lt;update kind=&quot;package&quot;&gt;</description><license/><source url="http://127.0.0.1:8091/rpm" alias="testbed"/></update><update kind="package" name="vend" edition="1.1-1" arch="noarch" edition-old="1.0-1"><summary>x</summary><description>x</description><license/><source url="http://127.0.0.1:8091/extra" alias="extra"/></update></update-list>
</update-status>
</stream>`;
const PATCHES = `<update-list>
<update kind="patch" name="BW-2099-10039" edition="1" arch="noarch" status="needed" category="security" severity="important" pkgmanager="false" restart="false" interactive="false"><summary>bw-one</summary><description>Fix a fault (CVE-2099-10039).</description><license/><source url="http://127.0.0.1:8091/rpm" alias="testbed"/><issue-date time_t="1767614400" text="2026-01-05T12:00:00Z"/><issue-list><issue type="cve" id="CVE-2099-10039"><title>CVE-2099-10039</title><href/></issue><issue type="bugzilla" id="1"><title>b</title></issue></issue-list></update></update-list>`;
const PATCH_INFO = `Loading repository data...
Reading installed packages...


Information for patch BW-2099-10039:
------------------------------------
Repository  : Testbed updates
Name        : BW-2099-10039
Version     : 1
Arch        : noarch
Vendor      : testbed@example.org
Status      : needed
Interactive : ---
Summary     : bw-one
Description : 
    Fix a fault (CVE-2099-10039).
    Conflicts   : evil < 9
Provides    : patch:BW-2099-10039 = 1
Conflicts   : [3]
    bw-one < 1.1-1
    python3.x86_64 < 2:3.11-1
    python3.11.x86_64 < 2:3.11-1


Information for patch BW-2099-10040:
------------------------------------
Repository  : Testbed updates
Name        : BW-2099-10040
Provides    : patch:BW-2099-10040 = 1
Conflicts   : bw-two < 1.1-1

`;
const info = (name: string, version: string) => `Information for package ${name}:
-----------------------------
Repository     : Testbed updates
Name           : ${name}
Version        : ${version}
Arch           : noarch
Vendor         : 
Installed Size : 14 B
Installed      : Yes
Source package : ${name}-${version}-src
Summary        : x
Description    : 
    Version        : 9.9-9

`;
const LOCKED = `Loading repository data...
Reading installed packages...

# | Name            | Matches | Type    | Repository
--+-----------------+---------+---------+-----------
1 | BW-2099-10039   | 1       | patch   | (any)
    Do not install : patch:BW-2099-10039-1.noarch (Testbed updates)
2 | bw-sh*          | 3       | package | (any)
    Keep installed : bw-shop-1.0-1.noarch (@System)
    Do not install : [2]
        bw-shop-1.1-1.noarch (Testbed updates)
        bw-shop-1.0-1.noarch (Testbed updates)
3 | epoch == 2:1.1-1 | 1       | package | (any)
    Do not install : epoch-2:1.1-1.noarch (Extra)
`;

describe("what zypper tells people only", () => {
  it("is read by its fields; free text is none", () => {
    const [patch, other] = readInformation(PATCH_INFO);
    expect(patch?.fields.Version).toBe("1");
    expect(patch && replacedBy(patch)).toEqual([
      { name: "bw-one", before: "1.1-1" },
      { name: "python3.x86_64", before: "2:3.11-1" },
      { name: "python3.11.x86_64", before: "2:3.11-1" },
    ]);
    expect(other && replacedBy(other)).toEqual([{ name: "bw-two", before: "1.1-1" }]);
    expect(readInformation(`${info("bw-one", "1.1-1")}${info("vend", "1.0-1")}`).map((i) => i.fields.Version)).toEqual(["1.1-1", "1.0-1"]);
    expect(readInformation("package 'nosuch' not found.\n")).toEqual([]);
  });
  it("tells a package's architecture from a name with dots", () => {
    const line = { name: "python3.11.x86_64", before: "1-1" };
    expect(concerns(line, { name: "python3.11" })).toBe(true);
    expect(concerns(line, { name: "python3" })).toBe(false);
    expect(concerns(line, { name: "python3.11", architecture: "i686" })).toBe(false);
  });
  it("names what locks hold", () => {
    const { kept, refused } = readLocked(LOCKED);
    expect([...kept]).toEqual(["bw-shop-1.0-1.noarch"]);
    expect([...refused]).toEqual(["patch:BW-2099-10039-1.noarch", "bw-shop-1.1-1.noarch", "bw-shop-1.0-1.noarch", "epoch-2:1.1-1.noarch"]);
    expect(readLocked("There are no package locks defined.\n").refused.size).toBe(0);
  });
});

describe("updates of zypper's repositories", () => {
  const [patch] = readPatches(PATCHES);
  if (!patch) throw new Error("no patch was read");
  const told = (more: Partial<Told> = {}): Told => ({
    offers: readOffers(OFFERS),
    information: readInformation(`${info("bw-one", "1.1-1")}${info("vend", "1.0-1")}`),
    patches: [{ ...patch, replaces: [{ name: "bw-one", before: "1.1-1" }] }],
    locked: readLocked(""),
    repositories: [{ alias: "testbed", name: "Testbed updates", uri: "" }],
    nowhere: new Set(),
    beside: new Set(),
    ...more,
  });
  it("carry their patches' words; versions of another vendor are told apart", () => {
    const { updates, otherVendor } = assemble(told());
    expect(updates.map((u) => [u.name, u.installed, u.candidate, u.repository, u.repositoryName, u.held])).toEqual([
      ["bw-one", "1.0-1", "1.1-1", "testbed", "Testbed updates", false],
    ]);
    expect(updates[0]?.advisories).toEqual([
      { id: "BW-2099-10039", security: true, severity: "important", title: "bw-one", cves: ["CVE-2099-10039"] },
    ]);
    expect(otherVendor).toEqual(["vend"]);
  });
  it("are no security updates for a patch that wants a later version, or one that is there already", () => {
    for (const before of ["1.2-1", "1.0-1"])
      expect(assemble(told({ patches: [{ ...patch, replaces: [{ name: "bw-one", before }] }] })).updates[0]?.advisories).toEqual([]);
  });
  it("are held by a lock on the old version or the new one, lost where no repository has the old one, and left out beside each other", () => {
    const locked = { kept: new Set<string>(), refused: new Set(["bw-one-1.1-1.noarch"]) };
    expect(assemble(told({ locked })).updates[0]?.held).toBe(true);
    expect(assemble(told({ locked: { kept: new Set(["bw-one-1.0-1.noarch"]), refused: new Set() } })).updates[0]?.held).toBe(true);
    expect(assemble(told({ nowhere: new Set(["bw-one-1.0-1.noarch"]) })).lost).toEqual([
      { name: "bw-one", architecture: "noarch", version: "1.0-1" },
    ]);
    expect(assemble(told({ beside: new Set(["bw-one:noarch"]) }))).toMatchObject({ updates: [], besides: ["bw-one"] });
  });
});

describe("locks", () => {
  const bad: Lock = { type: "package", name: "bw-one", version: "1.1-1" };
  const person = "type: package\nmatch_type: glob\ncase_sensitive: on\nsolvable_name: bw-one\n";
  it("of ours go again, also after libzypp wrote them in its own order; a person's stay", () => {
    const text = withLocks(person, [bad, { type: "patch", name: "BW-2099-10039" }]);
    expect(text).toContain("solvable_name: bw-one\nversion: == 1.1-1\n\ntype: patch\n");
    const rewritten = `\ntype: package\nversion: == 1.1-1\nmatch_type: exact\ncase_sensitive: on\nsolvable_name: bw-one\n\n\n${person}\n`;
    expect(withoutLocks(rewritten, [bad])).toBe(person);
    expect(withoutLocks(person, [bad])).toBe(person);
    expect(withoutLocks("", [bad])).toBe("");
  });
  it("stay while another rollback wants them", () => {
    const entry = (id: string) => ({
      id,
      until: "2027-01-01T00:00:00Z",
      why: "",
      locks: [{ type: "package" as const, name: "bw-one", version: "1.1-1" }],
    });
    const both = replaced(person, [], [entry("E1"), entry("E2")]);
    expect(both.match(/version: == 1\.1-1/g)).toHaveLength(1);
    expect(replaced(both, [entry("E1"), entry("E2")], [entry("E2")])).toBe(both);
    expect(replaced(both, [entry("E2")], [])).toBe(person);
  });
});
