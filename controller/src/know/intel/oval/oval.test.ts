import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FeedConfig } from "../feed-config.ts";
import { readIntelDirectory } from "../index.ts";
import { type AffectedRange, collectInto, emptyContent } from "../records.ts";
import { readOval } from "./index.ts";
import { debianOval, redHat, suse, ubuntuOval, withCriteria } from "./sample.testing.ts";

const read = async (text: string) => {
  const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
  await writeFile(join(folder, "oval.xml"), text);
  const set = expectOk(await readIntelDirectory(folder));
  expect(set.files.map((f) => f.kinds)).toEqual([["oval"]]);
  return set;
};
const written = (r: AffectedRange) =>
  [
    r.distribution,
    r.package,
    r.introduced === "0" ? "" : `from ${r.introduced}`,
    r.fixed ?? (r.lastAffected ? `to ${r.lastAffected}` : "-"),
    r.urgency,
    r.channel,
    r.architectures,
    r.binary ? "installed" : "",
  ]
    .filter((t) => t)
    .join(" ");
const said = ({ advisories }: Awaited<ReturnType<typeof read>>) =>
  advisories.flatMap((a) => a.affected.map((r) => `${a.id}: ${written(r)}`));

describe("OVAL definitions", () => {
  it("of Red Hat name builds by epoch, architecture and module, and what will become of what is not fixed", async () => {
    const set = await read(redHat());
    expect(said(set)).toEqual([
      "RHSA-2026:0001: rhel:8 tool 1:2.4-6.el8 aarch64,x86_64",
      "RHSA-2026:0001: rhel:8 tool-libs 2.4-6.el8",
      "RHSA-2026:0002: rhel:8 nodejs 1:16.19.1-1.module+el8.7.0+1+a",
      "RHSA-2026:0003: rhel:8 tool-libs 2.4-6.el8",
      "oval:com.redhat.cve:def:20261002: rhel:8 old - will-not-fix",
      "oval:com.redhat.cve:def:20261002: rhel:8 new - under-investigation",
    ]);
    expect(set.advisories.map((a) => a.module)).toEqual([undefined, { name: "nodejs", stream: "16" }, undefined, undefined]);
    expect(set.advisories[0]).toMatchObject({
      vulnerabilities: ["CVE-2026-1001"],
      published: "2026-02-01T00:00:00.000Z",
      modified: "2026-02-03T00:00:00.000Z",
    });
    expect(set.vulnerabilities).toEqual([
      expect.objectContaining({
        id: "CVE-2026-1002",
        summary: "A flaw in old.",
        cvssVector: expect.stringContaining("AV:N"),
        cwe: ["CWE-400"],
      }),
    ]);
  });

  it("that ask for a running kernel are set aside with their reason, and the rest of them counts", async () => {
    const { rejects } = await read(redHat());
    expect(rejects).toEqual([
      {
        record: "RHSA-2026:0003",
        reason: "a test of something else than packages: kernel earlier than 0:4.18.0-1.el8 is currently running",
      },
    ]);
  });

  it("of Red Hat's longer support are about that, not about the main release", async () => {
    const streams = new Set(
      (await read(redHat("cpe:/o:redhat:rhel_eus:8.4::baseos"))).advisories
        .filter((a) => a.id.startsWith("RHSA"))
        .flatMap((a) => a.affected.map((r) => r.distribution)),
    );
    expect([...streams]).toEqual(["rhel:8.4-eus"]);
  });

  it("of SUSE are about the products whose release packages they ask for", async () => {
    const set = await read(suse());
    expect(said(set)).toEqual([
      "oval:org.opensuse.security:def:20261003: sles:15.5 libtool1 1.2-150500.3.1",
      "oval:org.opensuse.security:def:20261003: sles:15.4 libtool1 1.2-150500.3.1 ltss",
      "oval:org.opensuse.security:def:20261003: sles:15.5 tool-doc 0",
      "oval:org.opensuse.security:def:20261003: sles:15.4 tool-doc 0 ltss",
    ]);
    expect(set.rejects).toEqual([]);
  });

  it("of Ubuntu are about what is installed, with what Ubuntu Pro alone has", async () => {
    const set = await read(ubuntuOval());
    expect(said(set)).toEqual([
      "oval:com.ubuntu.jammy:def:202610040000000: ubuntu:22.04 tool 1.2-3ubuntu0.1 installed",
      "oval:com.ubuntu.jammy:def:202610040000000: ubuntu:22.04 libtool1 1.2-3ubuntu0.1 installed",
      "oval:com.ubuntu.jammy:def:202610040000000: ubuntu:22.04 helper - installed",
      "oval:com.ubuntu.jammy:def:202610040000000: ubuntu:22.04 paid 1.0-1ubuntu0.1~esm1 esm installed",
      "USN-7001-1: ubuntu:22.04 tool 1.2-3ubuntu0.1 installed",
      "USN-7001-1: ubuntu:22.04 libtool1 1.2-3ubuntu0.1 installed",
    ]);
    expect(set.rejects).toEqual([
      { record: "oval:com.ubuntu.jammy:def:9", reason: "it extends oval:com.ubuntu.jammy:def:9, which is no definition of a system" },
    ]);
  });

  it("of Debian are about source packages", async () => {
    expect(said(await read(debianOval()))).toEqual(["oval:org.debian:def:1005: debian:12 tool 1.2-3+deb12u1"]);
  });

  const one = (name: string, more = "") => `<criterion test_ref="${name}" ${more}/>`;
  it.each([
    ["two bounds of one package", `<criteria>${one("p-from-1")}${one("p-before-2")}</criteria>`, "p from 1-1 2-1", undefined],
    ["one version", `<criteria>${one("p-is-1")}</criteria>`, "p from 1-1 to 1-1", undefined],
    ["the last version", `<criteria>${one("p-to-3")}</criteria>`, "p to 3-1", undefined],
    ["two packages at once", `<criteria>${one("p-before-2")}${one("q-before-2")}</criteria>`, "", "two packages at once: p and q"],
    ["what is not there", `<criteria>${one("p-not")}${one("q-before-2")}</criteria>`, "", "not there"],
    ["the contrary", `<criteria operator="OR">${one("p-before-2", 'negate="true"')}${one("q-before-2")}</criteria>`, "q 2-1", "negated"],
    ["one of two, and not both", `<criteria operator="XOR">${one("p-before-2")}${one("q-before-2")}</criteria>`, "", "joined by XOR"],
    ["later versions", `<criteria>${one("p-after-3")}</criteria>`, "", "greater than"],
    ["what is no version", `<criteria>${one("p-odd")}</criteria>`, "", "is no rpm version"],
    ["architectures by a pattern", `<criteria>${one("p-arch")}</criteria>`, "", "architectures are chosen by"],
    ["packages by a pattern", `<criteria>${one("any-before-2")}</criteria>`, "", "by a pattern"],
    ["a test that is missing", `<criteria>${one("nowhere")}</criteria>`, "", "none that packages can answer"],
    ["nothing", "<criteria/>", "", undefined],
  ])("that ask for %s", async (_, criteria, ranges, reason) => {
    const set = await read(withCriteria(criteria));
    expect(set.advisories.flatMap((a) => a.affected.map((r) => written(r).replace("almalinux:9 ", ""))).join()).toBe(ranges);
    expect(set.rejects.map((r) => r.reason).join()).toContain(reason ?? "");
    expect(set.rejects.length > 0).toBe(reason !== undefined);
  });

  it("with more ways to come true than anybody can count end, and are set aside", async () => {
    const choice = `<criteria operator="OR">${one("p-before-2")}${one("p-from-1")}${one("q-before-2")}</criteria>`;
    const set = await read(withCriteria(`<criteria>${choice.repeat(30)}</criteria>`));
    expect(set.rejects.map((r) => r.reason)).toEqual(["it can come true in more than 100000 ways"]);
  });

  it("say of every condition either a range or a reason", async () => {
    const leaf = fc.constantFrom("p-before-2", "p-from-1", "p-odd", "p-not", "q-before-2", "any-before-2", "nowhere").map((t) => one(t));
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc
          .tuple(fc.constantFrom("AND", "OR", "XOR", "ONE"), fc.array(tie("tree"), { minLength: 1, maxLength: 3 }))
          .map(([o, parts]) => `<criteria operator="${o}">${parts.join("")}</criteria>`),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(tree, async (criteria) => {
        const set = await read(withCriteria(`<criteria>${criteria}</criteria>`));
        expect(set.advisories.flatMap((a) => a.affected).length + set.rejects.length).toBeGreaterThan(0);
      }),
      { numRuns: 40 },
    );
  });

  it("that name no release are about the one that the feed is given, or are set aside", async () => {
    const text = withCriteria(`<criteria>${one("p-before-2")}</criteria>`).replace("AlmaLinux OS 9", "Elsewhere");
    const path = join(await mkdtemp(join(tmpdir(), "breakwater-test-")), "oval.xml");
    await writeFile(path, text);
    const reading = async (feed: Partial<FeedConfig>) => {
      const content = emptyContent();
      await readOval(path, collectInto(content), { id: "x", kind: "oval", source: path, ...feed });
      return content;
    };
    expect((await reading({})).rejects[0]?.reason).toContain("give the feed a release");
    expect((await reading({ release: "almalinux:9" })).advisories[0]?.affected[0]?.distribution).toBe("almalinux:9");
    await expect(reading({ release: "nothing" })).rejects.toThrow("names no system's release");
  });
});
