import { describe, expect, it } from "vitest";
import { compareVersions, ECOSYSTEMS, type Ecosystem, inRange } from "./index.ts";

const prefix = (ecosystem: Ecosystem) => (ecosystem === "go" ? "v1.0.0" : "1.0.0");

describe("versions that nobody would release", () => {
  it.each(ECOSYSTEMS)("%s answers for a very long one, and soon", (ecosystem) => {
    const tails = ["-a", ".a", "1a", "_p1", "~", ".1", " ", "+x"].map((part) => part.repeat(20_000));
    const began = performance.now();
    for (const tail of [...tails, ...tails.map((text) => `${text}!`)]) {
      const version = `${prefix(ecosystem)}${tail}`;
      expect(["<", "=", ">", "?"]).toContain(compareVersions(ecosystem, version, `${version}1`));
      expect([true, false, "?"]).toContain(inRange(ecosystem, version, `>= ${version}, < ${version}1`));
    }
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it("composer cuts a long run of digits in one way only", () => {
    const began = performance.now();
    expect(compareVersions("composer", `1.0-alpha${"1".repeat(34)}x`, "1.0")).toBe("?");
    expect(compareVersions("composer", `1.0-alpha${"1".repeat(12)}`, "1.0")).toBe("<");
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it.each<readonly [Ecosystem, string, string]>([
    ["pypi", "1.0.post20240101123456789012", "1.0.post20240101123456789013"],
    ["pypi", "20240101123456789012", "20240101123456789013"],
    ["deb", "20240101123456789012", "20240101123456789013"],
    ["rpm", "1-20240101123456789012", "1-20240101123456789013"],
    ["apk", "20240101123456789012", "20240101123456789013"],
    ["gem", "20240101123456789012", "20240101123456789013"],
    ["maven", "20240101123456789012", "20240101123456789013"],
    ["semver", "1.0.0-20240101123456789012", "1.0.0-20240101123456789013"],
    ["go", "v1.0.0-20240101123456789012", "v1.0.0-20240101123456789013"],
  ])("%s tells numbers apart that no double can hold", (ecosystem, older, newer) => {
    expect(compareVersions(ecosystem, older, newer)).toBe("<");
    expect(compareVersions(ecosystem, newer, older)).toBe(">");
    expect(compareVersions(ecosystem, newer, newer)).toBe("=");
  });

  it("nuget takes no number that its 32 bits cannot hold", () => {
    expect(compareVersions("nuget", "1.0.2147483647", "1.0.2147483646")).toBe(">");
    expect(compareVersions("nuget", "1.0.2147483648", "1.0")).toBe("?");
  });
});
