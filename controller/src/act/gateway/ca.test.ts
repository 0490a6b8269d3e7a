import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuthority } from "./ca.ts";
import { movableClock, newRequest } from "./testing.ts";

let directory: string;
const clock = movableClock();
const open = (names: string[] = []) => openAuthority({ directory: join(directory, "ca"), clock, names });
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "breakwater-ca-"));
});
afterEach(() => rm(directory, { recursive: true }));

describe("authority", () => {
  it("is founded once, and its key is for its owner alone", async () => {
    const first = await open();
    expect((await open()).caFingerprint()).toBe(first.caFingerprint());
    expect(first.caFingerprint()).toMatch(/^[0-9a-f]{64}$/);
    await first.serverIdentity();
    for (const name of await readdir(join(directory, "ca"))) expect((await stat(join(directory, "ca", name))).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, "ca"))).mode & 0o777).toBe(0o700);
  });

  it("is never silently founded anew over a damaged file", async () => {
    await open();
    await truncate(join(directory, "ca", "authority.pem"), 100);
    await expect(open()).rejects.toMatchObject({ problem: { code: "authority-unusable" } });
  });
});

describe("server certificate", () => {
  it("names every address that agents use, and ends its chain with the authority", async () => {
    const ca = await open(["controller.example", "192.0.2.7"]);
    const { chainPem } = await ca.serverIdentity();
    const leaf = new X509Certificate(chainPem);
    for (const name of ["localhost", "controller.example"]) expect(leaf.checkHost(name)).toBe(name);
    for (const address of ["127.0.0.1", "192.0.2.7"]) expect(leaf.checkIP(address)).toBe(address);
    expect(leaf.subjectAltName).toContain("URI:spiffe://breakwater/controller");
    const root = new X509Certificate(ca.trustBundle);
    expect(leaf.checkIssued(root) && leaf.verify(root.publicKey) && root.ca && !leaf.ca).toBe(true);
    expect(chainPem).toContain(ca.trustBundle.trim());
  });

  it("stays over a restart, and is made anew for a new name or past two thirds of its life", async () => {
    const first = await (await open()).serverIdentity();
    expect(await (await open()).serverIdentity()).toEqual(first);
    const named = await open(["new.example"]);
    const second = await named.serverIdentity();
    expect(new X509Certificate(second.chainPem).checkHost("new.example")).toBe("new.example");
    clock.advance(21 * 86_400_000);
    expect((await named.serverIdentity()).chainPem).not.toBe(second.chainPem);
  });
});

describe("client certificates", () => {
  it("name the endpoint in one URI, live a day, and are good for nothing but clients", async () => {
    const ca = await open();
    const { csr } = await newRequest();
    const issued = expectOk(await ca.issueForEndpoint(csr, "ep_1"));
    const certificate = new X509Certificate(issued.pem);
    expect(certificate.subjectAltName).toBe("URI:spiffe://breakwater/endpoint/ep_1");
    expect(certificate.subject).not.toContain("whatever");
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(Date.parse(certificate.validTo) - clock.now()).toBeLessThanOrEqual(86_400_000);
    expect(certificate.serialNumber.toLowerCase().replace(/^0+/, "")).toBe(issued.serial);
    expect(certificate.verify(new X509Certificate(ca.trustBundle).publicKey)).toBe(true);
  });

  it("are not given to a request that cannot be trusted", async () => {
    const ca = await open();
    const { csr } = await newRequest();
    const forged = Buffer.from(csr);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    for (const bad of [Buffer.alloc(0), Buffer.from("nonsense"), Buffer.alloc(20_000), forged])
      expect(await ca.issueForEndpoint(bad, "ep_1")).toMatchObject({ ok: false, problem: { code: "csr-invalid" } });
  });
});
