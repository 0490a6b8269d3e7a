import { expectOk } from "@breakwater/shared/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bulletin, MAX_BULLETIN_CHARACTERS, readBulletin, type Span } from "./index.ts";
import { mask } from "./mask.ts";
import { tokenize } from "./tokens.ts";

const read = (text: string): Bulletin => expectOk(readBulletin(text));

/** Pieces that the grammar reacts to, so that random texts reach deep into it. */
const PIECES = [
  ..."before|prior to|through|up to|and earlier|>=|<|<=|from|to|fixed in|upgrade|and|,|(|)|`|version|versions|in|of|is vulnerable|attackers|CVE-2024-12345".split(
    "|",
  ),
  ..."1.2.3|v2.0|1.x|2.0-beta9|1:2.3-4+deb12u1|14|openssl|@acme/left-paw|Widget Server|foo.js|Ubuntu 22.04 LTS|libfoo3 2.4-1ubuntu1|foo-1.2-3.el8.x86_64.rpm".split(
    "|",
  ),
  ..."# Patches|## Affected versions|- |\n|\n\n| | |Package | Fixed|--- | ---|&lt;|&gt;=|<td>|</td>|<tr>|[x](http://github.com/a/b)|\u0000|\u{1f525}|\ud800|\ufffd|'s|::|```".split(
    "|",
  ),
];
const bulletinLike = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join(" "));
const anyText = fc.oneof(bulletinLike, fc.string({ unit: "binary", maxLength: 300 }), fc.string({ maxLength: 300 }));

function spansOf(b: Bulletin): Span[] {
  return [
    ...b.affected.flatMap((a) => [
      a.span,
      a.evidence.package.span,
      ...(a.evidence.range ? [a.evidence.range.span] : []),
      ...(a.evidence.fixedVersion ? [a.evidence.fixedVersion.span] : []),
    ]),
    ...b.notes.map((n) => n.span),
    ...[...b.evidence.ids, ...b.evidence.prerequisites, ...b.evidence.knownIssues].map((e) => e.span),
    ...(b.evidence.severity ? [b.evidence.severity.span] : []),
  ];
}

describe("a reading", () => {
  it("never throws, keeps its spans inside the text and its confidences between 0 and 1, and survives JSON", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const bulletin = read(text);
        for (const { start, end } of spansOf(bulletin)) expect(start >= 0 && start < end && end <= text.length).toBe(true);
        for (const { confidence } of [bulletin, ...bulletin.affected, ...bulletin.notes])
          expect(confidence >= 0 && confidence <= 1).toBe(true);
        const back = JSON.parse(JSON.stringify(bulletin)) as Bulletin;
        expect(back.ids).toEqual(bulletin.ids);
        expect(back.affected.length).toBe(bulletin.affected.length);
      }),
      { numRuns: 500 },
    );
  });

  it("says nothing of a version that the text does not hold", () => {
    fc.assert(
      fc.property(bulletinLike, (text) => {
        const squeezed = text.replace(/\s+/g, "").toLowerCase();
        for (const a of read(text).affected)
          for (const version of [a.fixedVersion, ...a.ranges.flatMap((r) => [r.fixed, r.lastAffected])])
            if (version) expect(squeezed).toContain(version.replace(/\s+/g, "").toLowerCase());
      }),
      { numRuns: 500 },
    );
  });

  it("gives the place of each version and name in the text as it was given", () => {
    const text =
      "&lt;b&gt; [Widget](https://example.org/w) security\n\n**Widget Server** before `4.2.7` (CVE-2024-10001) lets attackers read files. 🔥 Fixed in 4.2.7.";
    const [a] = read(text).affected;
    const at = (span: Span | undefined) => text.slice(span?.start, span?.end);
    expect(at(a?.evidence.package.span)).toBe("Widget Server");
    expect(at(a?.evidence.range?.span)).toBe("before `4.2.7");
    expect(at(a?.evidence.fixedVersion?.span)).toBe("4.2.7");
    expect(at(read(text).evidence.ids[0]?.span)).toBe("CVE-2024-10001");
  });

  it("masks without moving anything", () => {
    fc.assert(fc.property(anyText, (text) => mask(text).length === text.length));
  });

  it("refuses a text without end", () => {
    expect(readBulletin("a".repeat(MAX_BULLETIN_CHARACTERS + 1))).toMatchObject({ ok: false, problem: { code: "bulletin-too-large" } });
  });

  it("makes no more tokens than the text has characters, also of hostile ones", () => {
    for (const piece of ["1.", "1.0-", "<", "[", "`", "a::", "&lt;", "before 1.1 ", "("]) {
      const text = piece.repeat(20_000);
      expect(tokenize(mask(text)).length).toBeLessThanOrEqual(text.length);
    }
  });
});

