import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { testAuthority } from "../session/testing.ts";
import { runCheck } from "./checks.ts";

const run = () => Promise.reject(new Error("nothing is run here"));

describe("a check of the plan", () => {
  it("asks a service on loopback as it is asked from day to day, whoever signed its certificate", async () => {
    const authority = await testAuthority();
    const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const names = [{ type: "dns" as const, value: "shop.example" }];
    const certificate = await authority.issue(keys.publicKey, names, new Date(Date.now() + 3_600_000));
    const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
    const key = `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`;
    // It never stops talking, too: nobody waits for the end of its answer.
    const server = createServer({ key, cert: certificate.toString("pem") }, (_, answer) => {
      const talk = setInterval(() => answer.write("x".repeat(10_000)), 1);
      answer.on("close", () => clearInterval(talk));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    try {
      expect(await runCheck(run, { kind: "http", name: "shop", url, timeoutMs: 5_000 })).toMatchObject({ passed: true, detail: "" });
      const wrong = await runCheck(run, { kind: "http", name: "shop", url, expectStatus: 204, timeoutMs: 5_000 });
      expect(wrong).toMatchObject({ passed: false, detail: "status 200" });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("says what stands in the way", async () => {
    const refused = await runCheck(run, { kind: "http", name: "gone", url: "http://127.0.0.1:1/", timeoutMs: 1_000 });
    expect(refused).toMatchObject({ passed: false, detail: expect.stringContaining("ECONNREFUSED") });
    const asked = await runCheck(run, { kind: "unit", name: "shop", unit: "shop.service", timeoutMs: 1_000 });
    expect(asked).toMatchObject({ passed: false, detail: "nothing is run here" });
  });
});
