import { execaSync } from "execa";
import { describe, expect, it } from "vitest";
import { ASK_DNF } from "./ask-script.ts";

const PYTHON = "/usr/bin/python3";
/** dnf's library is Python; a machine without it has no dnf to ask. */
const hasDnf = execaSync(PYTHON, ["-c", "import dnf"], { reject: false }).exitCode === 0;

describe.skipIf(!hasDnf)("questions to the real dnf", () => {
  it("that come before a change are all answered in one run", () => {
    const { stdout } = execaSync(PYTHON, ["-c", ASK_DNF, JSON.stringify({ op: "beforehand", changes: [] })]);
    expect(JSON.parse(stdout)).toEqual({
      pinned: { value: [] },
      origins: { value: [] },
      sizes: { value: { download: 0, growth: 0 } },
      simulate: { value: { installs: [], removes: [] } },
    });
  });
});
