import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@breakwater/shared/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { emptyCache, loadCache, saveCache } from "./cache.ts";
import { loadResult, saveResult } from "./result.ts";
import { scan } from "./scan.ts";
import { scanSettingsSchema } from "./settings.ts";
import { mavenJar, pom, put, zipOf } from "./testing.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "breakwater-scan-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const look = (limits: object = {}, before = emptyCache(), mountinfo = "1 0 8:1 / / rw - ext4 /dev/sda rw") =>
  scan({ settings: scanSettingsSchema.parse({ roots: [root], ...limits }), clock: systemClock, before, mountinfo });
const found = async (limits: object = {}) => told((await look(limits)).result);
const told = ({ components, notLooked }: Awaited<ReturnType<typeof look>>["result"]) => ({
  found: components.map((c) => `${c.ecosystem} ${c.name} ${c.version} ${c.path.slice(root.length)} by ${c.evidence}`).sort(),
  missed: notLooked.map((n) => `${n.path.slice(root.length)} ${n.code}: ${n.reason}`).sort(),
});
/** Long ago, so that its time of change can be trusted. */
const settle = (...paths: string[]) => {
  for (const path of paths) utimesSync(join(root, path), 1_700_000_000, 1_700_000_000);
};

describe("jars", () => {
  it("tell what they are by every pom.properties, however deep they lie", async () => {
    const core = mavenJar("org.apache.logging.log4j", "log4j-core", "2.14.1");
    const lib = mavenJar("com.shop", "lib", "1.0", { "BOOT-INF/lib/inner.jar": { bytes: core, stored: true } });
    put(
      join(root, "app.ear"),
      zipOf({ "web.war": zipOf({ "WEB-INF/lib/lib-1.0.jar": lib }), "META-INF/MANIFEST.MF": "Manifest-Version: 1.0\n" }),
    );
    expect(await found()).toEqual({
      found: [
        "maven com.shop:lib 1.0 /app.ear!/web.war!/WEB-INF/lib/lib-1.0.jar by pom.properties",
        "maven org.apache.logging.log4j:log4j-core 2.14.1 /app.ear!/web.war!/WEB-INF/lib/lib-1.0.jar!/BOOT-INF/lib/inner.jar by pom.properties",
      ],
      missed: [],
    });
  });

  it("tell of shaded libraries, of themselves by manifest or file name, and of renamed ones by what is in them", async () => {
    put(join(root, "renamed.jar"), mavenJar("org.yaml", "snakeyaml", "1.30"));
    put(
      join(root, "search-7.0.1.jar"),
      mavenJar("org.yaml", "snakeyaml", "1.26", { "META-INF/maven/a/b/pom.properties": pom("a", "b", "2") }),
    );
    put(
      join(root, "osgi.jar"),
      zipOf({
        "META-INF/MANIFEST.MF":
          "Manifest-Version: 1.0\r\nBundle-SymbolicName: org.fo\r\n o.tools;singleton:=true\r\nBundle-Version: 3.2.1\r\n\r\nName: x\r\nBundle-Version: 9\r\n",
      }),
    );
    put(
      join(root, "m2/repository/net/java/dev/jna/jna/5.15.0/jna-5.15.0.jar"),
      zipOf({ "META-INF/MANIFEST.MF": "Implementation-Version: 5.15.0 (b0)\n" }),
    );
    put(join(root, "plain-1.2.jar"), zipOf({ "A.class": "x" }));
    put(join(root, "mystery.jar"), zipOf({ "A.class": "x" }));
    const { result } = await look();
    expect(told(result)).toEqual({
      found: [
        "maven a:b 2 /search-7.0.1.jar by pom.properties",
        "maven mystery  /mystery.jar by file-name",
        "maven net.java.dev.jna:jna 5.15.0 /m2/repository/net/java/dev/jna/jna/5.15.0/jna-5.15.0.jar by repository",
        "maven org.foo:tools 3.2.1 /osgi.jar by manifest",
        "maven org.yaml:snakeyaml 1.26 /search-7.0.1.jar by pom.properties",
        "maven org.yaml:snakeyaml 1.30 /renamed.jar by pom.properties",
        "maven plain 1.2 /plain-1.2.jar by file-name",
        "maven search 7.0.1 /search-7.0.1.jar by file-name",
      ],
      missed: [],
    });
    // sha1sum of the file itself.
    const { createHash } = await import("node:crypto");
    const expected = createHash("sha1")
      .update(zipOf({ "A.class": "x" }))
      .digest("hex");
    expect(result.components.find((c) => c.name === "mystery")?.sha1).toBe(expected);
  });

  it("are read behind a program that stands before them", async () => {
    put(join(root, "boot.jar"), Buffer.concat([Buffer.from("#!/bin/sh\nexec java -jar $0\n"), mavenJar("g", "boot", "1")]));
    expect((await found()).found).toEqual(["maven g:boot 1 /boot.jar by pom.properties"]);
  });

  it("that are none, lie, are cut, encrypted or bombs are refused with the reason, and the rest is read", async () => {
    const honest = mavenJar("g", "a", "1");
    put(join(root, "cut.jar"), honest.subarray(0, honest.length - 30));
    put(join(root, "none.jar"), "not a zip");
    put(join(root, "empty.jar"), "");
    put(join(root, "liar.jar"), mavenJar("g", "liar", "1", { "META-INF/MANIFEST.MF": { bytes: Buffer.alloc(500_000), claims: 10 } }));
    put(join(root, "bomb.jar"), mavenJar("g", "bomb", "1", { "big.jar": { bytes: Buffer.alloc(1_000), claims: 0xfffffff0 } }));
    put(join(root, "secret.jar"), mavenJar("g", "secret", "1", { "in.jar": { bytes: honest, flags: 1 } }));
    put(join(root, "bad.jar"), mavenJar("g", "<script>\u001b[2J", "1"));
    const { found: names, missed } = await found();
    expect(names).toEqual([
      "maven g:bomb 1 /bomb.jar by pom.properties",
      "maven g:liar 1 /liar.jar by pom.properties",
      "maven g:secret 1 /secret.jar by pom.properties",
    ]);
    expect(missed).toEqual([
      "/bad.jar refused: its name is none that maven knows",
      "/bomb.jar!/big.jar refused: it is larger than 67108864 bytes",
      expect.stringMatching(/^\/cut\.jar refused: no whole archive/),
      expect.stringMatching(/^\/empty\.jar refused: no whole archive/),
      "/liar.jar!/META-INF/MANIFEST.MF refused: its size is not what the archive says",
      expect.stringMatching(/^\/none\.jar refused: no whole archive/),
      "/secret.jar!/in.jar refused: it is encrypted",
    ]);
  });

  it("nested deeper than any application, or unpacking to more than is allowed, end in bounded time and memory", async () => {
    let nested = mavenJar("g", "deep", "1");
    for (let i = 0; i < 8; i++) nested = zipOf({ [`d${i}.jar`]: nested });
    put(join(root, "deep.jar"), nested);
    // 12 x 60 MiB of zeros in some 700 kB: an archive of archives that are none.
    const zeros = Buffer.alloc(60 * 1024 * 1024);
    put(join(root, "zeros.jar"), zipOf(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`z${i}.jar`, zeros]))));
    const before = process.memoryUsage().rss;
    const { missed } = await found();
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024);
    expect(missed.filter((m) => m.startsWith("/deep"))).toEqual([expect.stringContaining("refused: it lies more than 5 archives deep")]);
    expect(missed.filter((m) => m.includes("no whole archive"))).toHaveLength(8);
    expect(missed.filter((m) => m.includes("larger than") || m.includes("unpacks to more than"))).toHaveLength(4);
  });
});

