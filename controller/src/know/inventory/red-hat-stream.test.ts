import { describe, expect, it } from "vitest";
import { distributionKey } from "./index.ts";
import { streamOfRepositories } from "./red-hat-stream.ts";

const repository = (suite: string, uri = "") => ({
  suite,
  uri,
  origin: "",
  label: "",
  releaseDate: "",
  validUntil: "",
  state: "",
  detail: "",
});

describe("Red Hat's streams", () => {
  it.each([
    ["eus", ["rhel-9-for-x86_64-baseos-eus-rpms", "rhel-9-for-x86_64-appstream-eus-rpms", "epel"]],
    ["e4s", ["rhel-8-for-x86_64-baseos-e4s-rpms"]],
    ["main", ["rhel-9-for-aarch64-baseos-rpms", "rhel-9-for-aarch64-appstream-rpms"]],
    ["", ["rhel-9-for-x86_64-baseos-eus-rpms", "rhel-9-for-x86_64-baseos-rpms"]],
    ["", ["company-mirror"]],
    ["", []],
  ])("are %j by the repositories %j", (stream, ids) => {
    expect(streamOfRepositories(ids.map((id) => repository(id)))).toBe(stream);
  });

  it("belong to a point of Red Hat Enterprise Linux alone", () => {
    const repositories = [repository("rhel-9-for-x86_64-baseos-eus-rpms")];
    expect(distributionKey("rhel", "9.2", { repositories })).toBe("rhel:9.2-eus");
    expect(distributionKey("rhel", "9.2", { repositories: [] })).toBe("rhel:9.2");
    expect(distributionKey("almalinux", "9.2", { repositories })).toBe("almalinux:9.2");
  });
});
