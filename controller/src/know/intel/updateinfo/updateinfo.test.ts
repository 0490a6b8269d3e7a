import { createHash } from "node:crypto";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expectOk } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { describe, expect, it } from "vitest";
import { schema } from "../../../store/index.ts";
import { openTestStore } from "../../../store/testing.ts";
import { testClock } from "../../testing.ts";
import { createIntel, readIntelDirectory } from "../index.ts";

const pkg = (name: string, version: string, release: string, more = "") =>
  `<package name="${name}" epoch="0" version="${version}" release="${release}" arch="x86_64" ${more}><filename>x.rpm</filename></package>`;
const update = (id: string, collections: string, more = "") => `<update from="x" status="final" type="security" version="4">
  <id>${id}</id><title>Important: a &amp; b</title><issued date="2026-02-01 10:00:00"/><updated date="2026-02-03"/>
  <references><reference href="https://e.x" id="CVE-2026-1001" type="cve" title="CVE-2026-1001"/><reference id="77" type="bugzilla"/></references>
  <pkglist>${collections}</pkglist>${more}</update>`;
const list = (...updates: string[]) => `<?xml version="1.0" encoding="UTF-8"?>\n<updates>${updates.join("\n")}</updates>`;
const ALMA = list(
  update(
    "ALSA-2026:1",
    `<collection short="a"><name>a</name>${pkg("curl", "7.76.1", "26.el9_3.3")}${pkg("libcurl", "7.76.1", "26.el9_3.3")}</collection>`,
  ),
  update(
    "ALSA-2026:2",
    `<collection><module name="nodejs" stream="16" version="8" context="ad" arch="x86_64"/>${pkg("nodejs", "16.19.1", "1.module_el8.7.0+3+a")}</collection>
     <collection><module name="nodejs" stream="18" version="8" context="ad" arch="x86_64"/>${pkg("nodejs", "18.14.2", "2.module_el8.7.0+4+b")}</collection>`,
  ),
  update("ALSA-2026:3", `<collection>${pkg("bad", "", "1.el9")}</collection>`),
);

describe("a repository's list of updates", () => {
  it("names builds by release and stream, also in files of unknown origin", async () => {
    const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
    await writeFile(join(folder, "abc-updateinfo.xml.gz"), gzipSync(ALMA));
    const rocky = update(
      "RLSA-2026:1",
      `<collection>${pkg("libcurl", "7.76.1", "26.el9_3.3", 'src="curl-7.76.1-26.el9_3.3.src.rpm"')}</collection>`,
    );
    await writeFile(join(folder, "rocky.xml"), list(rocky));
    const { advisories, rejects, files } = expectOk(await readIntelDirectory(folder));
    expect(files.map((f) => f.kinds)).toEqual([["updateinfo"], ["updateinfo"]]);
    expect(advisories.flatMap((a) => a.affected.map((r) => [a.id, r.distribution, r.package, r.fixed].join(" ")))).toEqual([
      "ALSA-2026:1 almalinux:9 curl 7.76.1-26.el9_3.3",
      "ALSA-2026:1 almalinux:9 libcurl 7.76.1-26.el9_3.3",
      "ALSA-2026:2/nodejs:16 almalinux:8 nodejs 16.19.1-1.module_el8.7.0+3+a",
      "ALSA-2026:2/nodejs:18 almalinux:8 nodejs 18.14.2-2.module_el8.7.0+4+b",
      "RLSA-2026:1 rocky:9 libcurl 7.76.1-26.el9_3.3",
      "RLSA-2026:1 rocky:9 curl 7.76.1-26.el9_3.3",
    ]);
    expect(advisories[0]).toMatchObject({
      vulnerabilities: ["CVE-2026-1001"],
      summary: "Important: a & b",
      published: "2026-02-01T10:00:00.000Z",
    });
    expect(rejects.map((r) => r.record)).toEqual(["ALSA-2026:3"]);
  });

  it.each([
    ["cut short", ALMA.slice(0, -40), "cut short"],
    ["of broken tags", ALMA.replace("</updates>", "</update>"), "not well formed"],
    [
      "with entities of its own",
      ALMA.replace("<updates>", '<!DOCTYPE updates [<!ENTITY a "aaaa">]><updates>').replace("Important", "&a;"),
      "not well formed",
    ],
    [
      "with a file's entity",
      ALMA.replace("<updates>", '<!DOCTYPE updates [<!ENTITY a SYSTEM "file:///etc/passwd">]><updates>').replace("Important", "&a;"),
      "not well formed",
    ],
    ["nested too deep", ALMA.replace("Important", "<a>".repeat(200)), "nested deeper"],
    ["of no UTF-8", Buffer.concat([Buffer.from(ALMA), Buffer.from([0xff, 0xfe])]), "not valid UTF-8"],
  ])("%s is refused", async (_, text, reason) => {
    const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
    await writeFile(join(folder, "updateinfo.xml"), text);
    const refused = await readIntelDirectory(folder);
    expect(refused.ok === false && refused.problem.message).toContain(reason);
  });
});

describe("a repository", () => {
  it("is read by what its repomd.xml names, held against the checksum there", async () => {
    const store = await openTestStore();
    const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
    await mkdir(join(folder, "repodata"));
    const packed = gzipSync(ALMA.replaceAll("ALSA", "LOCAL"));
    const repomd = (sum: string) => `<repomd xmlns="http://linux.duke.edu/metadata/repo"><data type="primary"/><data type="updateinfo">
      <checksum type="sha256">${sum}</checksum><location href="repodata/u.xml.gz"/></data></repomd>`;
    await writeFile(join(folder, "repodata", "u.xml.gz"), packed);
    await writeFile(join(folder, "repodata", "repomd.xml"), repomd(createHash("sha256").update(packed).digest("hex")));
    const feeds = [{ id: "mirror", kind: "updateinfo" as const, source: folder, release: "almalinux:9" }];
    const intel = createIntel({ store, clock: testClock(), log: createLogger("test", "silent"), feeds });
    expect((await intel.refresh())[0]?.result).toMatchObject({ ok: true, value: { changed: true, records: 4, rejects: 1 } });
    expect((await intel.refresh())[0]?.result).toMatchObject({ ok: true, value: { changed: false } });
    expect(new Set((await store.db.select().from(schema.advisoryRange)).map((r) => r.distribution))).toEqual(new Set(["almalinux:9"]));
    await writeFile(join(folder, "repodata", "repomd.xml"), repomd("0".repeat(64)));
    expect((await intel.refresh())[0]?.result.ok).toBe(false);
    expect((await intel.status())[0]).toMatchObject({ records: 4, problem: expect.stringContaining("repomd.xml says 0000") });
    await store.close();
  });
});
