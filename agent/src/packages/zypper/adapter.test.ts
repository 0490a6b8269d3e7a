import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PackageChange } from "@breakwater/shared/command";
import { systemClock } from "@breakwater/shared/core";
import { afterAll, describe, expect, it } from "vitest";
import type { Run } from "../run.ts";
import { createZypper } from "./index.ts";

const root = mkdtempSync(join(tmpdir(), "breakwater-zypper-"));
afterAll(() => rmSync(root, { recursive: true }));

const change = (name: string, to = "1.1-1"): PackageChange => ({ manager: "zypper", name, architecture: "noarch", from: "1.0-1", to });
type Answer = { readonly exitCode?: number; readonly stdout?: string; readonly stderr?: string };
/** A machine whose tools answer by their words. */
function machine(answer: (words: readonly string[]) => Answer) {
  const asked: string[][] = [];
  const run: Run = async (argv) => {
    asked.push([...argv]);
    return { exitCode: 0, stdout: "", stderr: "", timedOut: false, ...answer(argv) };
  };
  return { asked, zypper: createZypper(run, systemClock) };
}
const download = (name: string, path: string) =>
  `<download-result><solvable><kind>package</kind><name>${name}</name><edition epoch="0" version="1.1" release="1"/><arch>noarch</arch></solvable><localfile path="${path}"/></download-result>`;
const LIMITS = { bytesPerSecond: 0, lockWaitMs: 0 };

describe("a download", () => {
  const fetched = (more: string, signature: string) => {
    const directory = mkdtempSync(join(root, "new-"));
    const m = machine((argv) => {
      if (argv[1] === "-K") return { stdout: `${argv[2]}: ${signature}\n` };
      const cache = argv[argv.indexOf("--pkg-cache-dir") + 1] ?? "";
      mkdirSync(join(cache, "testbed"), { recursive: true });
      writeFileSync(join(cache, "testbed/a.rpm"), "bytes of a");
      return { stdout: `<?xml version='1.0'?>\n<stream>\n${download("a", join(cache, "testbed/a.rpm"))}${more}</stream>` };
    });
    return { ...m, directory };
  };
  it("lies in the directory under its own name, and nothing beside it", async () => {
    const { zypper, directory } = fetched("", "digests signatures OK");
    const got = await zypper.prefetch([change("a")], directory, LIMITS);
    expect(got).toMatchObject({ ok: true, value: [{ name: "a", version: "1.1-1", file: join(directory, "a-1.1-1.noarch.rpm") }] });
    expect(readdirSync(directory)).toEqual(["a-1.1-1.noarch.rpm"]);
  });
  it("fails as a whole where one package did not come, though zypper ends with 0", async () => {
    const gone = '<message type="error">File &apos;./b.rpm&apos; not found on medium &apos;http://m/rpm&apos;</message>';
    const { zypper, directory } = fetched(gone, "digests signatures OK");
    const got = await zypper.prefetch([change("a"), change("b")], directory, LIMITS);
    expect(got).toMatchObject({
      ok: false,
      problem: { failureClass: "download-failed", message: expect.stringContaining("not found on medium") },
    });
    expect(readdirSync(directory)).toEqual([]);
  });
  it.each(["digests OK", "digests SIGNATURES NOT OK"])("is refused where rpm says “%s” of it", async (signature) => {
    const { zypper, directory } = fetched("", signature);
    expect(await zypper.prefetch([change("a")], directory, LIMITS)).toMatchObject({
      ok: false,
      problem: { failureClass: "repository-untrusted" },
    });
  });
});

