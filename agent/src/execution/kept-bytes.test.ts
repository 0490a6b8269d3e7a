import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PackageManager } from "../packages/package-manager.ts";
import { mendKept } from "./kept-bytes.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "kept-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const file = (name: string, now: string) => {
  writeFileSync(join(directory, `${name}.deb`), now);
  return { name, architecture: "all", version: "1.0", file: join(directory, `${name}.deb`), sha256: sha256(`${name} as kept`) };
};
/** A repository that offers this, or nothing. */
const offering = (bytes: string | undefined) => {
  const asked: string[] = [];
  const manager = {
    async keep([p]: readonly { name: string; architecture: string; version: string }[], into: string) {
      asked.push(`${p?.name} ${p?.version}`);
      if (bytes === undefined || !p) return [];
      const file = join(into, `${p.name}.deb`);
      writeFileSync(file, bytes);
      return [{ ...p, file, sha256: sha256(bytes), source: "repository" }];
    },
  } as unknown as PackageManager;
  return { manager, asked };
};

describe("kept packages", () => {
  it("that are what was kept are used as they are, and nobody is asked", async () => {
    const { manager, asked } = offering("shop as kept");
    expect(await mendKept(manager, [file("shop", "shop as kept")], [])).toEqual({ notes: [], lost: "" });
    expect(asked).toEqual([]);
  });

  it("that changed on the disk are fetched again where the same can be had, and that is said", async () => {
    const { manager, asked } = offering("shop as kept");
    const kept = file("shop", "shop as kepu");
    expect(await mendKept(manager, [kept], [])).toMatchObject({
      lost: "",
      notes: [expect.stringContaining("shop 1.0 had changed on the disk")],
    });
    expect(asked).toEqual(["shop 1.0"]);
    expect(readFileSync(kept.file, "utf8")).toBe("shop as kept");
    expect(readFileSync(`${kept.file}.damaged`, "utf8")).toBe("shop as kepu");
  });

  it("are lost where only other bytes of that version are to be had, or none", async () => {
    const kept = file("shop", "");
    const { lost } = await mendKept(offering("shop built anew").manager, [kept], []);
    expect(lost).toContain("the kept bytes of shop 1.0 changed on the disk");
    expect(existsSync(kept.file)).toBe(false);
    expect((await mendKept(offering(undefined).manager, [kept], [])).lost).not.toBe("");
  });
});
