import { describe, expect, it } from "vitest";
import type { Run } from "../run.ts";
import { statusAfter } from "./bytes.ts";
import { parseConffiles } from "./conffiles.ts";
import { parseInstalled } from "./dpkg-state.ts";
import { archiveName, pinned } from "./environment.ts";
import { classifyAptOutput } from "./failure.ts";
import { parseTargets, parseUpdate, refreshApt } from "./refresh.ts";
import { parseSimulation } from "./simulation.ts";
import { parseSizes } from "./space.ts";

describe("apt's simulation", () => {
  it("reads upgrades, new packages and removals", () => {
    const output = [
      "Reading package lists...",
      "Inst libssl3 [3.0.17-1~deb12u2] (3.0.18-1~deb12u1 Debian-Security:12/oldstable-security [amd64]) [openssl:amd64 ]",
      "Inst libc6:i386 [2.36-9] (2.36-10 Debian:12/oldstable [i386])",
      "Inst linux-image-6.1.0-40 (6.1.150-1 Debian-Security:12/oldstable-security [amd64])",
      "Remv bw-app [1.0]",
      "Conf libssl3 (3.0.18-1~deb12u1 Debian-Security:12/oldstable-security [amd64])",
    ].join("\n");
    expect(parseSimulation(output)).toEqual({
      installs: [
        { name: "libssl3", architecture: "amd64", from: "3.0.17-1~deb12u2", to: "3.0.18-1~deb12u1" },
        { name: "libc6", architecture: "i386", from: "2.36-9", to: "2.36-10" },
        { name: "linux-image-6.1.0-40", architecture: "amd64", from: "", to: "6.1.150-1" },
      ],
      removes: [{ name: "bw-app", architecture: "", version: "1.0" }],
    });
  });
  it("is unknown as a whole when one step cannot be read", () => {
    expect(parseSimulation("Inst shop (1.1\nInst a [1] (2 X [all])")).toEqual({ unreadable: "Inst shop (1.1" });
  });
});

describe("apt's update", () => {
  const targets = parseTargets("http://a/debian/ stable\nhttp://a/debian/ stable\nhttp://b testing\n");
  it("lists each repository once", () => expect(targets).toHaveLength(2));
  it("names a repository that is configured and was never fetched, so that a refresh without it is not complete", async () => {
    const output = "Hit:1 http://a/debian stable InRelease\nErr:2 http://10.77.0.1:9 dead InRelease\n  Could not connect";
    const all = "http://a/debian/ stable\nhttp://10.77.0.1:9/ dead\n";
    // As apt does: with release info it knows only what it has fetched before.
    const run: Run = async (argv) => ({
      ...{ exitCode: 0, signal: "", stderr: "", timedOut: false },
      stdout: argv.includes("update") ? output : argv.includes("--no-release-info") ? all : "http://a/debian/ stable\n",
    });
    const refreshed = await refreshApt(run, () => "");
    expect(refreshed.complete).toBe(false);
    expect(refreshed.repositories.map((r) => [r.suite, r.state])).toEqual([
      ["stable", "fresh"],
      ["dead", "unreachable"],
    ]);
  });
  it("tells fresh, unreachable, untrusted and expired apart, whatever the exit status", () => {
    const states = (output: string) => parseUpdate(output, targets).map((r) => r.state);
    expect(states("Hit:1 http://a/debian stable InRelease\nGet:2 http://b testing InRelease [1 kB]")).toEqual(["fresh", "fresh"]);
    expect(states("Hit:1 http://a/debian stable InRelease\nErr:2 http://b testing InRelease\n  Could not connect")).toEqual([
      "fresh",
      "unreachable",
    ]);
    const signature = "W: An error occurred during the signature verification. GPG error: http://b testing InRelease: BADSIG";
    expect(states(`Hit:1 http://a/debian stable InRelease\nGet:2 http://b testing InRelease\n${signature}`)).toEqual([
      "fresh",
      "untrusted",
    ]);
    expect(states("Hit:1 http://a/debian stable InRelease\nE: Release file for http://b/dists/testing/InRelease is expired")).toEqual([
      "fresh",
      "expired",
    ]);
  });
  it("does not call a repository fresh that apt was silent about", () => {
    expect(parseUpdate("Hit:1 http://a/debian stable InRelease", targets)[1]?.state).toBe("unreachable");
  });
});

