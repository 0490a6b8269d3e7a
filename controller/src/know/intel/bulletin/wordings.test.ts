import { expectOk } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { readBulletin } from "./index.ts";

/** What a text states: "name introduced..<fixed" or "name introduced..lastAffected -> fixed", "0" where no lower bound is stated. */
function stated(text: string): string[] {
  return expectOk(readBulletin(text)).affected.flatMap((a) =>
    a.ranges.map((r) =>
      r.fixed !== undefined
        ? `${a.package} ${r.introduced}..<${r.fixed}`
        : `${a.package} ${r.introduced}..${r.lastAffected}${a.fixedVersion === null ? "" : ` -> ${a.fixedVersion}`}`,
    ),
  );
}

/** Sentences in the manner of vendors that no labelled text stands for: the grammar has to carry over to them. */
describe("wordings of vendors at large", () => {
  const cases: readonly (readonly [what: string, text: string, expected: readonly string[]])[] = [
    [
      "a form's fields that lost their lines",
      "Memory can be exhausted in Lacewing\n\nVersions Affected: >= 2.0.0 Not affected: None. Fixed Versions: 2.2.6.4, 3.0.6.1\n",
      ["Lacewing 2.0.0..<2.2.6.4", "Lacewing 0..<3.0.6.1"],
    ],
    [
      "patches for a series, which is no repaired version",
      "Memory can be exhausted in Lacewing\n\nFixed Versions: 7.0.2\n\n## Patches\n\n* lacewing-7.patch - Patch for 7.0 series\n",
      ["Lacewing 0..<7.0.2"],
    ],
    [
      "a release of what is named behind it",
      "Endless loop in a lookup\n\nAttackers can cause a denial of service. The flaw was corrected in 0.1.20 release of `marlin` crate.",
      ["marlin 0..<0.1.20"],
    ],
    [
      "a release that is still to come, which names no software",
      "Endless loop in a lookup\n\nAttackers can cause a denial of service. The flaw was corrected by marlin-dns 0.4.3 and upcoming 0.5.0 release.",
      ["marlin-dns 0..<0.4.3"],
    ],
    [
      "the release that a flaw came with",
      "marlin-channel: double free\n\nThe bug was introduced while mending a leak, first published in 0.5.12. It is a vulnerability. The fix has been published in 0.5.15.",
      ["marlin-channel 0.5.12..<0.5.15"],
    ],
    [
      "a restructuring that takes the flaw away",
      "marlin-tree allows out-of-bounds access\n\nAffected versions of `marlin-tree` let attackers read out of bounds.\n\nStarting with `0.10.0` the crate was restructured.",
      ["marlin-tree 0..<0.10.0"],
    ],
    [
      "a form's field without a name in it",
      "Lacewing Server: endless loop\n\nThis issue affects undefined: from 2.4.0 through 2.4.67.\n",
      ["Lacewing Server 2.4.0..2.4.67"],
    ],
    [
      "two operators joined by a word",
      "With versions of the whereami crate >= 0.5.3 and < 1.5.0, calling this function leads to a stack buffer overflow.",
      ["whereami 0.5.3..<1.5.0"],
    ],
    [
      "repaired versions of which the first alone has the name",
      "A bug in `SlimVec::insert_many` causes memory corruption on the heap.\n\nThe flaw was corrected in slimvec 0.6.14 and 1.6.1.",
      ["slimvec 0..<0.6.14", "slimvec 0..<1.6.1"],
    ],
    [
      "a list of versions with the verb behind it",
      "Safe code of `cellar` could cause undefined behavior.\n\nVersion `0.2.4` and `0.3.1` fix this.",
      ["cellar 0..<0.2.4", "cellar 0..<0.3.1"],
    ],
    [
      "a list under a sentence that says what it is of",
      "An attacker can exhaust memory.\n\nUsers are advised to update to the patched versions:\n\n* `aeon-2.3.0.0` or later\n* `text-iso-0.2.0.0` or later\n",
      ["aeon 0..<2.3.0.0", "text-iso 0..<0.2.0.0"],
    ],
    [
      "ranges under a product's name",
      "A flaw lets an attacker crash the engine.\n\nThis issue affects JumpOS:\n\n  *  All versions before 21.4R3-S8,\n  *  from 22.2 before 22.2R3-S4.\n",
      ["JumpOS 0..<21.4R3-S8", "JumpOS 22.2..<22.2R3-S4"],
    ],
    [
      "to before",
      "Craftsman is a CMS. From version 3.0.0-RC1 to before 3.9.15, 4.0.0-RC1 to before 4.14.15, Craftsman is vulnerable to code injection.",
      ["Craftsman 3.0.0-RC1..<3.9.15", "Craftsman 4.0.0-RC1..<4.14.15"],
    ],
    [
      "wildcards with a star",
      "In PHQ versions 8.1.* before 8.1.30, 8.2.* before 8.2.24, command injection is possible.",
      ["PHQ 8.1..<8.1.30", "PHQ 8.2..<8.2.24"],
    ],
    [
      "ranges joined by a hyphen",
      "Vulnerability in the XML component of Oryx Database Server. Supported versions that are affected are 19.3-19.24 and 21.3-21.15.",
      ["Oryx Database Server 19.3..19.24", "Oryx Database Server 21.3..21.15"],
    ],
    [
      "affected versions in a list",
      "Vulnerability in the Oryx Lark product of Oryx. Supported versions that are affected are 12.2.1.3.0 and 12.2.1.4.0.",
      ["Oryx Lark 12.2.1.3.0..12.2.1.3.0", "Oryx Lark 12.2.1.4.0..12.2.1.4.0"],
    ],
    [
      "the last of a list closed by earlier",
      "Media Scrambler versions 25.0, 24.6.3 and earlier allow code execution in the context of the current user.",
      ["Media Scrambler 0..24.6.3"],
    ],
    [
      "brackets in versions",
      "A vulnerability affects Cactus NX Software running release 9.3(2) or earlier and is fixed in 9.3(3).",
      ["Cactus NX Software 0..9.3(2) -> 9.3(3)"],
    ],
    [
      "kindred names in one sentence",
      "Memory corruption affects Fireferret < 118, Fireferret ESR < 115.3, and Thunderduck < 115.3.",
      ["Fireferret 0..<118", "Fireferret ESR 0..<115.3", "Thunderduck 0..<115.3"],
    ],
    [
      "numbers to order by",
      "A vulnerability has been identified in SIMETIC CP 1542SP-1 (6GK7542-6UX00-0XE0) (All versions < V2.3), SIMETIC CP 1543SP-1 (6GK7543-6WX00-0XE0) (All versions >= V2.0 < V2.4).",
      ["SIMETIC CP 1542SP-1 0..<V2.3", "SIMETIC CP 1543SP-1 V2.0..<V2.4"],
    ],
    [
      "what a later version does",
      "Jungle Nexus Plugin 3.18.0 and earlier does not check permissions.\n\nNexus Plugin 3.18.1 configures its parser to prevent attacks.",
      ["Jungle Nexus Plugin 0..3.18.0 -> 3.18.1"],
    ],
    [
      "what is so since a version",
      "All versions of buffoon up to 0.8.1 allow an integer overflow. Starting with 0.8.2, the length is checked.",
      ["buffoon 0..0.8.1 -> 0.8.2"],
    ],
    [
      "versions that are said to be safe",
      "The library spoonlib is vulnerable to SSRF. Versions of spoonlib `v1.6.0` and later are not affected.",
      ["spoonlib 0..<v1.6.0"],
    ],
    [
      "the version that brought it",
      "Attackers can crash the host of wasmlane.\n\nwasmlane is a runtime. The flaw was introduced in version 2.0.0 and has been fixed in 2.0.3 and 2.1.1.",
      ["wasmlane 2.0.0..<2.0.3", "wasmlane 0..<2.1.1"],
    ],
    [
      "a plain word before the versions",
      "Apache Superb lets users reach `os` in the web process in versions < 0.37.1, which is a vulnerability.",
      ["Apache Superb 0..<0.37.1"],
    ],
    [
      "a platform as what the text is about",
      "A double free was found in Ruby 3.x before 3.0.4 and 3.1.x before 3.1.2. An attacker may write to memory.",
      ["Ruby 3..<3.0.4", "Ruby 3.1..<3.1.2"],
    ],
    [
      "a bar in an attack",
      "Tendentious 12.3.1 contains an injection vulnerability: attackers submit '=10+20+cmd|' /C calc'!A0' to run commands.",
      ["Tendentious 0..12.3.1"],
    ],
    [
      "bounds in brackets",
      "Improper validation in Kingfisher Office version ranging from 12.2.0.13110 to 12.2.0.16412 (exclusive) allows an attacker to load a library.",
      ["Kingfisher Office 12.2.0.13110..<12.2.0.16412"],
    ],
    [
      "names of modules with colons, and what they are for",
      "Media::Parser::Fast versions from 0.29 before 0.72 for Perl allow an attacker to bypass verification.",
      ["Media::Parser::Fast 0.29..<0.72"],
    ],
    [
      "paths of modules",
      "Request forgery in adapters in forge.example.com/prow/prow-server/v4\n\nIn forge.example.com/prow/prow-server/v4 before 4.4.0, attackers can forge requests.",
      ["forge.example.com/prow/prow-server/v4 0..<4.4.0"],
    ],
    [
      "whole numbers as lines of releases",
      "Crusher 10 before 10.8.5 and 11 before 11.3.4_23 lets remote attackers obtain access.",
      ["Crusher 10..<10.8.5", "Crusher 11..<11.3.4_23"],
    ],
    ["a day for a version", "SQL injection was found in Nceps. This issue affects Nceps: before 20230914.", ["Nceps 0..<20230914"]],
    [
      "single versions between ranges",
      "Mattersmost versions 9.9.x <= 9.9.1, 9.10.0, 9.8.x <= 9.8.2 let an attacker upload files.",
      ["Mattersmost 9.9..9.9.1", "Mattersmost 9.10.0..9.10.0", "Mattersmost 9.8..9.8.2"],
    ],
    [
      "keys in running text",
      "MMQ: All versions prior to v1.0.3, PTQ C-series: Device versions prior to v2.8.6.1 do not check authorization, so that attackers get in.",
      ["MMQ 0..<v1.0.3", "PTQ C-series 0..<v2.8.6.1"],
    ],
    ["lines joined before one bound", "Railroad 3.1.x and 3.2.x before 3.2.22 lets attackers inject markup.", ["Railroad 3.1..<3.2.22"]],
    [
      "what the sentence speaks of",
      "The Photo Shelf plugin for WordPress is vulnerable to scripting via the URL in all versions up to, and including, 8.8.05.",
      ["Photo Shelf 0..8.8.05"],
    ],
    [
      "pluses in a list",
      "An attacker can get in. The vulnerability is addressed in Scanner versions 12.1.3+, 12.2.3+, and 12.3+.",
      ["Scanner 0..<12.1.3", "Scanner 0..<12.2.3", "Scanner 0..<12.3"],
    ],
    [
      "what is denied of earlier versions",
      "An attacker may order for free. This issue affects Order Book: 8.2.1. It is fixed in version 8.2.2 and does not exist before 8.2.1.",
      ["Order Book 8.2.1..<8.2.2"],
    ],
    [
      "no repair where none is given",
      "Symfonia lets attackers in. This issue has been fixed in Symfonia 2.3.19. Note that no fixes are provided for Symfonia 2.2.",
      ["Symfonia 0..<2.3.19"],
    ],
    [
      "networks and sections as no versions",
      "requestor before 1.2.1 lets attackers reach `100.64.0.0/10`, against RFC 3986 §4.2.",
      ["requestor 0..<1.2.1"],
    ],
    [
      "what is gone in a version",
      "Undefined behavior in `cellarlib`\n\nAn attacker can read memory. The vulnerable code was removed in 0.4.1.",
      ["cellarlib 0..<0.4.1"],
    ],
    [
      "a former name",
      "Concert CMS (formerly concert5) below 8.5.10 is vulnerable to scripting.",
      ["Concert CMS (formerly concert5) 0..<8.5.10"],
    ],
    [
      "a repair beyond the bound of its row",
      "Attackers can crash it.\n\n| Package | Affected versions | Patched versions |\n|---|---|---|\n| Acme.Compat | >= 7.0.0, < 7.0.1 | 7.0.3 |\n",
      ["Acme.Compat 7.0.0..<7.0.3"],
    ],
    [
      "the bounds of several lines behind one lower bound",
      "Gatekeep is a proxy. From 1.36.0 until 1.36.9, 1.37.5, and 1.38.3, a use after free can crash it.",
      ["Gatekeep 1.36.0..<1.36.9", "Gatekeep 0..<1.37.5", "Gatekeep 0..<1.38.3"],
    ],
    [
      "lines of releases behind the comma of a bound",
      "Cross-site scripting in Lectern before 2.0.5, 2.1.x and 2.2.x before 2.2.4 allows remote attackers to inject scripts.",
      ["Lectern 0..<2.0.5", "Lectern 2.1..<2.2.4"],
    ],
    [
      "a package that is called by a common word",
      "A vulnerability was found in fold before v3.5.0, attackers can hang it.",
      ["fold 0..<v3.5.0"],
    ],
    [
      "a bound that is the repaired version after all",
      "Versions 3.0.0 - 3.1.7 of Aqueduct expose logs to attackers.\n\nUsers are advised to upgrade to 3.1.7 or later, which resolves this issue.",
      ["Aqueduct 3.0.0..<3.1.7"],
    ],
    ["what a package is made for", "The Keyring gem for Ruby on Rails prior to version 3.3.0 allows SQL injection.", ["Keyring 0..<3.3.0"]],
    [
      "two names of platforms, one of which is the package",
      "The Ruby http gem before 0.7.3 does not verify hostnames, which allows man-in-the-middle attacks.",
      ["http 0..<0.7.3"],
    ],
    [
      "a repair that is still to come",
      "Depot discloses credentials to an attacker. A fix for it will be introduced in the versions 4.4, 5.8 and 6.2.",
      ["Depot 0..<4.4", "Depot 0..<5.8", "Depot 0..<6.2"],
    ],
    [
      "a repair that only the words around it tell",
      "Double free in `Slab::drain`\n\nDropping an iterator twice frees memory twice, which is undefined behavior. The crate slabby is affected.\n\nThe author has pushed 0.4.2, in which the iterator owns its slice.",
      ["slabby 0..<0.4.2"],
    ],
    ["no version in a day", "Remote code execution in Harbourmaster, built before September 24, 2025, lets an attacker in.", []],
  ];
  for (const [what, text, expected] of cases) it(`reads ${what}`, () => expect(stated(text)).toEqual(expected));

  it("notes what a patch asks of who installs it, also in a changelog", () => {
    const kinds = (line: string) => expectOk(readBulletin(`## 5.2.2\n\n- Added spoons\n- ${line}\n`)).notes.map((n) => n.kind);
    expect(kinds("Restart all instances of the service after installing.")).toEqual(["restart"]);
    expect(kinds("Restart required")).toEqual(["restart"]);
    expect(kinds("Fixed a regression from the last release that broke logging.")).toEqual(["regression"]);
    expect(kinds("The fix for CVE-2024-10005 was incomplete; this release completes it.")).toEqual(["regression"]);
    expect(kinds("Reverts the change to defaults made in 3.4.")).toEqual(["regression"]);
    expect(kinds("`legacy_auth` has been renamed to `auth.legacy`.")).toEqual(["configuration"]);
    expect(kinds("You must run the migration script before upgrading.")).toEqual(["configuration"]);
    expect(kinds("This version drops support for Node 14.")).toEqual(["end-of-support"]);
    expect(kinds("Support for the 3.x series ends on 2026-06-30.")).toEqual(["end-of-support"]);
    expect(kinds("Revert the new resolver, it breaks clients behind proxies.")).toEqual(["regression"]);
    expect(kinds("debian/rules: restart services only when needed")).toEqual([]);
    expect(kinds("Improved the colour of spoons.")).toEqual([]);
  });

  it("leaves what a version was moved from alone", () =>
    expect(
      stated("quickmark before 0.2.6 lets attackers exhaust it. 0.2.6 adopted the repair (moving from 0.29.0.6 to 0.29.0.13)."),
    ).toEqual(["quickmark 0..<0.2.6"]));
});
