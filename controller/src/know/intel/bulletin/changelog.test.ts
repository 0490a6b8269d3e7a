import { expectOk } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { changelogForm } from "./changelog.ts";
import { readBulletin } from "./index.ts";

const CHANGELOGS: Readonly<Record<string, string>> = {
  "kept by hand":
    "# Changelog\n\n## [2.3.0] - 2024-05-02\n### Fixed\n- Crash on input before 2.2.1\n- Overflow in the parser\n\n## [2.2.1] - 2024-03-01\n### Added\n- Spoons\n",
  "of Debian":
    "bandage (2.4.1-1) unstable; urgency=high\n\n  * New upstream version 2.4.1.\n    - Fix CVE-2024-10001: bandage before 2.4.1 lets attackers crash it.\n\n -- Ann Example <ann@example.org>  Tue, 02 Jan 2024 10:00:00 +0100\n",
  "of GNU": "2024-05-02  Ann Example  <ann@example.org>\n\n\t* parse.c: Fix overflow seen in versions before 2.2.1.\n",
  "of rpm":
    "* Tue Jan 02 2024 Ann Example <ann@example.org> - 2.4.1-1\n- Update to 2.4.1, fixes a vulnerability in versions before 2.4.1\n",
  "made from commits":
    "### Bug Fixes\n\n- fix(parser): handle spoons before 1.2 (0123abc)\n- chore: drop support for Node < 10 (89abcde)\n- feat: forks (4567def)\n",
  "between two versions": "### Major changes between Bandage 3.0.1 and Bandage 3.0.2\n\n  * Fixed a loop in versions before 3.0.2\n",
  "with dates in words": "v0.7.0 (Nov 16, 2023)\n* upgraded foo to 1.2\n* fixed bar in 1.3\n\nv0.6.0 (Oct 2, 2023)\n* added spoons\n",
};

describe("the form of changelogs", () => {
  for (const [what, text] of Object.entries(CHANGELOGS))
    it(`shows in one ${what}, and no version in it is claimed`, () => {
      expect(changelogForm(text)).toBeGreaterThan(2);
      expect(expectOk(readBulletin(text)).affected).toEqual([]);
    });

  for (const [what, text] of [
    ["a list of repaired versions", "A flaw lets attackers in.\n\n### Fixed Versions\n* `9.0.0`\n* `8.2.4`\n"],
    ["a time line", "### Timeline\n- 2024-01-14: received the report\n- 2024-02-04: published bandage 2.4.1\n"],
    [
      "repairs of a distribution",
      "- CVE-2024-10002: Fixed a heap overflow (bsc#1230001).\n- CVE-2024-10003: Fixed a leak (bsc#1230002).\n",
    ],
    ["a form", "### Impact\nAttackers can read files.\n\n### Patches\n2.9.0\n\n### Workarounds\nNone.\n"],
  ] as const)
    it(`is not seen in ${what}`, () => expect(changelogForm(text)).toBe(0));

  it("does not hide a bulletin that lists what was released", () =>
    expect(
      expectOk(readBulletin("bandage before 2.4.1 lets remote attackers run code.\n\n- 2.4.1 was released on 2024-05-02\n")).affected[0]
        ?.fixedVersion,
    ).toBe("2.4.1"));
});