describe("packages of npm", () => {
  it("are those in node_modules, scoped, nested and aliased ones too", async () => {
    const put_ = (path: string, name: string, version: string) => put(join(root, path, "package.json"), JSON.stringify({ name, version }));
    put_("app", "app", "1.0.0");
    put_("app/node_modules/lodash", "lodash", "4.17.20");
    put_("app/node_modules/@babel/core", "@babel/core", "7.0.0");
    put_("app/node_modules/alias/node_modules/ms", "ms", "2.0.0");
    put_("app/node_modules/alias", "real-name", "3.0.0");
    put(join(root, "app/node_modules/lodash/esm/package.json"), '{"type":"module"}');
    put(join(root, "app/node_modules/.package-lock.json"), "{}");
    expect(await found()).toEqual({
      found: [
        "npm @babel/core 7.0.0 /app/node_modules/@babel/core/package.json by package.json",
        "npm lodash 4.17.20 /app/node_modules/lodash/package.json by package.json",
        "npm ms 2.0.0 /app/node_modules/alias/node_modules/ms/package.json by package.json",
        "npm real-name 3.0.0 /app/node_modules/alias/package.json by package.json",
      ],
      missed: [],
    });
  });

  it("that are huge, no JSON, nested without end, or named to harm are refused", async () => {
    const at = (name: string) => join(root, "node_modules", name, "package.json");
    put(at("huge"), "{}");
    truncateSync(at("huge"), 1024 * 1024 * 1024);
    put(at("broken"), '{"name":');
    put(at("deep"), "[".repeat(500_000));
    put(at("html"), JSON.stringify({ name: "<img src=x>", version: "1.0.0" }));
    put(at("odd"), JSON.stringify({ name: "odd", version: "1.0.0\u001b[31m" }));
    put(at("array"), "[]");
    put(at("null"), "null");
    expect(await found()).toEqual({
      found: [],
      missed: [
        "/node_modules/broken/package.json refused: it is no JSON",
        "/node_modules/deep/package.json refused: it is no JSON",
        "/node_modules/html/package.json refused: its name is none that npm knows",
        "/node_modules/huge/package.json refused: it is larger than 1048576 bytes, as no package.json is",
        "/node_modules/odd/package.json refused: its version is none",
      ],
    });
  });
});

