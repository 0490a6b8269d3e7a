import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { rpmRepositories } from "./rpm-repositories.ts";

describe("repositories of dnf", () => {
  it("are the enabled sections of every .repo file, without their passwords", async () => {
    const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
    await writeFile(
      join(folder, "redhat.repo"),
      "# kept by subscription-manager\n[rhel-9-for-x86_64-baseos-eus-rpms]\nname = BaseOS EUS\nbaseurl = https://user:secret@cdn.example/eus/rhel9/$releasever/x86_64/baseos/os\nenabled = 1\n[rhel-9-for-x86_64-baseos-rpms]\nbaseurl = https://cdn.example/x\nenabled = 0\n",
    );
    await writeFile(join(folder, "more.repo"), "[main]\ngpgcheck=1\n[plain]\nmirrorlist=https://mirror.example/list\n");
    await writeFile(join(folder, "old.repo.bak"), "[old]\nenabled=1\n");
    expect(expectOk(await rpmRepositories(folder)).map((r) => [r.suite, r.uri])).toEqual([
      ["plain", "https://mirror.example/list"],
      ["rhel-9-for-x86_64-baseos-eus-rpms", "https://cdn.example/eus/rhel9/$releasever/x86_64/baseos/os"],
    ]);
    expect(expectOk(await rpmRepositories(join(folder, "none")))).toEqual([]);
  });
});
