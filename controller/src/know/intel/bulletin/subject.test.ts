import { expectOk } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { readBulletin } from "./index.ts";

const stated = (text: string): string[] =>
  expectOk(readBulletin(text)).affected.map(
    (a) => `${a.package} ${a.ranges.map((r) => `${r.introduced}..${r.fixed ?? `=${r.lastAffected}`}`).join()} -> ${a.fixedVersion}`,
  );

describe("whose version it is", () => {
  const cases: readonly (readonly [what: string, text: string, expected: readonly string[]])[] = [
    [
      "a name that ends in a sign of exclamation",
      "An issue was discovered in Shoply! 3.1.0 through 3.9.23. The lack of escaping leads to XSS attacks.",
      ["Shoply! 3.1.0..=3.9.23 -> null"],
    ],
    [
      "a long name with the short one in brackets",
      "Cloudstack Picture Service (Glimpse) before 12.0.2 allows remote attackers to delete pictures.",
      ["Cloudstack Picture Service (Glimpse) 0..12.0.2 -> 12.0.2"],
    ],
    [
      "a name that is also a word for a kind of software",
      "Runtime is vulnerable to command injection through a Subversion store\n\nRuntime is a dependency loader for Lua. Versions 1.0 through 2.2.26 contain a command injection in the Subversion::build() method.",
      ["Runtime 1.0..=2.2.26 -> null"],
    ],
    [
      "a name that no type of the language and no method stands for",
      "Integer overflow in `Fins::grow_all`\n\n`Fins::grow_all()` used `usize::next_power_of_two()` and overflows. The `grow_all` method in marlin can be attacked.\n\nThe flaw was corrected in version 0.1.20 of `marlin`.",
      ["marlin 0..0.1.20 -> 0.1.20"],
    ],
    [
      "a name told by apposition",
      "Tagwise Studio, an open source labeling tool, had an import feature that fetched any page. Prior to version 1.10.1, this feature could be abused to run JavaScript.",
      ["Tagwise Studio 0..1.10.1 -> 1.10.1"],
    ],
    [
      "a form's own sentence against the short name of the title",
      "WordPress Pinboard plugin <= 4.0.2 - Cross Site Scripting vulnerability\n\nImproper neutralization of input in Acme Pinboard – Notes, Cards & More allows stored XSS. This issue affects Pinboard – Notes, Cards & More: from n/a through 4.0.2.",
      ["Pinboard – Notes, Cards & More 0..=4.0.2 -> null"],
    ],
    [
      "a kind of software with the word vulnerability in its name",
      "Jenkins NetGuard Vulnerability Scanner Plugin 1.22 and earlier does not check permissions, which attackers can exploit.",
      ["Jenkins NetGuard Vulnerability Scanner Plugin 0..=1.22 -> null"],
    ],
    [
      "a table whose rows stand behind a blank line, with intervals that lack their second operator",
      "A denial of service vulnerability exists.\n\n## Affected software\n\nPackage name | Affected version | Patched version\n---- | ---- | ----\n\nAcme.Runtime.one | >=3.0.0,3.1.24 | 3.1.25\nAcme.Runtime.two | >=5.0.0,5.0.16 | 5.0.17\n",
      ["Acme.Runtime.one 3.0.0..=3.1.24 -> 3.1.25", "Acme.Runtime.two 5.0.0..=5.0.16 -> 5.0.17"],
    ],
    [
      "several repaired versions at the head of a sentence among the patches",
      "Resource exhaustion in quillkey\n\n### Impact\nAn attacker can exhaust the CPU of users of quillkey.\n\n### Patches\n\n`v1.28.2`, `v2.0.6`, and `v4.9.2` releases cap the maximum count that a token may ask of its reader by default.",
      ["quillkey 0..v1.28.2 -> v1.28.2", "quillkey 0..v2.0.6 -> v2.0.6", "quillkey 0..v4.9.2 -> v4.9.2"],
    ],
  ];
  it.each(cases)("%s", (_, text, expected) => expect(stated(text)).toEqual(expected));

  it("takes the line that an advisory is about for no repair, though the advisory is released", () =>
    expect(
      stated(
        "Acme is releasing this security advisory to provide information about a vulnerability in Acme Core 3.1. An attacker can read tokens.",
      ).filter((s) => !s.endsWith("-> null")),
    ).toEqual([]));
});

describe("under which condition one is affected", () => {
  const conditions = (text: string) =>
    expectOk(readBulletin(`Denial of service in parcelhub before 2.1.0 (CVE-2025-10001)\n\n${text}`)).prerequisites;
  it.each([
    "When the queue is configured with a shared broker, a client can forge its messages.",
    "If mail import is enabled, a hostile document may be rendered.",
    "Triggering this bug requires control over the structure of a query.",
    "Requires an unusual setup where a header is taken from the request.",
    "The issue is limited to servers behind a caching proxy.",
    "To be subject to this, the directive must be present in your policy.",
    "Deployments that use a repository manager are not affected.",
  ])("%s", (sentence) => expect(conditions(sentence)).toEqual([sentence]));

  it.each([
    "Users of 2.1.0 and later versions are not affected.",
    "When the filter is enabled, the patch prevents this.",
    "The service reads a body of any size even when a limit is configured, and can run out of memory.",
    "## Workarounds\n\nIf mail import is enabled, it can be disabled.",
  ])("is not told by: %s", (sentence) => expect(conditions(sentence)).toEqual([]));
});
