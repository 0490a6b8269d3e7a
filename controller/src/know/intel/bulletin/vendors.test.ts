import { expectOk } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { readBulletin } from "./index.ts";

/** What a text states, one line for each package and range: "name | introduced | upper bound | fixed version". */
function stated(text: string): string[] {
  return expectOk(readBulletin(text)).affected.flatMap((a) =>
    (a.ranges.length > 0 ? a.ranges : [undefined]).map((r) =>
      [
        a.release ? `${a.package} @ ${a.release}` : a.package,
        r?.introducedStated ? r.introduced : "-",
        r?.fixed !== undefined ? `< ${r.fixed}` : r?.lastAffected !== undefined ? `<= ${r.lastAffected}` : "-",
        a.fixedVersion ?? "-",
      ].join(" | "),
    ),
  );
}

describe("the ways in which vendors state versions", () => {
  const cases: readonly (readonly [vendor: string, text: string, expected: readonly string[]])[] = [
    ["a CVE record", "In widgetd before 4.2.7, a crafted frame lets remote attackers crash the daemon.", ["widgetd | - | < 4.2.7 | 4.2.7"]],
    [
      "a CVE record with branches",
      "Widget Server before 1.20.8, and 1.21.x before 1.21.1, mishandles long cookies, which allows a denial of service.",
      ["Widget Server | - | < 1.20.8 | 1.20.8", "Widget Server | 1.21 | < 1.21.1 | 1.21.1"],
    ],
    [
      "a range with a repaired version",
      "Versions 2.0-beta9 through 2.15.0 of logmill allow remote code execution. Fixed in logmill 2.16.0.",
      ["logmill | 2.0-beta9 | <= 2.15.0 | 2.16.0"],
    ],
    [
      "comparison operators",
      "The npm package @acme/left-paw >= 1.2.0, < 1.4.3 is vulnerable to prototype pollution.",
      ["@acme/left-paw | 1.2.0 | < 1.4.3 | 1.4.3"],
    ],
    [
      "a GitHub form",
      "SQL injection in paperclerk\n\n### Impact\nAn authenticated user can read other tenants' rows.\n\n### Patches\nUpgrade to `5.1.3`.\n\n### Workarounds\nNone.\n",
      ["paperclerk | - | < 5.1.3 | 5.1.3"],
    ],
    [
      "a WordPress plugin",
      "The Happy Gallery plugin for WordPress is vulnerable to Stored Cross-Site Scripting in all versions up to, and including, 3.4.1 due to insufficient escaping.",
      ["Happy Gallery | - | <= 3.4.1 | -"],
    ],
    [
      "GitLab's ranges",
      "An issue has been discovered in Forgeyard CE affecting all versions starting from 15.0 before 16.1.5, all versions starting from 16.2 before 16.2.5. An attacker could read private notes.",
      ["Forgeyard CE | 15.0 | < 16.1.5 | 16.1.5", "Forgeyard CE | 16.2 | < 16.2.5 | 16.2.5"],
    ],
    [
      "the Rails form",
      "Possible XSS in railyard-html\n\nVersions Affected:  >= 4.0.0\nNot affected:       < 4.0.0\nFixed Versions:     6.1.3.2, 6.0.3.7\n\nImpact\n------\nAttackers can inject markup.\n",
      ["railyard-html | - | < 6.1.3.2 | 6.1.3.2", "railyard-html | 4.0.0 | < 6.0.3.7 | 6.0.3.7"],
    ],
    [
      "an Apache announcement",
      "CVE-2024-10001: Apache Tumbler: Path traversal\n\nSeverity: important\n\nAffected versions:\n\n- Apache Tumbler 2.0.0 before 2.4.1\n\nDescription:\n\nA path traversal allows reading files. Users are recommended to upgrade to version 2.4.1, which fixes the issue.",
      ["Apache Tumbler | 2.0.0 | < 2.4.1 | 2.4.1"],
    ],
    [
      "a Markdown table",
      "Security advisory\n\nA vulnerability lets attackers bypass authentication.\n\n| Product | Affected versions | Fixed version |\n|---|---|---|\n| Gate OS 7.2 | 7.2.0 through 7.2.3 | 7.2.4 or above |\n| Gate OS 7.0 | 7.0.0 - 7.0.9 | 7.0.10 |\n",
      ["Gate OS 7.2 | 7.2.0 | <= 7.2.3 | 7.2.4", "Gate OS 7.0 | 7.0.0 | <= 7.0.9 | 7.0.10"],
    ],
    [
      "an HTML table",
      "<p>A vulnerability allows privilege escalation.</p><table><tr><th>Package</th><th>Vulnerable versions</th><th>Patched versions</th></tr><tr><td>Acme.Net.Http</td><td>&gt;= 6.0.0, &lt;= 6.0.19</td><td>6.0.20</td></tr></table>",
      ["Acme.Net.Http | 6.0.0 | <= 6.0.19 | 6.0.20"],
    ],
    [
      "Ubuntu",
      "USN-9001-1: bandage vulnerability\n\nbandage could be made to crash if it received specially crafted input. An attacker could use this.\n\nUpdate instructions\n\nUbuntu 22.04 LTS:\n  libbandage3 2.4.1-1ubuntu0.2\n\nUbuntu 20.04 LTS\n  libbandage3  -  2.2.0-3ubuntu1.4\n",
      [
        "libbandage3 @ Ubuntu 22.04 LTS | - | < 2.4.1-1ubuntu0.2 | 2.4.1-1ubuntu0.2",
        "libbandage3 @ Ubuntu 20.04 LTS | - | < 2.2.0-3ubuntu1.4 | 2.2.0-3ubuntu1.4",
      ],
    ],
    [
      "Debian",
      "Package        : bandage\nCVE ID         : CVE-2024-10002\n\nA flaw could result in denial of service.\n\nFor the oldstable distribution (bullseye), this problem has been fixed in version 2.2.0-3+deb11u2.\n\nFor the stable distribution (bookworm), this problem has been fixed in version 2.4.1-1+deb12u1.\n\nWe recommend that you upgrade your bandage packages.",
      ["bandage @ bullseye | - | < 2.2.0-3+deb11u2 | 2.2.0-3+deb11u2", "bandage @ bookworm | - | < 2.4.1-1+deb12u1 | 2.4.1-1+deb12u1"],
    ],
    [
      "Red Hat's package list",
      "Important: bandage security update\n\nSecurity Fix(es):\n\n* bandage: heap overflow (CVE-2024-10002)\n\nRed Hat Enterprise Linux AppStream (v. 8):\n\nSource:\nbandage-2.2.0-7.el8_9.src.rpm\n\nx86_64:\nbandage-2.2.0-7.el8_9.x86_64.rpm\n",
      ["bandage @ Red Hat Enterprise Linux AppStream (v. 8) | - | < 2.2.0-7.el8_9 | 2.2.0-7.el8_9"],
    ],
    [
      "SUSE's package list",
      "Security update for bandage\n\nThis update for bandage fixes the following issues:\n\n- CVE-2024-10002: Fixed a heap overflow (bsc#1230001).\n\n- SUSE Linux Enterprise Server 15 SP5 (x86_64)\n  * libbandage3-2.4.1-150500.3.6.1\n",
      ["libbandage3 @ SUSE Linux Enterprise Server 15 SP5 (x86_64) | - | < 2.4.1-150500.3.6.1 | 2.4.1-150500.3.6.1"],
    ],
    [
      "an industrial list",
      "Dynamo Works Turbine Suite\n\n- Turbine Suite: Versions 3.1.38 and prior\n\n- Turbine Viewer: All versions < V2.7.0\n\nSuccessful exploitation could allow remote code execution.",
      ["Turbine Suite | - | <= 3.1.38 | -", "Turbine Viewer | - | < V2.7.0 | V2.7.0"],
    ],
    [
      "Oracle's sentence",
      "Vulnerability in the Oryx Server product of Oryx (component: Optimizer). Supported versions that are affected are 8.0.33 and prior. Easily exploitable vulnerability allows an attacker to crash Oryx Server.",
      ["Oryx Server | - | <= 8.0.33 | -"],
    ],
    [
      "OpenSSL's sentences",
      "Punycode overrun (CVE-2024-10003)\n\nSeverity: High\n\nA buffer overrun can be triggered in certificate verification. An attacker can craft an address to overflow four bytes.\n\nOpenTLS versions 3.0.0 to 3.0.6 are vulnerable to this issue.\n\nOpenTLS 3.0 users should upgrade to OpenTLS 3.0.7.",
      ["OpenTLS | 3.0.0 | <= 3.0.6 | 3.0.7"],
    ],
    [
      "Kubernetes' lists",
      "CVE-2024-10004: privilege escalation\n\nA security issue was discovered in Harbormaster.\n\n**Affected Versions**\n\n- harbor-agent v1.27.0 - v1.27.2\n- harbor-agent <= v1.24.13\n\n**Fixed Versions**\n\n- harbor-agent v1.27.3\n- harbor-agent v1.24.14\n",
      ["harbor-agent | v1.27.0 | <= v1.27.2 | v1.27.3", "harbor-agent | - | <= v1.24.13 | v1.24.14"],
    ],
    [
      "Jenkins",
      "Jenkins Tea Kettle Plugin 1.14 and earlier does not check permissions in an HTTP endpoint. This allows attackers to list credentials ids.\n\nTea Kettle Plugin 1.15 requires permissions.",
      ["Jenkins Tea Kettle Plugin | - | <= 1.14 | 1.15"],
    ],
    [
      "the Rust database",
      "Double free in `ringlet`\n\nAffected versions of this crate allowed undefined behavior in safe code.\n\nThe flaw was corrected in version 0.7.2 by checking the length.",
      ["ringlet | - | < 0.7.2 | 0.7.2"],
    ],
    [
      "a version line that a text calls by wildcard",
      "Anvil 1.x prior to 1.9 and 2.x prior to 2.3 contain a vulnerability that allows attackers to read files.",
      ["Anvil | 1 | < 1.9 | 1.9", "Anvil | 2 | < 2.3 | 2.3"],
    ],
    [
      "Cisco's free text",
      "A vulnerability in the web UI of Cactus IOS XE Software could allow an unauthenticated, remote attacker to execute commands. This vulnerability affects Cactus IOS XE Software releases earlier than 17.9.4a. Cactus fixed this vulnerability in Cactus IOS XE Software Release 17.9.4a and later.",
      ["Cactus IOS XE Software | - | < 17.9.4a | 17.9.4a"],
    ],
    [
      "a product with service packs",
      "Foundry Server versions prior to 9.4 SP2 Hotfix 5 are vulnerable to code injection.",
      ["Foundry Server | - | < 9.4 SP2 Hotfix 5 | 9.4 SP2 Hotfix 5"],
    ],
  ];
  for (const [vendor, text, expected] of cases) it(`reads ${vendor}`, () => expect(stated(text)).toEqual(expected));
});
