import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareVersions, ECOSYSTEMS, type Ecosystem, inRange } from "./index.ts";

/** Each list runs from the oldest to the newest. */
const ASCENDING: Readonly<Record<Ecosystem, readonly string[]>> = {
  deb: ["1.0~~", "1.0~rc1-1", "1.0", "1.0-1", "1.0-1+deb12u1", "1.0-1+deb12u2", "1.0-1+deb12u10", "1.0a", "1.0+b", "1.10", "1:0.1"],
  rpm: ["1.0~rc1-1", "1.0", "1.0-1", "1.0-1.el8", "1.0-2", "1.0^git1-1", "1.0.a-1", "1.0.1-1", "1.10-1", "1:0.1-1"],
  apk: ["1.0_alpha1", "1.0_rc2", "1.0", "1.0-r1", "1.0_p1", "1.0a", "1.0.02", "1.0.1", "1.10"],
  semver: ["1.0.0-2a", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0", "v1.0.1", "1.10.0"],
  maven: [
    "1.0-alpha-1",
    "1.0-beta1",
    "1.0-m2",
    "1.0-rc",
    "1.0-rc1",
    "1.0-SNAPSHOT",
    "1.0",
    "1.0-ga1",
    "1.0-sp1",
    "1.0-jre",
    "1.0.1",
    "1.10",
  ],
  pypi: [
    ["1.0.dev1", "1.0a1.dev1", "1.0a1", "1.0a1.post1.dev2", "1.0a1.post1", "1.0b1", "1.0rc1", "1.0", "1.0+abc", "1.0+local.1", "1.0+1"],
    ["1.0.post1.dev1", "1.0.post1", "1.0.post1+x", "1.0.1.dev0", "1.1", "1!0.1"],
  ].flat(),
  gem: ["1.0.a", "1.0.b", "1.0.pre.2", "1.0", "1.0.1", "1.10"],
  go: ["v1.0.0-0.20200101000000-abcdef123456", "v1.0.0-rc1", "v1", "v1.0.1", "v1.1", "v1.10.0"],
  nuget: ["1.0-ALPHA", "1.0-beta", "1.0", "1.0.0.1", "1.0.1", "1.10"],
  composer: ["1.0-dev", "1.0-alpha1", "1.0.0-alpha2", "v1.0-beta2-dev", "1.0.0-beta.2", "1.0-RC1", "1.0", "1.0-p1", "1.0.0.1", "1.10"],
  dotted: ["1.0", "1.0.0", "1.0.0-1", "1.0.0_2", "1.0.0+3", "1.2", "1.10"],
};

const EQUAL: readonly (readonly [Ecosystem, string, string])[] = [
  ["deb", "0:1.0", "1.0-0"],
  ["deb", "1.02-01", "1.2-1"],
  ["rpm", "0:1.01", "1.1"],
  ["semver", "1.0.0+build", "v1.0.0"],
  ["maven", "1.0.0-ga", "1"],
  ["deb", " 1.0-1 ", "1.0-1"],
  ["maven", "1-ga", "1-final-0"],
  ["maven", "1-ga0", "1"],
  ["pypi", "1.0.0-ALPHA", "1a0"],
  ["pypi", " v1.0-1\n", "1.0.post1"],
  ["pypi", "1.0.dev", "1_dev0"],
  ["pypi", "1+ABC-01", "1.0+abc.1"],
  ["nuget", "1.0.0-beta.01", "1-BETA.1"],
  ["gem", "1.0.0.a", "1.a"],
  ["go", "v1.2", "v1.2.0"],
  ["nuget", "1.0.0-Beta+x", "1-beta"],
  ["composer", "v1.0.0-b1", "1.0.0.0-beta1"],
  ["dotted", "1.02", "v1.2"],
];

describe("version order", () => {
  it.each(ECOSYSTEMS)("%s sorts its versions as its standard says", (ecosystem) => {
    const versions = ASCENDING[ecosystem];
    for (const [i, a] of versions.entries())
      for (const [j, b] of versions.entries())
        expect(`${a} ${compareVersions(ecosystem, a, b)} ${b}`).toBe(`${a} ${i < j ? "<" : i > j ? ">" : "="} ${b}`);
  });

  it.skipIf(!existsSync("/usr/bin/dpkg"))("deb orders as the dpkg of this machine does", () => {
    for (const [i, newer] of ASCENDING.deb.entries())
      if (i > 0) execFileSync("dpkg", ["--compare-versions", ASCENDING.deb[i - 1] ?? "", "lt", newer]);
  });

  it.each(EQUAL)("%s: %s and %s have the same weight", (ecosystem, a, b) => {
    expect(compareVersions(ecosystem, a, b)).toBe("=");
  });

  it("does not guess: what is no version there is unknown", () => {
    for (const bad of ["", "1.0-", ":1", "1 0", "x:1", "abc"]) expect(compareVersions("deb", bad, "1.0")).toBe("?");
    expect(compareVersions("semver", "1.0", "1.0.0")).toBe("?");
    expect(compareVersions("go", "1.0.0", "v1.0.0")).toBe("?");
    expect(compareVersions("apk", "1.0-r", "1.0")).toBe("?");
    expect(compareVersions("composer", "dev-main", "1.0")).toBe("?");
    expect(compareVersions("nonesuch", "1", "2")).toBe("?");
  });

  it("is antisymmetric and transitive for any deb versions", () => {
    const version = fc.stringMatching(/^[0-9][0-9a-c.+~]{0,6}(-[0-9a-c.+~]{1,4})?$/);
    const order = (a: string, b: string) => ["<", "=", ">"].indexOf(compareVersions("deb", a, b)) - 1;
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(order(a, b) + order(b, a)).toBe(0);
        if (order(a, b) <= 0 && order(b, c) <= 0) expect(order(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });
});

describe("version ranges", () => {
  it.each<readonly [Ecosystem, string, string, boolean | "?"]>([
    ["deb", "1.2-1", ">= 1.0, < 1.2-2", true],
    ["deb", "1.2-1", "< 1.0 || = 1.2-1", true],
    ["deb", "1.2-1", "< nonsense", "?"],
    ["semver", "1.2.4", "^1.2.3", true],
    ["semver", "1.3.0-beta", ">=1.2.0", false],
    ["maven", "1.5", "(,1.0],[1.2,2)", true],
    ["maven", "1.1", "(,1.0],[1.2,2)", false],
    ["pypi", "2rc1", "==2.0.*", true],
    ["pypi", "1.0b2", ">1.0b1, !=1.1", true],
    ["pypi", "1.4.9", "~=1.4.2", true],
    ["pypi", "1.5", "~=1.4.2.post1", false],
    ["pypi", "1.0a1", "<1.0.post1", true],
    ["pypi", "1.0.post1.dev1", "<1.0.post1", false],
    ["pypi", "1.0a1.post1", ">1.0a1", false],
    ["pypi", "1.0.post1", ">1.0a1", true],
    ["pypi", "1.0+local", ">1.0a1", true],
    ["pypi", "1.0", "==1.0a1.*", "?"],
    ["pypi", "1.0", ">=1.0+local", "?"],
    ["pypi", "20240101123456789013", "<=20240101123456789012", false],
    ["gem", "1.2.9", "~> 1.2.3", true],
    ["gem", "1.3", "~> 1.2.3", false],
    ["maven", "1.5", "[2,1]", "?"],
    ["maven", "1.5", "(1.5,1.5)", "?"],
    ["maven", "1.5", "[1,2],[1.5,3]", "?"],
    ["nuget", "1.0.0-alpha", "[1.0,2.0)", false],
    ["nuget", "1.0", "[2.0,1.0]", "?"],
    ["nuget", "1.0", "(,)", "?"],
    ["go", "v1.2.3", ">= v1.2", true],
  ])("%s: %s in %s is %s", (ecosystem, version, range, expected) => {
    expect(inRange(ecosystem, version, range)).toBe(expected);
  });
});
