import { execFileSync } from "node:child_process";
import {
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { readJsonFile, writeFileAtomically } from "./files.ts";

/** What the directory's owner does while root asks whose it is. */
let meanwhile: (() => void) | undefined;
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  return {
    ...real,
    stat: async (path: string) => {
      const seen = await real.stat(path);
      meanwhile?.();
      return seen;
    },
  };
});

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "files-"));
  meanwhile = undefined;
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("a file that root lays into another user's directory", () => {
  it("is that user's, and whole", async () => {
    await writeFileAtomically(join(root, "identity.json"), "all of it", 0o600);
    expect(readFileSync(join(root, "identity.json"), "utf8")).toBe("all of it");
    expect(statSync(join(root, "identity.json")).mode & 0o777).toBe(0o600);
    expect(readdirSync(root)).toEqual(["identity.json"]);
  });

  it.skipIf(process.getuid?.() !== 0)("gives that user nothing else, whatever link he lays in its place", async () => {
    const [place, shadow] = [join(root, "agent"), join(root, "shadow")];
    mkdirSync(place);
    chownSync(place, 12_345, 12_345);
    writeFileSync(shadow, "root's alone", { mode: 0o600 });
    meanwhile = () => {
      for (const name of readdirSync(place).filter((n) => n.endsWith(".tmp"))) {
        rmSync(join(place, name));
        symlinkSync(shadow, join(place, name));
      }
    };
    await writeFileAtomically(join(place, "identity.json"), "{}", 0o600);
    expect(lstatSync(join(place, "identity.json")).isSymbolicLink()).toBe(true);
    expect(statSync(shadow).uid).toBe(0);
    expect(readFileSync(shadow, "utf8")).toBe("root's alone");
  });
});

describe("a file of the agent's that root reads", () => {
  it("is a plain file of some size, or is not taken: a pipe would hold root, a link lead it away", async () => {
    const schema = z.object({ id: z.string() });
    writeFileSync(join(root, "good"), '{"id":"ep_1"}');
    expect(await readJsonFile(join(root, "good"), schema)).toEqual({ id: "ep_1" });
    expect(await readJsonFile(join(root, "missing"), schema)).toBeUndefined();
    execFileSync("mkfifo", [join(root, "pipe")]);
    symlinkSync(join(root, "good"), join(root, "link"));
    writeFileSync(join(root, "large"), "");
    truncateSync(join(root, "large"), 1024 ** 3);
    for (const name of ["pipe", "link", "large"]) await expect(readJsonFile(join(root, name), schema)).rejects.toThrow();
  });
});
