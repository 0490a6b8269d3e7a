import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { type Places, RPM_PLACES, rpmRepositories } from "./rpm-repositories.ts";

const places = async (tool: keyof typeof RPM_PLACES = "dnf"): Promise<Places> => {
  const root = await mkdtemp(join(tmpdir(), "breakwater-test-"));
  return { ...RPM_PLACES[tool], repositories: root, main: join(root, "dnf.conf"), cache: join(root, "cache") };
};

describe("repositories of dnf", () => {
  it("are the enabled sections of every .repo file, without their passwords", async () => {
    const at = await places();
    const folder = at.repositories;
    await writeFile(
      join(folder, "redhat.repo"),
      "# kept by subscription-manager\n[rhel-9-for-x86_64-baseos-eus-rpms]\nname = BaseOS EUS\nbaseurl = https://user:secret@cdn.example/eus/rhel9/$releasever/x86_64/baseos/os\nenabled = 1\n[rhel-9-for-x86_64-baseos-rpms]\nbaseurl = https://cdn.example/x\nenabled = 0\n",
    );
    await writeFile(join(folder, "more.repo"), "[main]\ngpgcheck=1\n[plain]\nmirrorlist=https://mirror.example/list\n");
    await writeFile(join(folder, "old.repo.bak"), "[old]\nenabled=1\n");
    expect(expectOk(await rpmRepositories(new Map(), at)).map((r) => [r.suite, r.uri])).toEqual([
      ["plain", "https://mirror.example/list"],
      ["rhel-9-for-x86_64-baseos-eus-rpms", "https://cdn.example/eus/rhel9/$releasever/x86_64/baseos/os"],
    ]);
    expect(expectOk(await rpmRepositories(new Map(), { ...at, repositories: join(folder, "none") }))).toEqual([]);
  });

  it("are what the last refresh found, whatever their address became with its variables; else what was fetched of them", async () => {
    const at = await places();
    const section = (id: string, more = "") => `[${id}]\nbaseurl=https://mirror.example/$releasever/${id}\n${more}`;
    const all = [
      section("good"),
      section("dead"),
      section("plain", "gpgcheck=0\n"),
      section("good-debug"),
      section("signed", "repo_gpgcheck=1\n"),
    ];
    await writeFile(join(at.repositories, "all.repo"), all.join(""));
    await writeFile(at.main, "[main]\ngpgcheck=1\n");
    // The cache of "good" must not be taken for that of "good-debug".
    for (const id of ["good", "dead", "plain", "signed"]) {
      await mkdir(join(at.cache, `${id}-0123456789abcdef`, "repodata"), { recursive: true });
      await writeFile(join(at.cache, `${id}-0123456789abcdef`, "repodata/repomd.xml"), "");
    }
    const outcome = new Map([
      ["https://mirror.example/9/good good", { state: "fresh", detail: "" }],
      ["https://mirror.example/9/dead dead", { state: "unreachable", detail: "Curl error (7)" }],
    ]);
    const unsigned = "Neither its list nor its packages are checked by signature (gpgcheck and repo_gpgcheck are off).";
    expect(expectOk(await rpmRepositories(outcome, at)).map((r) => [r.suite, r.state, r.detail])).toEqual([
      ["good", "trusted", ""],
      ["dead", "unreachable", "Curl error (7)"],
      ["plain", "untrusted", unsigned],
      ["good-debug", "unreachable", "There is no metadata of it: it has never been fetched."],
      ["signed", "trusted", ""],
    ]);
  });
});

it("of zypper are checked by signature unless they say otherwise, and known by what its solver reads", async () => {
  const at = await places("zypper");
  const section = (id: string, more = "") => `[${id}]\nenabled=1\nbaseurl=https://mirror.example/${id}\n${more}`;
  await writeFile(
    join(at.repositories, "all.repo"),
    [section("oss"), section("open", "gpgcheck=0\nrepo_gpgcheck=0\n"), section("a/b"), section("new")].join(""),
  );
  for (const folder of ["oss", "open", "a_b"]) {
    await mkdir(join(at.cache, folder), { recursive: true });
    await writeFile(join(at.cache, folder, "solv"), "");
  }
  expect(expectOk(await rpmRepositories(new Map(), at)).map((r) => [r.suite, r.state])).toEqual([
    ["oss", "trusted"],
    ["open", "untrusted"],
    ["a/b", "trusted"],
    ["new", "unreachable"],
  ]);
});
