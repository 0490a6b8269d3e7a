import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@breakwater/shared/log";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Store, schema } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { testClock } from "../testing.ts";
import { createIntel, type FeedConfig } from "./index.ts";
import { vexDocument } from "./testing.ts";
import { storedZip } from "./zip.testing.ts";

/** GnuPG makes the signatures here, and its gpgv checks them; not every machine has it. */
const hasGpg = ["gpg", "gpgv", "gpgconf"].every((tool) => spawnSync(tool, ["--version"]).status === 0);

/** A keyring with a fresh key, or one that was good for a day long ago, and who signs with it. */
async function signer(name: string, longAgo = false) {
  const home = await mkdtemp(join(tmpdir(), "breakwater-gpg-"));
  const always = ["--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""];
  const when = longAgo ? ["--faked-system-time", "20200101T000000"] : [];
  const gpg = (...args: string[]) => execFileSync("gpg", [...always, ...when, ...args], { stdio: ["ignore", "pipe", "ignore"] });
  gpg("--quick-generate-key", `${name} <${name}@example.org>`, "ed25519", "sign", longAgo ? "1d" : "never");
  const keyring = join(home, "keys.gpg");
  await writeFile(keyring, gpg("--export"));
  return {
    keyring,
    sign: (path: string) => void gpg("--yes", "--armor", "--output", `${path}.asc`, "--detach-sign", path),
    end: () => execFileSync("gpgconf", ["--homedir", home, "--kill", "gpg-agent"]),
  };
}

let store: Store;
let vendor: Awaited<ReturnType<typeof signer>>;
let stranger: Awaited<ReturnType<typeof signer>>;
let expired: Awaited<ReturnType<typeof signer>>;

let made = 0;
const refreshed = async (feed: Omit<FeedConfig, "id">) => {
  const intel = createIntel({ store, clock: testClock(), log: createLogger("test", "silent"), feeds: [{ id: `f${++made}`, ...feed }] });
  const [done] = await intel.refresh();
  if (!done) throw new Error("no feed was read");
  return done.result.ok ? `${done.result.value.records} records` : done.result.problem.message;
};

describe.skipIf(!hasGpg)("a feed whose documents must be signed", () => {
  beforeAll(async () => {
    store = await openTestStore();
    [vendor, stranger, expired] = [await signer("vendor"), await signer("stranger"), await signer("expired", true)];
  });
  afterAll(async () => {
    for (const s of [vendor, stranger, expired]) s.end();
    await store.close();
  });

  it("is refused where the key of a signature has expired, however good the signature is", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "breakwater-test-")), "vex.json");
    await writeFile(path, JSON.stringify(vexDocument()));
    expired.sign(path);
    expect(await refreshed({ kind: "csaf", source: path, signedBy: expired.keyring })).toContain("by a key that has expired");
  });

  it("is read where the signature is by a key of the keyring, and refused where it is not, is missing, or of other bytes", async () => {
    const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
    const path = join(folder, "vex.json");
    await writeFile(path, JSON.stringify(vexDocument()));
    const feed = { kind: "csaf" as const, source: path, signedBy: vendor.keyring };
    expect(await refreshed(feed)).toContain("its signature cannot be had");
    stranger.sign(path);
    expect(await refreshed(feed)).toContain("by a key that is not in");
    vendor.sign(path);
    expect(await refreshed(feed)).toMatch(/^[1-9]\d* records/);
    await writeFile(path, `${JSON.stringify(vexDocument())} `);
    expect(await refreshed(feed)).toContain("not of these bytes");
    await writeFile(`${path}.asc`, "-----BEGIN PGP SIGNED MESSAGE-----\n-----BEGIN PGP SIGNATURE-----\n");
    expect(await refreshed(feed)).toContain("no detached OpenPGP signature");
    expect(await refreshed({ ...feed, signedBy: join(folder, "nothing.gpg") })).not.toContain("records");
  });

  it("of a directory has every document signed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
    for (const name of ["a.json", "b.json"]) await writeFile(join(folder, name), JSON.stringify(vexDocument()));
    vendor.sign(join(folder, "a.json"));
    const feed = { kind: "csaf" as const, source: folder, signedBy: vendor.keyring };
    expect(await refreshed(feed)).toContain("its signature cannot be had");
    vendor.sign(join(folder, "b.json"));
    expect(await refreshed(feed)).toMatch(/^[1-9]\d* records/);
  });

  it.each([
    ["zip", async (path: string, text: string) => writeFile(path, storedZip({ "CVE-2026-1001.json": text }))],
    [
      "tar.gz",
      async (path: string, text: string) => {
        const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
        await writeFile(join(folder, "CVE-2026-1001.json"), text);
        execFileSync("tar", ["-czf", path, "-C", folder, "CVE-2026-1001.json"]);
      },
    ],
  ])("that is an archive (%s) is used as a whole or not at all", async (ending, pack) => {
    const path = join(await mkdtemp(join(tmpdir(), "breakwater-test-")), `all.${ending}`);
    // Each archive tells of vulnerabilities of its own, so that what one left behind is seen.
    const cve = ending === "zip" ? "CVE-2026-77001" : "CVE-2026-77002";
    const advisory = {
      id: `A-${cve}`,
      upstream: [cve],
      affected: [
        {
          package: { ecosystem: "Debian:12", name: "curl" },
          ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "2" }] }],
        },
      ],
    };
    await pack(path, JSON.stringify(advisory));
    const known = async () => (await store.db.select().from(schema.vulnerability).where(eq(schema.vulnerability.id, cve))).length;
    const feed = { kind: "osv" as const, source: path, signedBy: vendor.keyring };
    const refused = async (why: string) => {
      expect(await refreshed(feed)).toContain(why);
      expect(await known()).toBe(0);
    };
    await refused("its signature cannot be had");
    expired.sign(path);
    expect(await refreshed({ ...feed, signedBy: expired.keyring })).toContain("by a key that has expired");
    expect(await known()).toBe(0);
    stranger.sign(path);
    await refused("by a key that is not in");
    vendor.sign(path);
    const signed = await readFile(path);
    // What is appended to an archive leaves its documents readable, and is not what was signed.
    await writeFile(path, Buffer.concat([signed, Buffer.from("\0")]));
    await refused("not of these bytes");
    await writeFile(path, signed);
    expect(await refreshed(feed)).toMatch(/^[1-9]\d* records/);
    expect(await known()).toBe(1);
  });

  it("of a publisher's folder is checked document by document", async () => {
    const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
    await mkdir(join(folder, "2026"));
    const path = join(folder, "2026", "cve-2026-1001.json");
    await writeFile(path, JSON.stringify(vexDocument()));
    await writeFile(join(folder, "changes.csv"), '"2026/cve-2026-1001.json","2026-02-01T00:00:00Z"\n');
    const server = createServer(async (request, response) => {
      const content = await readFile(join(folder, request.url ?? "")).catch(() => undefined);
      response.writeHead(content ? 200 : 404).end(content);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const feed = { kind: "csaf" as const, source, signedBy: vendor.keyring };
    expect(await refreshed(feed)).toContain("2026/cve-2026-1001.json: its signature cannot be had");
    vendor.sign(path);
    expect(await refreshed(feed)).toMatch(/^[1-9]\d* records/);
    // What cannot be checked is not read unchecked.
    expect(await refreshed({ ...feed, kind: "stix" })).not.toContain("records");
    await new Promise((done) => server.close(done));
  });
});
