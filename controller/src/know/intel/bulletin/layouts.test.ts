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
type Case = readonly [what: string, text: string, expected: readonly string[]];

/** Tables, forms and lists as advisories at large are laid out; none of them is a labelled text. */
const LAYOUTS: readonly Case[] = [
  [
    "a table whose head names the product",
    "Gateon Secure Gate Privilege Escalation Vulnerability\n\nA vulnerability could allow a local attacker to elevate privileges.\n\n| Gateon Secure Gate Release | First Fixed Release |\n| --- | --- |\n| 2.7 | 2.7P9 |\n| 3.0 | 3.0P7 |\n| 3.1 | Not vulnerable. |\n",
    ["Gateon Secure Gate 2.7..<2.7P9", "Gateon Secure Gate 3.0..<3.0P7"],
  ],
  [
    "a table with the product's line in one column and its repair in another",
    "vSpear updates address a heap overflow (CVE-2024-10001)\n\n| Product | Version | Running On | Fixed Version |\n|---|---|---|---|\n| vSpear Server | 8.0 | Any | 8.0 U3b |\n| vSpear Server | 7.0 | Any | 7.0 U3s |\n",
    ["vSpear Server 8.0..<8.0 U3b", "vSpear Server 7.0..<7.0 U3s"],
  ],
  [
    "a table with the product and its versions in one cell",
    "DoS in SIMULATIK\n\n| Affected Product and Versions | Remediation |\n|---|---|\n| SIMULATIK S7 CPU family: All versions < V4.5.0 | Update to V4.5.0 or later version |\n| SIMULATIK ET: All versions | Currently no fix is planned |\n\nA denial of service vulnerability.",
    ["SIMULATIK S7 CPU family 0..<V4.5.0"],
  ],
  [
    "a table whose empty cells go on with the row above",
    "Undisclosed requests can cause a denial of service.\n\n| Product | Branch | Versions known to be vulnerable | Fixes introduced in |\n|---|---|---|---|\n| BIG-OP | 17.x | 17.1.0 - 17.1.1 | 17.1.1.4 |\n| | 16.x | 16.1.0 - 16.1.4 | 16.1.5 |\n",
    ["BIG-OP 17.1.0..17.1.1 -> 17.1.1.4", "BIG-OP 16.1.0..16.1.4 -> 16.1.5"],
  ],
  [
    "a table of tabs with what is not affected",
    "PaceOS: DoS in the DNS feature\n\nVersions\tAffected\tUnaffected\nPaceOS 11.2\t< 11.2.3\t>= 11.2.3\nPaceOS 11.1\t< 11.1.5\t>= 11.1.5\n\nA denial of service vulnerability allows an attacker to reboot it.",
    ["PaceOS 11.2 0..<11.2.3", "PaceOS 11.1 0..<11.1.5"],
  ],
  [
    "a table of spaces",
    "Product        Affected Version(s)     Fixed Version(s)\nAgent Hub      2.1.0 - 2.3.4           2.3.5\nAgent Edge     1.0 - 1.9               1.10\n\nA privilege escalation vulnerability allows local attackers to gain root.",
    ["Agent Hub 2.1.0..2.3.4 -> 2.3.5", "Agent Edge 1.0..1.9 -> 1.10"],
  ],
  [
    "fields of a form, each on a line",
    "Product: WorkHub\nVendor: Acme\nAffected version(s): 3.1.4 and below\nTested version: 3.1.4\nFixed version: 3.1.5\nVulnerability type: Path traversal",
    ["WorkHub 0..3.1.4 -> 3.1.5"],
  ],
  [
    "heads of a form, each with its value on the next line",
    "Package\ncomposer acme/cart (Composer)\nAffected versions\n>= 2.0.0, < 2.3.1\nPatched versions\n2.3.1\nDescription\nA stored XSS vulnerability allows attackers to run scripts.",
    ["acme/cart 2.0.0..<2.3.1"],
  ],
  [
    "arrows between versions",
    "Posting date: 22 July 2024\nProgram impacted: TWINE\nVersions affected:\nTWINE\n\n- 9.18.1 -> 9.18.27\n- 9.19.0 -> 9.19.24\n\nSolution:\nUpgrade to the patched release:\n\n- 9.18.28\n- 9.20.0\n\nAn attacker can crash it.",
    ["TWINE 9.18.1..9.18.27 -> 9.18.28", "TWINE 9.19.0..9.19.24 -> 9.20.0"],
  ],
  [
    "lines without marks under a sentence that ends in a colon",
    "An OS command injection vulnerability was found. We have already fixed it in the following versions:\nQTZ 5.1.4.2596 build 20231128 and later\nQuTZ hero h5.1.3.2578 build 20231110 and later\n",
    ["QTZ 0..<5.1.4.2596 build 20231128", "QuTZ hero 0..<h5.1.3.2578 build 20231110"],
  ],
  [
    "an interval with its upper bound left out",
    "Affected versions of org.acme:tile-server: [3.0.0, 3.2.7). An attacker can read arbitrary files.",
    ["org.acme:tile-server 3.0.0..<3.2.7"],
  ],
  [
    "an interval without a lower bound",
    "Vulnerable versions: (,2.5.1]\nPackage: com.acme:grid\nAn attacker can traverse directories.",
    ["com.acme:grid 0..2.5.1"],
  ],
  [
    "two versions in round brackets, which are a list",
    "tile-server lets attackers crash it. It is fixed in the patched versions (3.0.1, 3.2.7).",
    ["tile-server 0..<3.0.1", "tile-server 0..<3.2.7"],
  ],
];