describe("distributions of Python and gems of Ruby", () => {
  it("are told by metadata and specification", async () => {
    const site = "v/lib/python3.11/site-packages";
    put(
      join(root, site, "requests-2.28.1.dist-info/METADATA"),
      "Metadata-Version: 2.1\nName: requests\nVersion: 2.28.1\n\nVersion: 9 in the description\n",
    );
    put(join(root, site, "six-1.16.0.egg-info/PKG-INFO"), "Name: six\r\nVersion: 1.16.0\r\n\r\n");
    put(join(root, site, "wsgiref.egg-info"), "Name: wsgiref\nVersion: 0.1.2\n");
    put(join(root, site, "broken.dist-info/METADATA"), "\n");
    put(
      join(root, "gems/specifications/rack-2.2.3.gemspec"),
      '# -*- encoding: utf-8 -*-\n# stub: rack 2.2.3 ruby lib\n\nGem::Specification.new do |s|\n  s.name = "rack".freeze\n',
    );
    put(
      join(root, "gems/specifications/default/json-2.6.1.gemspec"),
      'Gem::Specification.new do |s|\n  s.name = "json".freeze\n  s.version = "2.6.1"\n',
    );
    put(join(root, "src/x.gemspec"), "# stub: x 1 ruby lib\n");
    expect(await found()).toEqual({
      found: [
        "gem json 2.6.1 /gems/specifications/default/json-2.6.1.gemspec by gemspec",
        "gem rack 2.2.3 /gems/specifications/rack-2.2.3.gemspec by gemspec",
        `pypi requests 2.28.1 /${site}/requests-2.28.1.dist-info/METADATA by metadata`,
        `pypi six 1.16.0 /${site}/six-1.16.0.egg-info/PKG-INFO by metadata`,
        `pypi wsgiref 0.1.2 /${site}/wsgiref.egg-info by metadata`,
      ],
      missed: [`/${site}/broken.dist-info/METADATA refused: it names no distribution`],
    });
  });
});