describe("identifiers and severity", () => {
  it("knows CVE ids in any case and with any hyphen, once each", () => {
    expect(read("cve-2024-10001, CVE\u20112024\u201110002 and CVE-2024-10001").ids).toEqual(["CVE-2024-10001", "CVE-2024-10002"]);
  });
  it("takes no CVE id out of a longer number or a shorter one", () => {
    expect(read("XCVE-2024-10001 CVE-2024-123 CVE-24-12345").ids).toEqual([]);
  });
  it("keeps other names of advisories apart", () => {
    expect(read("USN-9001-1, RHSA-2024:1234, GHSA-2222-3333-4444: a vulnerability").advisories).toEqual([
      "GHSA-2222-3333-4444",
      "RHSA-2024:1234",
      "USN-9001-1",
    ]);
  });
  for (const [text, severity] of [
    ["Important: bandage security update\n\nAn attacker could crash it.", "high"],
    ["High severity vulnerability that affects bandage\n\nAttackers can read files.", "high"],
    ["A vulnerability lets attackers in.\n\nSeverity: Medium\n", "moderate"],
    ["This vulnerability has been rated as critical; attackers can run code.", "critical"],
    ["A critical section is entered twice by an attacker's thread; a vulnerability.", null],
  ] as const)
    it(`reads ${severity} in "${text.slice(0, 40)}"`, () => expect(read(text).severity).toBe(severity));
});

describe("what else a text says", () => {
  const text = [
    "# Vulnerability in bandage",
    "bandage before 2.4.1 lets remote attackers run code. Only installations in which name lookup is enabled are affected.",
    "",
    "## Known issues",
    "- After installing this update, printing may fail on systems with two spoolers.",
    "",
    "## Workarounds",
    "Disable name lookup in bandage.conf.",
    "",
    "## Notes",
    "You must restart the daemon after the update. This replaces the previous update, which introduced a regression in logging.",
    "The default of the option LookupDepth has changed from 8 to 2.",
  ].join("\n");
  it("tells the condition", () =>
    expect(read(text).prerequisites).toEqual(["Only installations in which name lookup is enabled are affected."]));
  it("tells known issues", () =>
    expect(read(text).knownIssues).toEqual(["After installing this update, printing may fail on systems with two spoolers."]));
  it("notes restarts, regressions, configuration and workarounds with their places", () => {
    const notes = read(text).notes.map((n) => `${n.kind}: ${text.slice(n.span.start, n.span.end)}`);
    expect(notes).toContain("workaround: Disable name lookup in bandage.conf.");
    expect(notes).toContain("restart: You must restart the daemon after the update.");
    expect(notes).toContain("regression: This replaces the previous update, which introduced a regression in logging.");
    expect(notes).toContain("configuration: The default of the option LookupDepth has changed from 8 to 2.");
  });
  it("takes no workaround from a text that says there is none", () => {
    expect(read("bandage before 2.4.1 lets attackers in.\n\n### Workarounds\nThere are no known workarounds.").notes).toEqual([]);
  });
});

describe("texts that are no bulletins", () => {
  for (const [what, text] of [
    [
      "a changelog",
      "## 2.3.0 (2024-05-02)\n\n### Added\n- Support for spoons >= 1.2\n- Bump forks from 1.4.0 to 1.5.2 (#77)\n\n### Fixed\n- Crash in the parser introduced in 2.2.1\n",
    ],
    ["a release note", "Version 5.1\n\n- Upgrade to Python 3.12\n- Drop support for versions before 3.9\n- Improve documentation\n"],
    ["a letter", "Dear all, we meet at 10.30 in room 2.14. Please update your calendars."],
    ["nothing", ""],
  ] as const)
    it(`claims nothing from ${what}`, () => {
      const { affected, ids, severity, prerequisites, knownIssues, isBulletin } = read(text);
      expect({ affected, ids, severity, prerequisites, knownIssues, isBulletin }).toEqual({
        affected: [],
        ids: [],
        severity: null,
        prerequisites: [],
        knownIssues: [],
        isBulletin: false,
      });
    });
  it("still notes what a changelog says of restarts", () => {
    expect(read("## 2.3.0\n\n- Added spoons\n- A restart of the service is required after this update\n").notes.map((n) => n.kind)).toEqual(
      ["restart"],
    );
  });
});

describe("what a version is not", () => {
  for (const [what, text] of [
    ["a requirement", "bandage before 2.4.1 lets attackers crash it. The fix requires Python 3.8."],
    ["a score", "bandage before 2.4.1 lets attackers crash it. It has a CVSS score of 9.8."],
    ["an address", "bandage before 2.4.1, when listening on 127.0.0.1:8081, lets attackers crash it."],
    ["in a code block", "bandage before 2.4.1 lets attackers crash it.\n\n```\ncurl before 9.9.9 fixed in 9.9.9\n```\n"],
    ["in an address of the web", "bandage before 2.4.1 lets attackers crash it. See https://example.org/releases/9.9.9 for more."],
    ["said to be safe", "bandage before 2.4.1 lets attackers crash it. Not affected: < 1.0"],
  ] as const)
    it(`leaves ${what} alone`, () => expect(read(text).affected.map((a) => [a.package, a.fixedVersion])).toEqual([["bandage", "2.4.1"]]));
});
