import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BootView } from "./boot-loader.ts";
import { decideFallback, noFallback } from "./fallback.ts";
import { cannotForget, parseGrubMenu, savedEntryOf } from "./grub-menu.ts";

/** What grub-mkconfig 2.06 of Debian 12 wrote for two kernels, with GRUB_DEFAULT=saved in /etc/default/grub. */
const RECORDED = readFileSync(join(import.meta.dirname, "debian-12.grub.cfg"), "utf8");
const UUID = "3f2b1c58-6d1e-4a0b-9d2f-0a1b2c3d4e5f";
const [OLD, NEW] = ["6.1.0-18-amd64", "6.1.0-20-amd64"];
const entry = (release: string) => `gnulinux-advanced-${UUID}>gnulinux-${release}-advanced-${UUID}`;
const view = (text = RECORDED, forget = ""): BootView => ({ kind: "grub", ...parseGrubMenu(text), cannotForget: forget, savedEntry: "0" });
const why = (text: string, forget = "") => {
  const decided = decideFallback(view(text, forget), OLD, NEW, false);
  return decided.kind === "none" ? decided.why : decided.kind;
};

describe("grub's menu", () => {
  it("is read with submenus, recovery entries told apart, and what it boots by default", () => {
    const menu = parseGrubMenu(RECORDED);
    expect(menu.entries.map((e) => [e.release, e.recovery])).toEqual([
      [NEW, false],
      [NEW, false],
      [NEW, true],
      [OLD, false],
      [OLD, true],
    ]);
    expect(menu.entries[1]?.id).toBe(entry(NEW));
    expect(menu).toMatchObject({ bootsSaved: true, bootsOnce: true });
  });

  it("has a default that was saved, or none", () => {
    // What grub-editenv printed after grub-set-default and grub-reboot.
    expect(savedEntryOf(`saved_entry=${entry(OLD)}\nnext_entry=${entry(NEW)}\n`)).toBe(entry(OLD));
    expect(savedEntryOf("")).toBe("");
  });

  it("finds kernels of a /boot of its own, and nothing in what is no menu", () => {
    expect(parseGrubMenu(RECORDED.replaceAll("/boot/vmlinuz", "/vmlinuz")).entries).toHaveLength(5);
    expect(parseGrubMenu("}\n}\nmenuentry 'x' {\n").entries).toEqual([]);
  });
});

describe("a new kernel", () => {
  it("is booted once while the old one stays the default, each by an entry that is bound to its release", () => {
    expect(decideFallback(view(), OLD, NEW, false)).toEqual({ kind: "once", keep: entry(OLD), once: entry(NEW), before: "0" });
  });

  it("needs no fallback where the reboot brings the same one", () => {
    expect(decideFallback(view(), NEW, NEW, false)).toEqual({ kind: "not-needed" });
    expect(decideFallback(view(), NEW, "", false)).toEqual({ kind: "not-needed" });
  });

  it("has none where there is no grub, it boots no saved default, or it could not forget an entry for one boot", () => {
    expect(noFallback({ kind: "none", why: "there is no grub here" }, OLD)).toBe("there is no grub here");
    // What the same machine has with GRUB_DEFAULT=0.
    expect(why(RECORDED.replace('set default="${saved_entry}"', 'set default="0"'))).toContain("GRUB_DEFAULT=saved");
    expect(why(RECORDED.replace('set default="${next_entry}"', ""))).toContain("next boot alone");
    expect(why(RECORDED, cannotForget("lvm\ndiskfilter", "ext2"))).toContain("through lvm and diskfilter");
    expect(why(RECORDED, cannotForget("", "btrfs"))).toContain("on btrfs");
    expect(cannotForget("", "ext2")).toBe("");
  });

  it("has none where an entry is missing, or its files replace those of the running one", () => {
    expect(why(RECORDED.replaceAll(OLD, "6.1.0-17-amd64"))).toContain(`no entry for the running kernel ${OLD}`);
    expect(why(RECORDED.replaceAll(NEW, "6.1.0-21-amd64"))).toContain(`no entry for the new kernel ${NEW}`);
    expect(decideFallback(view(), OLD, OLD, true)).toMatchObject({
      kind: "none",
      why: expect.stringContaining("files of the running kernel"),
    });
  });
});
