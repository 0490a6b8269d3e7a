import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decideManager } from "../choose.ts";
import { archiveName } from "../rpm/environment.ts";
import { failedScripts } from "../rpm/failure.ts";
import { keptBeside, parseInstalled, withoutDuplicates } from "../rpm/rpm-state.ts";
import { interpreter, reasonIn } from "./ask.ts";
import { avoidanceLines, avoidedIn, withoutBlocks } from "./avoidance.ts";
import { classifyDnfOutput, explainDnfOutput } from "./failure.ts";

const rpm = (name: string, version: string, release = "1", epoch = "(none)") => `${name}\t${epoch}\t${version}\t${release}\tnoarch\n`;

/** From runs of dnf 4.14 over crafted packages. */
const DEAD = `Errors during downloading metadata for repository 'dead':
  - Curl error (7): Couldn't connect to server for http://127.0.0.1:1/rpm/repodata/repomd.xml [Failed to connect]
Error: Failed to download metadata for repo 'dead': Cannot download repomd.xml: Cannot download repodata/repomd.xml: All mirrors were tried
Ignoring repositories: dead
`;
const BAD_POST = `  Upgrading        : bw-badpost-1.1-1.noarch                                1/4
  Running scriptlet: bw-badpost-1.1-1.noarch                                1/4
warning: %post(bw-badpost-1.1-1.noarch) scriptlet failed, exit status 1

Error in POSTIN scriptlet in rpm package bw-badpost

Upgraded:
  bw-badpost-1.1-1.noarch                  bw-shop-1.1-1.noarch

Complete!
`;
const BAD_PRE = `  Running scriptlet: bw-badpre-1.1-1.noarch                                 1/2
error: %prein(bw-badpre-1.1-1.noarch) scriptlet failed, exit status 1

Error in PREIN scriptlet in rpm package bw-badpre
Error: Transaction failed
`;

describe("rpm's database", () => {
  it("is read with its epochs, and without the keys that rpm lists among packages", () => {
    const read = parseInstalled(rpm("bash", "5.1", "6.el9", "1") + rpm("gpg-pubkey", "58d8bf7c", "6b09aebc"));
    expect(read.map((p) => [p.name, p.version])).toEqual([["bash", "1:5.1-6.el9"]]);
  });
  it("is not read past a line that is none", () => expect(() => parseInstalled("bash 5.1\n")).toThrow(/cannot be read/));
  it("does not know what may be there in several versions when rpm does not end: no kernel is taken for a left-over then", async () => {
    const run = async () => ({ exitCode: undefined, stdout: "", stderr: "", timedOut: true });
    await expect(keptBeside(run)).rejects.toThrow(/does not say/);
    const none = async () => ({ exitCode: 6, stdout: "no package provides kernel\n", stderr: "", timedOut: false });
    expect(await keptBeside(none)).toEqual(new Set());
  });

  it("calls two versions of one package what a killed transaction leaves", () => {
    const { packages, superseded } = withoutDuplicates(parseInstalled(rpm("bw-hang", "1.1") + rpm("bw-hang", "1.0")), new Set());
    expect(packages.map((p) => [p.version, p.status])).toEqual([["1.1-1", "duplicated"]]);
    expect(superseded.map((p) => p.version)).toEqual(["1.0-1"]);
  });
  it("takes kernels, which are kept beside each other, for sound", () => {
    const { packages, superseded } = withoutDuplicates(
      parseInstalled(rpm("kernel", "5.9") + rpm("kernel", "5.14")),
      new Set(["kernel:noarch"]),
    );
    expect(packages.map((p) => [p.version, p.status])).toEqual([["5.14-1", "installed"]]);
    expect(superseded).toEqual([]);
  });
});

describe("dnf's words", () => {
  it("tell of a script that failed where dnf ends with 0", () => {
    expect(failedScripts(BAD_POST)).toEqual(["%post(bw-badpost-1.1-1.noarch)"]);
    expect(failedScripts("Complete!\n")).toEqual([]);
  });
  it("name the script that kept a package from being installed", () => {
    expect(classifyDnfOutput(BAD_PRE)).toBe("maintainer-script");
    expect(explainDnfOutput(BAD_PRE)).toBe("error: %prein(bw-badpre-1.1-1.noarch) scriptlet failed, exit status 1");
  });
  it("are not taken for a dead repository's where the solver found no way", () => {
    const reason = reasonIn(
      `${DEAD}solver: \n Problem: conflicting requests\n  - nothing provides bw-nowhere needed by bw-needs-1.1-1.noarch\n`,
    );
    expect(classifyDnfOutput(reason)).toBe("simulation-differs");
    expect(explainDnfOutput(reason)).toBe("nothing provides bw-nowhere needed by bw-needs-1.1-1.noarch");
  });
  it("say that a version is gone, whichever repository is dead", () => {
    const reason = reasonIn(`${DEAD}gone: no repository offers bw-shop-9-9.noarch\n`);
    expect([classifyDnfOutput(reason), explainDnfOutput(reason)]).toEqual([
      "version-gone",
      "gone: no repository offers bw-shop-9-9.noarch",
    ]);
  });
});

