import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { linksUp } from "./links.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "links-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const link = (name: string, flags: string) => {
  mkdirSync(join(root, name));
  writeFileSync(join(root, name, "flags"), `${flags}\n`);
};

describe("network interfaces", () => {
  it("count as up when somebody wants them up, with a cable or without", () => {
    link("lo", "0x9");
    link("eth0", "0x1003");
    link("eth1", "0x1002");
    writeFileSync(join(root, "bonding_masters"), "");
    expect(linksUp(root)).toEqual(["eth0", "lo"]);
  });
});