describe("dpkg's state", () => {
  it("reads each package and leaves out what is gone", () => {
    const installed = parseInstalled(
      "a\tall\t1\tinstall\tinstalled\tok\nb\tamd64\t2\thold\thalf-installed\treinstreq\nc\tall\t3\tdeinstall\tconfig-files\tok\n",
    );
    expect(installed).toEqual([
      { name: "a", architecture: "all", version: "1", status: "installed", held: false, reinstallRequired: false },
      { name: "b", architecture: "amd64", version: "2", status: "half-installed", held: true, reinstallRequired: true },
    ]);
  });
  it("throws on a line that it does not know", () => expect(() => parseInstalled("a b c\n")).toThrow(/cannot be read/));
  it("computes the status file after a change", () => {
    const status =
      "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\nPackage: b\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n";
    const after = statusAfter(status, new Map([["b:all", "Package: b\nArchitecture: all\nVersion: 2\nDepends: a (>= 2)\n"]]));
    expect(after).toContain("Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n");
    expect(after).toContain("Package: b\nStatus: install ok installed\nArchitecture: all\nVersion: 2\nDepends: a (>= 2)\n");
  });
  it("holds what was not there before it, in place of a stanza that only its configuration left", () => {
    const status =
      "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\nPackage: b\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n";
    const stanza = (name: string) => `Package: ${name}\nArchitecture: all\nVersion: 2\n`;
    const after = statusAfter(status, new Map(["b", "c"].map((n) => [`${n}:all`, stanza(n)])));
    const installed = (name: string, version: number) =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: ${version}\n`;
    expect(after).toBe([installed("a", 1), installed("b", 2), installed("c", 2)].join("\n"));
  });
});

describe("what apt's words mean", () => {
  it.each([
    ["lock-timeout", "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (apt-get)"],
    [
      "maintainer-script",
      "dpkg: error processing package x (--configure):\n installed x package post-installation script subprocess returned error exit status 1\nE: Sub-process /usr/bin/dpkg returned an error code (1)",
    ],
    [
      "no-space",
      "dpkg: error processing archive x.deb (--unpack):\n cannot copy extracted data: failed to write (No space left on device)",
    ],
    ["version-gone", "E: Version '1.1' for 'shop' was not found"],
    ["hash-mismatch", "E: Failed to fetch http://x  Hash Sum mismatch"],
    ["repository-untrusted", "WARNING: The following packages cannot be authenticated!"],
    ["held", "E: Held packages were changed and -y was used without --allow-change-held-packages."],
  ])("%s", (expected, output) => expect(classifyAptOutput(output)).toBe(expected));
  it("says nothing about what it does not know", () => expect(classifyAptOutput("all is well")).toBeUndefined());
});

describe("names and sizes", () => {
  it("pins name, architecture and version", () => {
    expect(pinned({ name: "openssl", architecture: "amd64", to: "3.0" })).toBe("openssl:amd64=3.0");
    expect(pinned({ name: "tzdata", architecture: "all", to: "1" })).toBe("tzdata=1");
    expect(archiveName({ name: "a", architecture: "all", version: "1:2~3" })).toBe("a_1%3a2~3_all.deb");
  });
  it("adds up downloads and growth", () => {
    const needs = parseSizes(
      "After this operation, 2,306 MB of additional disk space will be used.\n'http://x/a.deb' a_1_all.deb 1000 SHA256:0\n",
    );
    expect(needs.find((n) => n.path === "/usr")?.bytes).toBe(2_306e6 * 1.5 + 300 * 1024 * 1024);
    expect(needs.find((n) => n.path === "/var/lib")?.bytes).toBe(2_000 + 300 * 1024 * 1024);
  });
  it("finds configuration files", () =>
    expect(parseConffiles("\n /etc/shop.conf 0123456789abcdef0123456789abcdef\n")).toEqual(["/etc/shop.conf"]));
});