describe("versions kept away", () => {
  const own = avoidanceLines(
    "E1",
    [
      { name: "bw-shop", version: "1.1-1" },
      { name: "bind", version: "32:9.16-1.el9" },
    ],
    "it did\nharm",
    "2026-01-01T00:00:00Z",
  );
  it("are excluded by versionlock, and known again", () => {
    expect(own.split("\n").slice(1, 3)).toEqual(["!bw-shop-0:1.1-1.*", "!bind-32:9.16-1.el9.*"]);
    expect([...avoidedIn(own)]).toEqual(["bw-shop 1.1-1", "bind 32:9.16-1.el9"]);
  });
  it("come back when their time is over; a person's locks stay", () => {
    const list = `vim-2:9.0-1.*\n${own}!nano-0:7-1.*\n`;
    expect(withoutBlocks(list, (_, until) => until < "2026-02-01")).toBe("vim-2:9.0-1.*\n!nano-0:7-1.*\n");
    expect(withoutBlocks(list, (_, until) => until < "2025-02-01")).toBe(list);
  });
});

describe("the manager of a machine", () => {
  const having =
    (...files: string[]) =>
    (file: string) =>
      files.includes(file);
  it("is what the system is built from, unless its owner says otherwise", () => {
    expect(decideManager("auto", having("/usr/bin/dpkg", "/usr/bin/dnf"))).toBe("apt");
    expect(decideManager("auto", having("/usr/bin/dnf"))).toBe("dnf");
    expect(decideManager("dnf", having("/usr/bin/dpkg"))).toBe("dnf");
    expect(decideManager("auto", having("/usr/bin/zypper"))).toBe("zypper");
    expect(decideManager("auto", having("/usr/bin/dpkg", "/usr/bin/zypper", "/etc/products.d/baseproduct"))).toBe("apt");
    expect(decideManager("zypper", having("/usr/bin/dpkg"))).toBe("zypper");
  });
  it("is zypper on a SUSE whatever else is there, and dnf on a Fedora with zypper", () => {
    const both = ["/usr/bin/zypper", "/usr/bin/dnf"] as const;
    expect(decideManager("auto", having(...both, "/etc/products.d/baseproduct"))).toBe("zypper");
    expect(decideManager("auto", having(...both))).toBe("dnf");
    expect(decideManager("auto", having(...both, "/usr/bin/dnf5"))).toEqual({ absent: "dnf5 cannot be driven yet" });
  });
  it("is said to be absent by name where nothing can drive it", () =>
    expect(decideManager("auto", having("/sbin/apk"))).toEqual({ absent: "apk cannot be driven yet" }));
  it("is not dnf where dnf5 goes by that name", () =>
    expect(decideManager("auto", having("/usr/bin/dnf", "/usr/bin/dnf5"))).toEqual({ absent: "dnf5 cannot be driven yet" }));
  it("is known by the interpreter of dnf's own program; dnf5 has none, nor has what is not there", async () => {
    const directory = mkdtempSync(join(tmpdir(), "breakwater-dnf-"));
    const program = (name: string, text: string) => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    };
    expect(await interpreter(program("dnf-3", "#!/usr/libexec/platform-python -s\nimport sys\n"))).toBe("/usr/libexec/platform-python");
    expect(await interpreter(program("dnf5", "\x7fELF\x02\x01\x01"))).toBeUndefined();
    expect(await interpreter(program("wrapper", "#!/bin/sh\nexec dnf5\n"))).toBeUndefined();
    expect(await interpreter(join(directory, "none"))).toBeUndefined();
    rmSync(directory, { recursive: true });
  });
});

it("names an rpm by what it is, whatever its repository calls it", () =>
  expect(archiveName({ name: "bind", version: "32:9.16-1.el9", architecture: "x86_64" })).toBe("bind-32%3a9.16-1.el9.x86_64.rpm"));
