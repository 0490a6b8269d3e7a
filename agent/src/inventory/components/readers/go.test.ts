import { lstatSync } from "node:fs";
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bufferSource, openSource } from "../file-source.ts";
import { go } from "./go.ts";

const frame = (modules: string) =>
  `${"0w\xaf\f\x92t\b\x02A\xe1\xc1\x07\xe6\xd6\x18\xe6"}${modules}${"\xf92C1\x86\x18 r\x00\x82B\x10A\x16\xd8\xf2"}`;
const MODULES = [
  "path\texample.com/app",
  "mod\texample.com/app\t(devel)\t",
  "dep\tgolang.org/x/text\tv0.3.7\th1:abc=",
  "dep\tgithub.com/old/fork\tv1.0.0",
  "=>\tgithub.com/new/fork\tv1.2.0\th1:def=",
  "dep\texample.com/local\tv0.0.0",
  "=>\t./local\t(devel)\t",
  "build\t-compiler=gc",
  "",
].join("\n");

/** An ELF file of 64 bits with sections and one writable segment at the address 0x1000 that holds the whole file. */
function elf(sections: Readonly<Record<string, Buffer>>, littleEndian = true): Buffer {
  const u16 = (b: Buffer, v: number, o: number) => (littleEndian ? b.writeUInt16LE(v, o) : b.writeUInt16BE(v, o));
  const u32 = (b: Buffer, v: number, o: number) => (littleEndian ? b.writeUInt32LE(v, o) : b.writeUInt32BE(v, o));
  const u64 = (b: Buffer, v: number, o: number) => (littleEndian ? b.writeBigUInt64LE(BigInt(v), o) : b.writeBigUInt64BE(BigInt(v), o));
  const names = ["", ...Object.keys(sections), ".shstrtab"];
  const strings = Buffer.from(`${names.join("\0")}\0`, "latin1");
  const bodies = [Buffer.alloc(0), ...Object.values(sections), strings];
  const head = Buffer.alloc(64 + 56);
  head.write("\x7fELF", 0, "latin1");
  head[4] = 2;
  head[5] = littleEndian ? 1 : 2;
  let offset = 128;
  const table = Buffer.alloc(64 * names.length);
  const parts: Buffer[] = [head, Buffer.alloc(8)];
  bodies.forEach((body, i) => {
    u32(table, strings.indexOf(`${names[i]}\0`, 0, "latin1"), i * 64);
    u64(table, offset, i * 64 + 24);
    u64(table, body.length, i * 64 + 32);
    const padding = Buffer.alloc((16 - (body.length % 16)) % 16);
    parts.push(body, padding);
    offset += body.length + padding.length;
  });
  u64(head, 64, 32);
  u64(head, offset, 40);
  u16(head, 56, 54);
  u16(head, 1, 56);
  u16(head, 64, 58);
  u16(head, names.length, 60);
  u16(head, names.length - 1, 62);
  u32(head, 1, 64);
  u32(head, 6, 68);
  u64(head, 0x1000, 80);
  u64(head, offset, 96);
  return Buffer.concat([...parts, table]);
}

const varint = (n: number): Buffer => (n < 128 ? Buffer.from([n]) : Buffer.concat([Buffer.from([(n & 127) | 128]), varint(n >> 7)]));
const text = (s: string) => Buffer.concat([varint(s.length), Buffer.from(s, "latin1")]);
const inline = (version: string, modules: string) =>
  Buffer.concat([Buffer.from("\xff Go buildinf:\x08\x02", "latin1"), Buffer.alloc(16), text(version), text(modules)]);
const read = (bytes: Buffer) => go.read("/opt/tool", bufferSource(bytes));
const names = async (bytes: Buffer) => (await read(bytes)).components.map((c) => `${c.name} ${c.version}`);

describe("programs of Go", () => {
  it("tell their modules, replaced ones by what replaces them, and Go's own library", async () => {
    expect(await names(elf({ ".go.buildinfo": inline("go1.21.5", frame(MODULES)) }))).toEqual([
      "stdlib 1.21.5",
      "example.com/app ",
      "golang.org/x/text v0.3.7",
      "github.com/new/fork v1.2.0",
    ]);
  });

  it("of before Go 1.18 point to the same, in either order of bytes", async () => {
    for (const littleEndian of [true, false]) {
      const u64 = (b: Buffer, v: number, o: number) => (littleEndian ? b.writeBigUInt64LE(BigInt(v), o) : b.writeBigUInt64BE(BigInt(v), o));
      const [version, modules] = [Buffer.from("go1.16.3"), Buffer.from(frame(MODULES), "latin1")];
      const info = Buffer.alloc(64);
      info.write("\xff Go buildinf:", 0, "latin1");
      info[14] = 8;
      info[15] = littleEndian ? 0 : 1;
      // The section begins at 128 in the file, which is mapped at 0x1000.
      const at = (offset: number) => 0x1000 + 128 + offset;
      u64(info, at(32), 16);
      u64(info, at(48), 24);
      u64(info, at(64), 32);
      u64(info, version.length, 40);
      u64(info, at(64 + version.length), 48);
      u64(info, modules.length, 56);
      expect(await names(elf({ ".go.buildinfo": Buffer.concat([info, version, modules]) }, littleEndian))).toEqual([
        "stdlib 1.16.3",
        "example.com/app ",
        "golang.org/x/text v0.3.7",
        "github.com/new/fork v1.2.0",
      ]);
    }
  });

  it("are found without their section's name, and said to be unknown without their information", async () => {
    expect(await names(elf({ ".data": inline("go1.22.3", frame(MODULES)) }))).toContain("golang.org/x/text v0.3.7");
    expect(await read(elf({ ".gopclntab": Buffer.alloc(64) }))).toEqual({
      components: [],
      refused: [{ path: "/opt/tool", reason: "a program of Go whose build information was taken out" }],
    });
    const bare = await read(elf({ ".go.buildinfo": inline("go1.22.3", "") }));
    expect(bare.components.map((c) => c.name)).toEqual(["stdlib"]);
    expect(bare.refused).toHaveLength(1);
    expect(await read(elf({ ".text": Buffer.alloc(64) }))).toEqual({ components: [], refused: [] });
    expect(await read(Buffer.from("#!/bin/sh\n".repeat(20)))).toEqual({ components: [], refused: [] });
  });

  it("that are damaged end in a reading or a plain error, whatever is damaged", async () => {
    const whole = elf({ ".go.buildinfo": inline("go1.21.5", frame(MODULES)) });
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), async (at, byte, length) => {
        const damaged = Buffer.from(whole.subarray(0, length));
        if (at < damaged.length) damaged[at] = byte;
        await read(damaged).catch((error: Error) => expect(error.message).not.toMatch(/undefined|out of range|is not/));
      }),
    );
  });

  it("are read from real ones, of which one tells nothing", async () => {
    const readReal = async (name: string) => {
      const path = createRequire(import.meta.url).resolve(name);
      const source = openSource(path, lstatSync(path), () => {});
      return go.read(path, source).finally(() => source.close());
    };
    const { components } = await readReal(`@bufbuild/buf-linux-${process.arch === "arm64" ? "aarch64" : "x64"}/bin/buf`);
    expect(components[0]).toMatchObject({
      ecosystem: "go",
      name: "stdlib",
      version: expect.stringMatching(/^1\.\d+/),
      evidence: "build-info",
    });
    expect(components.find((c) => c.name === "golang.org/x/text")?.version).toMatch(/^v0\./);
    // Built without its information on purpose.
    expect((await readReal(`@esbuild/linux-${process.arch}/bin/esbuild`)).refused).toHaveLength(1);
  });
});
