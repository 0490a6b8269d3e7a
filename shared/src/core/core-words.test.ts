import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { counted, systemReason } from "./index.ts";

describe("what is counted", () => {
  it("is named in the singular where there is one", () => {
    expect([0, 1, 2].map((n) => counted(n, "entry", "entries"))).toEqual(["0 entries", "1 entry", "2 entries"]);
    expect(counted(1, "package")).toBe("1 package");
    expect(counted(3, "package")).toBe("3 packages");
  });
});

describe("why a file could not be had", () => {
  const causeOf = (path: string): unknown => {
    try {
      return readFileSync(path);
    } catch (cause) {
      return cause;
    }
  };
  it("is said in words, without the call that failed", () => {
    expect(systemReason(causeOf("/nowhere/at/all"))).toBe("there is no such file or directory (ENOENT)");
    expect(systemReason(causeOf("/"))).toBe("it is a directory (EISDIR)");
  });
  it("is the error's own sentence otherwise", () => {
    expect(systemReason(new Error("cut at byte 40"))).toBe("cut at byte 40");
    expect(systemReason("gone")).toBe("gone");
  });
});
