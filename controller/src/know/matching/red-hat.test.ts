import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { readIntelDirectory } from "../intel/index.ts";
import { vexDocument } from "../intel/testing.ts";
import { matchInventory } from "./index.ts";
import { readInventoryFile } from "./inventory-file/index.ts";

/** Lines of `rpm -qa`: name, epoch, version, release, arch, source rpm, module label, vendor. */
const rpm = (...fields: string[]) => [...fields, ...["", "(none)", "Red Hat, Inc."].slice(Math.max(0, fields.length - 5))].join("\t");

async function statesOf(os: string, ...lines: string[]) {
  const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
  await writeFile(join(folder, "vex.json"), JSON.stringify(vexDocument()));
  const intel = expectOk(await readIntelDirectory(folder));
  const { packages } = expectOk(readInventoryFile(lines.join("\n"), { os }));
  return matchInventory(packages, intel).map((m) => [m.package, m.state, m.fixedVersion]);
}

describe("Red Hat's statements", () => {
  it("open and close by the fixed build of the installed rpm, and leave the builds of longer support alone", async () => {
    expect(await statesOf("rhel:9", rpm("openssl-libs", "1", "3.0.7", "24.el9", "x86_64", "openssl-3.0.7-24.el9.src.rpm"))).toEqual([
      ["openssl-libs", "open", "1:3.0.7-27.el9"],
    ]);
    expect(await statesOf("rhel:9", rpm("openssl-libs", "1", "3.0.7", "27.el9", "x86_64", "openssl-3.0.7-27.el9.src.rpm"))).toEqual([
      ["openssl-libs", "fixed", "1:3.0.7-27.el9"],
    ]);
  });

  it("speak of what is built from a source where they name no binary: not affected, no fix, not known yet", async () => {
    expect(
      await statesOf(
        "rhel:8",
        rpm("openssl-libs", "1", "1.1.1k", "12.el8", "x86_64", "openssl-1.1.1k-12.el8.src.rpm"),
        rpm("compat-openssl10", "1", "1.0.2o", "4.el8", "x86_64", "compat-openssl10-1.0.2o-4.el8.src.rpm"),
        rpm("shim-x64", "(none)", "15.8", "2.el8", "x86_64", "shim-15.8-2.el8.src.rpm"),
      ),
    ).toEqual([
      ["compat-openssl10", "no-fix", null],
      ["openssl-libs", "not-affected", null],
      ["shim-x64", "unknown", null],
    ]);
  });

  it("of one module stream say nothing of another, nor of an ordinary rpm", async () => {
    const source = "nodejs-16.14.0-4.module+el8.6.0+15294+1d1e9d9c.src.rpm";
    const node = (version: string, label: string) =>
      rpm("nodejs", "1", version, "4.module+el8.6.0+15294+1d1e9d9c", "x86_64", source, label, "Red Hat, Inc.");
    const fixed = "1:16.19.1-1.module+el8.7.0+18373+704f5cef";
    expect(await statesOf("rhel:8", node("16.14.0", "nodejs:16:8060:ad008a3a"))).toEqual([["nodejs", "open", fixed]]);
    // Without a label the version tells.
    expect(await statesOf("rhel:8", node("16.14.0", ""))).toEqual([["nodejs", "open", fixed]]);
    expect(await statesOf("rhel:8", node("18.14.0", "nodejs:18:8060:ad008a3a"))).toEqual([["nodejs", "no-fix", null]]);
    expect(await statesOf("rhel:8", node("20.1.0", "nodejs:20:8060:ad008a3a"))).toEqual([["nodejs", "not-affected", expect.anything()]]);
    expect(await statesOf("rhel:8", rpm("nodejs", "1", "10.1.0", "1.el8", "x86_64", "nodejs-10.1.0-1.el8.src.rpm"))).toEqual([
      ["nodejs", "not-affected", expect.anything()],
    ]);
  });
});

describe("Red Hat's longer support", () => {
  const libs = (release: string) => rpm("openssl-libs", "1", "3.0.7", release, "x86_64", `openssl-3.0.7-${release}.src.rpm`);
  it.each([
    ["gets its own fix, which is below the main stream's", "rhel:9.2-eus", "18.el9_2", "fixed"],
    ["is open by its own fix", "rhel:9.2-eus", "17.el9_2", "open"],
    ["has no fix where only the main stream has one", "rhel:9.0-eus", "17.el9_0", "no-fix"],
    ["is not fixed by a higher build of its own without the main stream's fix", "rhel:9.0-eus", "28.el9_0", "unknown"],
    ["is not another stream of the same point", "rhel:9.2-aus", "18.el9_2", "no-fix"],
    ["is not asked on the main stream", "rhel:9.2-main", "18.el9_2", "open"],
    ["leaves open what both streams leave open, where nobody knows which it is", "rhel:9.2", "17.el9_2", "open"],
    ["leaves unknown what the streams differ in, where nobody knows which it is", "rhel:9.2", "18.el9_2", "unknown"],
    ["is no question of a build that the main stream made", "rhel:9.4", "27.el9", "fixed"],
  ])("%s", async (_, os, release, state) => {
    expect((await statesOf(os, libs(release))).map(([, s]) => s)).toEqual([state]);
  });
});