describe("a transaction", () => {
  it("knows its files alone: no repository, no cache of others, no locks, and zypper's own answers", () => {
    const archives = mkdtempSync(join(root, "archives-"));
    const { argv, env } = machine(() => ({})).zypper.applyCommand([change("a"), change("epoch", "2:1-1")], archives, 5_000);
    const after = (word: string) => argv[argv.indexOf(word) + 1] ?? "";
    expect(argv.slice(-3)).toEqual(["--", `${archives}/a-1.1-1.noarch.rpm`, `${archives}/epoch-2%3a1-1.noarch.rpm`]);
    expect(argv).toEqual(expect.arrayContaining(["--non-interactive", "--no-refresh", "--no-recommends"]));
    expect(argv.join(" ")).not.toMatch(/--no-gpg-checks|--allow-unsigned|--auto-agree|--gpg-auto-import|--force/);
    expect(readdirSync(after("--reposd-dir"))).toEqual([]);
    expect(after("--cache-dir").startsWith(archives)).toBe(true);
    expect(readFileSync(env.ZYPP_CONF ?? "", "utf8")).toMatch(/^locksfile\.apply = no$/m);
    expect(env.ZYPP_LOCK_TIMEOUT).toBe("5");
  });
  it("is refused beforehand where zypper would change a vendor", async () => {
    const solvable = '<solvable type="package" name="a" edition="1.1-1" arch="noarch" edition-old="1.0-1" arch-old="noarch"/>';
    const sections = ["to-upgrade", "to-change-vendor"].map((s) => `<${s}>${solvable}</${s}>`).join("");
    const stdout = `<?xml version='1.0'?><stream><install-summary download-size="1" space-usage-diff="0">${sections}</install-summary></stream>`;
    const { zypper, asked } = machine(() => ({ stdout }));
    expect(await zypper.simulate([change("a")])).toMatchObject({
      ok: false,
      problem: { message: expect.stringContaining("another vendor") },
    });
    expect(asked[0]?.slice(-2)).toEqual(["--", "a.noarch=1.1-1"]);
    expect(asked[0]).toContain("--dry-run");
  });
  it("is judged by what zypper said also where it left out a dead repository, and not where it was locked out", async () => {
    const stdout = `<?xml version='1.0'?><stream><install-summary download-size="0" space-usage-diff="0"></install-summary></stream>`;
    expect((await machine(() => ({ exitCode: 106, stdout })).zypper.simulate([change("a")])).ok).toBe(true);
    const locked = `<?xml version='1.0'?>\n<stream>\n<message type="error">System management is locked by the application with pid 28729 (zypper).</message>\n</stream>`;
    expect(await machine(() => ({ exitCode: 7, stdout: locked })).zypper.simulate([change("a")])).toMatchObject({
      ok: false,
      problem: { failureClass: "lock-timeout" },
    });
    expect((await machine(() => ({ exitCode: 0, stdout: "" })).zypper.simulate([change("a")])).ok).toBe(false);
  });
});

describe("what a killed transaction left", () => {
  const line = (name: string, version: string) => `${name}\t(none)\t${version}\t1\tnoarch\n`;
  const torn = [line("a", "1.0"), line("a", "1.1"), line("b", "2.0")].join("");
  const { zypper } = machine((argv) => ({ stdout: argv.includes("-qa") ? torn : "" }));
  const bytes = (version: string) => ({
    ...{ name: "a", version: `${version}-1`, architecture: "noarch", sha256: "" },
    file: `/archives/a-${version}-1.noarch.rpm`,
  });
  it("is installed again by force, so that its scripts run to their end", async () => {
    const command = await zypper.repairCommand(0, [bytes("1.0"), bytes("1.1")], mkdtempSync(join(root, "archives-")));
    expect(command?.argv.slice(-3)).toEqual(["--force", "--", "/archives/a-1.1-1.noarch.rpm"]);
  });
  it("loses its elder entry where the bytes are not at hand", async () => {
    expect(await zypper.repairCommand(0, [bytes("1.0")], root)).toBeUndefined();
    expect((await zypper.repairCommand(1, [], root))?.argv).toEqual(["/usr/bin/rpm", "-e", "--noscripts", "--nodeps", "a-1.0-1.noarch"]);
    expect(await zypper.repairCommand(2, [], root)).toBeUndefined();
  });
  it("is gone back from by force too: zypper calls the old version installed", () => {
    const kept = [{ ...bytes("1.0"), source: "repository" as const }];
    expect(zypper.restoreCommand(kept, mkdtempSync(join(root, "archives-")), 0, []).argv).toContain("--force");
  });
});
