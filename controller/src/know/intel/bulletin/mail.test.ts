import { expectOk } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { readBulletin } from "./index.ts";
import { mailText } from "./mail.ts";
import { withoutUnseen } from "./unseen.ts";

const read = (text: string) => expectOk(readBulletin(text));
/** "package until fixedVersion" of what is affected. */
const claims = (text: string) => read(text).affected.map((a) => `${a.package} ${a.fixedVersion}${a.release ? ` ${a.release}` : ""}`);

const DSA = `-------------------------------------------------------------------------
Debian Security Advisory DSA-5999-1                   security@debian.org
https://www.debian.org/security/                     A Person Of The Team
May 12, 2026                          https://www.debian.org/security/faq
-------------------------------------------------------------------------

Package        : screen
CVE ID         : CVE-2026-11111 CVE-2026-22222

Several vulnerabilities were discovered in screen.

For the oldstable distribution (bullseye), these problems have been fixed
in version 4.8.0-6+deb11u3.

For the stable distribution (bookworm), these problems have been fixed in
version 4.9.0-4+deb12u1.

We recommend that you upgrade your screen packages.
`;
const DLA = `Package        : less
Version        : 551-1+deb10u2
CVE ID         : CVE-2026-11111

A flaw was found in less, a pager program, that allows execution of commands.

For Debian 10 buster, this problem has been fixed in version
551-1+deb10u2.
`;

describe("mails of a distribution", () => {
  it("name the package in a field, and a repaired version for each release", () => {
    const wanted = ["screen 4.8.0-6+deb11u3 bullseye", "screen 4.9.0-4+deb12u1 bookworm"];
    expect(claims(DSA)).toEqual(wanted);
    expect(claims(DSA.replaceAll("\n", "\r\n"))).toEqual(wanted);
    expect(claims(DLA)).toEqual(["less 551-1+deb10u2 buster"]);
  });

  it("are read through their signature, which states nothing", () => {
    const signed = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${DSA.replace(/^-/gm, "- -")}
-----BEGIN PGP SIGNATURE-----\n\niQIzBAEBCgAdFiEE1.2.3\nCVE-2020-9999\n=abcd\n-----END PGP SIGNATURE-----\n`;
    expect(claims(signed)).toEqual(claims(DSA));
    expect(read(signed).ids).toEqual(["CVE-2026-11111", "CVE-2026-22222"]);
  });
});

describe("mails in an encoding", () => {
  const head = (encoding: string, type = "text/plain; charset=utf-8") =>
    `From: security@acme.example\nSubject: =?utf-8?q?Widget_Server=3A_update?=\nMIME-Version: 1.0\nContent-Type: ${type}\nContent-Transfer-Encoding: ${encoding}\n\n`;
  const body = "CVE-2026-11111: Widget Server before 4.2.1 allows remote code execution. Upgrade to Widget Server 4.2.1.\n";
  const quoted = body.replace("2026-1", "2026-1=\n").replace("4.2.1 a", "4.2=\r\n.1 =E2=80=9Ca=E2=80=9D a");

  it.each([
    ["quoted-printable", `${head("quoted-printable")}${quoted}`],
    [
      "base64",
      `${head("base64")}${Buffer.from(body)
        .toString("base64")
        .replace(/(.{40})/g, "$1\n")}`,
    ],
    [
      "alternatives",
      `${head("8bit", 'multipart/alternative; boundary="b1"')}--b1\nContent-Type: text/plain\n\n${body}\n--b1\nContent-Type: text/html\n\n<p>Other 9.9 before 10.0, CVE-2020-1</p>\n--b1--\n`,
    ],
    [
      "an attachment beside it",
      `${head("8bit", "multipart/mixed; boundary=b2")}--b2\n\n${body}--b2\nContent-Type: application/zip\n\nCVE-2020-0001\n--b2--`,
    ],
  ])("%s", (_, text) => {
    expect(read(text).ids).toEqual(["CVE-2026-11111"]);
    expect(claims(text)).toEqual(["Widget Server 4.2.1"]);
  });

  it("keep a subject and letters that no ASCII has", () => {
    expect(mailText(`${head("quoted-printable", "text/plain; charset=iso-8859-1")}Gr=FC=DFe`)).toBe("Widget Server: update\n\nGrüße");
  });

  it("are left alone where they are none, and never go round without end", () => {
    for (const text of [body, "", "Package: foo\nVersion: 1\n\nText = 3\n", "Note: a\n", "a: b"]) expect(mailText(text)).toBe(text);
    const nested = `${"Content-Type: multipart/mixed; boundary=b\n\n--b\n".repeat(2_000)}x`;
    expect(mailText(nested).length).toBeLessThanOrEqual(nested.length);
  });
});

describe("what a reader does not see", () => {
  it("is no part of a page: scripts, styles, colours of a terminal", () => {
    const page = `<html><style>p{}</style><SCRIPT>x="CVE-2020-0001 before 9.9"</SCRIPT><p>Versions of Widget Server &lt; 4.2.1 are affected by CVE-2026-11111.</p>`;
    expect(read(page).ids).toEqual(["CVE-2026-11111"]);
    expect(claims(page)).toEqual(["Widget Server 4.2.1"]);
    expect(claims("CVE-2026-11111: \u001b[31mWidget Server\u001b[0m before 4.2.1 allows attackers in.")).toEqual(["Widget Server 4.2.1"]);
  });

  it("moves nothing, and hides nothing behind a mark without an end", () => {
    for (const text of ["a <script> b CVE-2026-11111", "İ<script>x</script>", "a<style>b</style>c\n", DSA])
      expect(withoutUnseen(text)).toHaveLength(text.length);
    expect(read("a <script> b CVE-2026-11111").ids).toEqual(["CVE-2026-11111"]);
  });
});

describe("what is no claim", () => {
  it("takes no id for a name, and no date for a version", () => {
    expect(claims("cve-2026-11111: widget server before v4.2.1").join()).not.toContain("cve-");
    expect(read("We are hiring! Requirements: Java 17. Apply before 2024.12.31.").affected).toEqual([]);
  });
});
