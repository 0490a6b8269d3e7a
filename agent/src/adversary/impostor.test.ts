import "reflect-metadata";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { systemClock } from "@breakwater/shared/core";
import * as x509 from "@peculiar/x509";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EnrolledIdentity, enrol, readIdentity, renew } from "../session/index.ts";
import { openStream } from "../session/stream.ts";
import { startTestController, type TestController, testAuthority } from "../session/testing.ts";

describe("T7, T8: somebody in the controller's place", () => {
  let [controller, stateDir]: [TestController | undefined, string] = [undefined, ""];
  const there = (): TestController => controller ?? expect.fail("no controller");
  beforeAll(async () => {
    controller = await startTestController();
    stateDir = mkdtempSync(join(tmpdir(), "breakwater-impostor-"));
    const enrolled = await enrol({
      ...{ server: controller.enrolAddress, joinToken: "good", operatorKeys: [], identity: {}, clock: systemClock },
      ...{ stateDir, configDir: stateDir },
    });
    expect(enrolled.ok).toBe(true);
  });
  afterAll(async () => {
    await controller?.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const identity = async () => (await readIdentity(stateDir)) as EnrolledIdentity;
  /** What becomes of a session with a server that presents this; the Hello must not have got there. */
  async function meet(options: TlsOptions) {
    let heard = 0;
    const server = createTlsServer({ ALPNProtocols: ["h2"], ...options }, (socket) => {
      socket.on("data", (d) => {
        heard += d.length;
      });
      socket.on("error", () => {});
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const sessionAddress = `127.0.0.1:${(server.address() as { port: number }).port}`;
    const stream = openStream({ ...(await identity()), sessionAddress }, {}, { welcome() {}, message() {}, writable() {} }, systemClock);
    const end = await stream.ended;
    server.close();
    return { kind: end.kind, reason: end.reason, heard };
  }
  const unheard = { kind: "unreachable", heard: 0 };

  it("is told nothing: another authority, an endpoint's own certificate, or an elder TLS", async () => {
    const other = await testAuthority();
    expect(await meet({ key: other.server.key, cert: other.server.chain })).toMatchObject(unheard);
    const mine = await identity();
    expect(await meet({ key: mine.privateKeyPem, cert: mine.certificatePem })).toMatchObject(unheard);
    const { key, chain: cert } = there().authority.server;
    expect(await meet({ key, cert, maxVersion: "TLSv1.2" })).toMatchObject(unheard);
  });

  it("lays down no stranger's authority and no certificate of its choice at a renewal", async () => {
    const [foreign, own] = [await testAuthority(), there().authority];
    const file = () => readFileSync(join(stateDir, "identity.json"), "utf8");
    const before = file();
    /** A certificate for the agent's new key, as right as this authority can make one for this endpoint. */
    const issuedBy = async (by: typeof own, certificate: string, id: string, notAfter?: Date) => {
      const { publicKey } = new x509.X509Certificate(certificate);
      return (await by.issue(publicKey, [{ type: "url", value: `spiffe://breakwater/endpoint/${id}` }], notAfter)).toString("pem");
    };
    const answers: [(certificate: string) => Promise<{ certificate?: string; trustBundle?: string }>, RegExp][] = [
      [async (c) => ({ certificate: await issuedBy(foreign, c, "ep_test"), trustBundle: foreign.pem }), /is not trusted/],
      [async () => ({ trustBundle: `${own.pem}${foreign.pem}` }), /is not trusted/],
      [async (c) => ({ certificate: await issuedBy(foreign, c, "ep_test") }), /no authority that is trusted/],
      [async (c) => ({ certificate: await issuedBy(own, c, "ep_other") }), /for another endpoint/],
      [async (c) => ({ certificate: await issuedBy(own, c, "ep_test", new Date(Date.now() - 1_000)) }), /over already/],
      [async () => ({ certificate: (await identity()).certificatePem }), /another key/],
      [async () => ({ certificate: "nonsense" }), /cannot be read/],
      [async () => ({ trustBundle: "nonsense" }), /no authority that is trusted/],
    ];
    for (const [answer, why] of answers) {
      there().answerRenewal = async (certificate) => ({ certificate, trustBundle: "", ...(await answer(certificate)) });
      const renewed = await renew(stateDir, await identity(), systemClock);
      expect(renewed).toMatchObject({ ok: false, problem: { code: "renewal-refused", message: expect.stringMatching(why) } });
    }
    expect(file()).toBe(before);
    there().answerRenewal = async (certificate) => ({ certificate, trustBundle: own.pem });
    expect((await renew(stateDir, await identity(), systemClock)).ok).toBe(true);
    expect(file()).not.toBe(before);
  });
});