describe("a look", () => {
  const library = (path: string, version = "1.0.0") =>
    put(join(root, path, "package.json"), JSON.stringify({ name: path.split("/").at(-1), version }));

  it("follows no link, and says what it may not read", async () => {
    library("real/node_modules/a");
    symlinkSync(join(root, "real"), join(root, "link"));
    symlinkSync("/etc/passwd", join(root, "real/node_modules/a/x.jar"));
    mkdirSync(join(root, "real/pipe.jar"));
    const { result } = await look();
    expect(told(result).found).toEqual(["npm a 1.0.0 /real/node_modules/a/package.json by package.json"]);
    if (process.getuid?.() === 0) return;
    chmodSync(join(root, "real"), 0o000);
    expect((await found()).missed).toEqual(["/real unreadable: the agent may not read it"]);
    chmodSync(join(root, "real"), 0o755);
  });

  it("shows names that are not UTF-8 or speak to terminals harmlessly", async () => {
    library("node_modules/a\u001b[2J");
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe]), Buffer.from(".jar")]), "x");
    const { result } = await look();
    expect(result.components.map((c) => c.path.slice(root.length))).toEqual([]);
    expect(told(result).missed).toEqual([
      "/node_modules/a\\u001b[2J/package.json refused: its name is none that npm knows",
      "/\ufffd\ufffd.jar unreadable: its name is not UTF-8",
    ]);
  });

  it("ends at each of its limits, and names the directories of which something is left", async () => {
    for (const name of ["a", "b", "c"]) library(`x/node_modules/${name}`);
    const left = async (limits: object) => {
      const { found: names, missed } = await found(limits);
      expect(names.length).toBeLessThan(3);
      return missed;
    };
    expect(await left({ maxComponents: 2 })).toEqual([
      "/x/node_modules limit: the limit of 2 components was reached; the rest of it was not looked at",
    ]);
    expect(await left({ maxFiles: 5 })).toEqual([expect.stringContaining("the limit of 5 files was reached")]);
    expect(await left({ maxDepth: 2 })).toHaveLength(3);
    expect(await left({ exclude: [join(root, "x")] })).toEqual(["/x excluded: left out by agent.yaml"]);
  });

  it("stays on the machine's own disks, and looks at a second mount of the same files once", async () => {
    for (const name of ["disk", "net", "again"]) library(`${name}/node_modules/a`);
    const mounts = [
      "1 0 8:1 / / rw - ext4 /dev/sda rw",
      `2 1 8:2 / ${root}/disk rw - xfs /dev/sdb rw`,
      `3 1 0:50 / ${root}/net rw - nfs4 server:/x rw`,
      `4 1 8:2 / ${root}/again rw - xfs /dev/sdb rw`,
    ].join("\n");
    const { result } = await look({}, emptyCache(), mounts);
    expect(told(result)).toEqual({
      found: ["npm a 1.0.0 /disk/node_modules/a/package.json by package.json"],
      missed: [`/again file-system: the same files as ${root}/disk`, "/net file-system: nfs4 is no file system on a disk of this machine"],
    });
  });

  it("reads nothing again that has not changed, and everything that has", async () => {
    library("node_modules/a");
    library("node_modules/b");
    put(join(root, "x.jar"), mavenJar("g", "x", "1"));
    put(join(root, "bad.jar"), "none");
    settle(
      "node_modules/a/package.json",
      "node_modules/b/package.json",
      "x.jar",
      "bad.jar",
      "node_modules/a",
      "node_modules/b",
      "node_modules",
      ".",
    );
    const first = await look();
    expect(first.result.bytesRead).toBeGreaterThan(0);
    const cache = join(root, "../breakwater-scan-cache.gz");
    await saveCache(cache, "1", first.after);
    const second = await look({}, await loadCache(cache, "1"));
    expect(second.result.bytesRead).toBe(0);
    expect(second.result.files).toBe(0);
    expect(told(second.result)).toEqual(told(first.result));
    expect((await look({}, await loadCache(cache, "2"))).result.bytesRead).toBeGreaterThan(0);

    put(join(root, "node_modules/b/package.json"), JSON.stringify({ name: "b", version: "2.0.0" }));
    rmSync(join(root, "node_modules/a"), { recursive: true });
    renameSync(join(root, "bad.jar"), join(root, "moved.jar"));
    const third = told((await look({}, await loadCache(cache, "1"))).result);
    expect(third.found).toEqual(["maven g:x 1 /x.jar by pom.properties", "npm b 2.0.0 /node_modules/b/package.json by package.json"]);
    expect(third.missed).toEqual([expect.stringMatching(/^\/moved\.jar refused/)]);
    writeFileSync(cache, "damaged");
    expect((await loadCache(cache, "1")).files.size).toBe(0);
    rmSync(cache);
  });

  it("leaves a result that the next process can read, and none that is damaged", async () => {
    library("node_modules/a");
    const { result } = await look();
    await saveResult(root, result);
    expect(await loadResult(root)).toEqual(result);
    writeFileSync(join(root, "components.json.gz"), "damaged");
    expect(await loadResult(root)).toBeUndefined();
  });
});
