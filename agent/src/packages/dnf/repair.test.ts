import { systemClock } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import type { Run } from "../run.ts";
import { createDnf } from "./index.ts";

const line = (name: string, version: string) => `${name}\t(none)\t${version}\t1\tnoarch\n`;
const rpmWith = (...lines: string[]) => {
  const run: Run = async (argv) => {
    const installed = argv.includes("-qa");
    return { exitCode: 0, stdout: installed ? lines.join("") : "", stderr: "", timedOut: false };
  };
  return createDnf(run, systemClock);
};
const bytes = (name: string, version: string) => ({
  ...{ name, version: `${version}-1`, architecture: "noarch", sha256: "" },
  file: `/archives/${name}-${version}-1.noarch.rpm`,
});
const TORN = [line("a", "1.0"), line("a", "1.1"), line("b", "2.0")];

describe("what a killed transaction left", () => {
  it("is installed again where its bytes are at hand, so that its scripts run to their end", async () => {
    const command = await rpmWith(...TORN).repairCommand(0, [bytes("a", "1.0"), bytes("a", "1.1"), bytes("b", "2.0")], "/archives");
    expect(command?.argv.slice(-2)).toEqual(["reinstall", "/archives/a-1.1-1.noarch.rpm"]);
  });

  it("is not half installed again: without all the bytes the elder versions go", async () => {
    const dnf = rpmWith(...TORN, line("c", "1"), line("c", "2"));
    expect(await dnf.repairCommand(0, [bytes("a", "1.1")], "/archives")).toBeUndefined();
    expect((await dnf.repairCommand(1, [], "/archives"))?.argv.slice(-2)).toEqual(["remove", "--duplicates"]);
    expect((await dnf.repairCommand(2, [], "/archives"))?.argv.slice(-2)).toEqual(["a-1.0-1.noarch", "c-1-1.noarch"]);
    expect(await dnf.repairCommand(3, [], "/archives")).toBeUndefined();
  });

  it("is nothing where no version is doubled", async () => {
    const dnf = rpmWith(line("a", "1.1"), line("b", "2.0"));
    for (let rung = 0; rung < dnf.repairRungs; rung++)
      expect(await dnf.repairCommand(rung, [bytes("a", "1.1")], "/archives")).toBeUndefined();
  });

  it("is told where dnf never said that it was complete, and only there", () => {
    const dnf = rpmWith();
    expect(dnf.halfDone("Running transaction\n  Upgrading        : a-1.1-1.noarch\n").join()).toMatch(/may not have run/);
    expect(
      dnf.halfDone("Running transaction\n  Upgrading        : a-1.1-1.noarch\n\nReinstalled:\n  a-1.1-1.noarch\n\nComplete!\n"),
    ).toEqual([]);
    expect(dnf.halfDone("")).toEqual([]);
  });
});