const WORDINGS: readonly Case[] = [
  [
    "a range that a choice of ranges follows",
    "CrumbCRM version `<=0.14.1`, `>=0.15.0 <=0.15.1` contains a Cross Site Scripting vulnerability.",
    ["CrumbCRM 0..0.14.1", "CrumbCRM 0.15.0..0.15.1"],
  ],
  [
    "a list with words in brackets",
    "An attacker can spoof signatures. This was fixed in armorpgp versions 5.10.1 (current stable version) and 4.10.11 (legacy version).",
    ["armorpgp 0..<5.10.1", "armorpgp 0..<4.10.11"],
  ],
  [
    "a version alone, which says nothing of those before it",
    "Metalizer 2.1.0 allows stack consumption by an attacker.",
    ["Metalizer 0..2.1.0"],
  ],
  [
    "a repair told a little above the bound",
    "The sensors rubygem prior to version 1.2.0 exposes credentials to attackers. Users are advised to upgrade to version 1.2.1 or later.",
    ["sensors 0..<1.2.1"],
  ],
  [
    "what was done in a version above the range",
    "Stack overflow in a parser\n\n`tomlish` up to and including 0.5.8 recurses without limit. An attacker can crash the process.\n\nRecursion is bounded since 0.5.9.",
    ["tomlish 0..0.5.8 -> 0.5.9"],
  ],
  [
    "what earlier releases are open to",
    "As of 2.10.0, hookrunner signs its requests; earlier releases can be tricked into SSRF by an attacker.",
    ["hookrunner 0..<2.10.0"],
  ],
  [
    "what is said of versions that are not affected",
    "parsely is affected by a buffer overflow; versions before 3.2.0 are not affected. The problem is solved in 3.4.1.",
    ["parsely 3.2.0..<3.4.1"],
  ],
  [
    "releases that were issued",
    "All versions of Zamba leak memory to an attacker. Zamba 4.19.1 and 4.18.8 have been issued as security releases.",
    ["Zamba 0..<4.19.1", "Zamba 0..<4.18.8"],
  ],
];

/** What a text is about, where no title begins with it. */
const NAMES: readonly Case[] = [
  [
    "whose versions are affected rather than what is wrong in it",
    "Double free in `insert_many`\n\nAffected versions of `slabby` call a user's closure while the vector is inconsistent, which leads to a double free.\n\nThis issue was fixed in version 0.7.3.",
    ["slabby 0..<0.7.3"],
  ],
  [
    "the root of a path rather than a type in it",
    "`MatrixView::get` reads out of bounds\n\nWhen the dimensions are zero, `smolmat::MatrixView::get` dereferences a dangling pointer.\n\nFixed in 0.16.2.",
    ["smolmat 0..<0.16.2"],
  ],
  [
    "a word that bulletins do not have in common",
    "Crash in `decode`\n\nAn integer overflow in multihasher allows attackers to crash. Patched versions: >= 0.11.3",
    ["multihasher 0..<0.11.3"],
  ],
  [
    "an actor in code rather than the first word of a title",
    "Unaligned write\n\nOn some platforms, `packsoa` could write to unaligned memory, leading to undefined behavior. This was corrected in version 0.1.5.",
    ["packsoa 0..<0.1.5"],
  ],
  [
    "a plugin with small words in its title",
    "WordPress Resize at Upload Plus Plugin <= 1.3 is vulnerable to Cross Site Request Forgery",
    ["WordPress Resize at Upload Plus Plugin 0..1.3"],
  ],
];

for (const [group, cases] of [
  ["layouts", LAYOUTS],
  ["wordings", WORDINGS],
  ["names", NAMES],
] as const)
  describe(`${group} of advisories at large`, () => {
    for (const [what, text, expected] of cases) it(`reads ${what}`, () => expect(stated(text)).toEqual(expected));
  });
