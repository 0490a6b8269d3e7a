import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PackageChange } from "@breakwater/shared/command";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bootNeed } from "./boot-space.ts";

const MB = 1_000_000;
let place = { info: "", boot: "" };
let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "boot-space-"));
  place = { info: join(directory, "info"), boot: join(directory, "boot") };
  for (const d of Object.values(place)) mkdirSync(d);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const image = (name: string, bytes: number) => {
  writeFileSync(join(place.boot, name), "");
  truncateSync(join(place.boot, name), bytes);
};
const control = (file: string, text: string) => writeFileSync(join(place.info, file), text);
const change = (name: string): PackageChange => ({ manager: "apt", name, architecture: "amd64", from: "1", to: "2" });

describe("what a change needs on /boot", () => {
  it("is room for one more initramfs where its script or a trigger builds one, and for one more kernel too where it brings one", async () => {
    image("vmlinuz-6.1.0-1-amd64", 8 * MB);
    image("vmlinuz-6.1.0-2-amd64", 9 * MB);
    image("initrd.img-6.1.0-2-amd64", 40 * MB);
    image("config-6.1.0-2-amd64", 500 * MB);
    control("mdadm.postinst", "#!/bin/sh\nupdate-initramfs -u\n");
    control("cryptsetup-initramfs.triggers", "activate-noawait update-initramfs\n");
    control("linux-image:amd64.list", "/.\n/boot\n/boot/vmlinuz-6.1.0-2-amd64\n");
    control("vim.list", "/.\n/usr/bin/vim\n");
    expect(await bootNeed([change("mdadm")], place)).toEqual({ path: place.boot, bytes: 60 * MB });
    expect(await bootNeed([change("cryptsetup-initramfs")], place)).toEqual({ path: place.boot, bytes: 60 * MB });
    expect(await bootNeed([change("vim"), change("linux-image")], place)).toEqual({ path: place.boot, bytes: 73.5 * MB });
    expect(await bootNeed([change("vim"), change("unknown")], place)).toBeUndefined();
  });

  it("is room for a kernel and its initramfs for each new kernel, and for what an elder relative of a new package does", async () => {
    image("vmlinuz-6.1.0-2-amd64", 8 * MB);
    image("initrd.img-6.1.0-2-amd64", 40 * MB);
    control("linux-modules-6.1.0-2-amd64.list", "/.\n/boot\n/boot/System.map-6.1.0-2-amd64\n");
    control("libfoo-2-data.list", "/.\n/usr/share/foo\n");
    const fresh = (name: string): PackageChange => ({ ...change(name), from: "" });
    const kernel = { path: place.boot, bytes: 72 * MB };
    expect(await bootNeed([change("linux-image-amd64"), fresh("linux-image-6.1.0-3-amd64")], place)).toEqual(kernel);
    expect(await bootNeed([fresh("linux-modules-6.1.0-3-amd64")], place)).toEqual(kernel);
    expect(await bootNeed([fresh("linux-image-6.1.0-3-amd64"), fresh("linux-image-6.1.0-3-rt-amd64")], place)).toEqual({
      ...kernel,
      bytes: 144 * MB,
    });
    expect(await bootNeed([fresh("libfoo-3-data"), fresh("linux-image-amd64-dbg")], place)).toBeUndefined();
  });

  it("is unknown where no image is there to judge by", async () => {
    control("mdadm.postinst", "update-initramfs -u\n");
    expect(await bootNeed([change("mdadm")], place)).toBeUndefined();
    rmSync(place.boot, { recursive: true });
    expect(await bootNeed([change("mdadm")], place)).toBeUndefined();
  });
});
