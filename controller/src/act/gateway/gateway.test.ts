import { sign, X509Certificate } from "node:crypto";
import { connect, type SecureVersion } from "node:tls";
import { expectOk } from "@breakwater/shared/core";
import { EnrollmentService, lateRenewalText } from "@breakwater/shared/wire";
import * as grpc from "@grpc/grpc-js";
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { schema } from "../../store/index.ts";
import { cancel, eventually, gatewayOfFile, report } from "./gateway-of-file.testing.ts";
import { CODE_KEY } from "./refusal.ts";
import { callEnroll, clientCredentials, enrolMachine, hello, movableClock, newRequest, openStream, openTestGateway } from "./testing.ts";

const g = gatewayOfFile();
const { clock, newMachine, newName, queueCommand, session, steps, stream, token, told } = g;
const code = (error: unknown): unknown => (error as grpc.ServiceError).metadata?.get(CODE_KEY)[0];

describe("enrolment", () => {
  it("turns a join token into a certificate that opens a session", async () => {
    const identity = await newMachine();
    expect(identity.sessionAddress).toBe(`127.0.0.1:${g.test.gateway.addresses().sessionPort}`);
    const { welcome } = await session(identity);
    expect(welcome).toMatchObject({ protocol: 1, sendInventory: true });
    expect(expectOk(await g.test.fleet.get(identity.endpointId))).toMatchObject({
      connected: true,
      timezone: "Europe/Berlin",
      policyMode: "patch",
    });
  });

  it("says why a token is of no use", async () => {
    const { csr } = await newRequest();
    const used = await token();
    await callEnroll(g.test, { joinToken: used, csr, machine: newName() });
    const attempt = async (joinToken: string) =>
      callEnroll(g.test, { joinToken, csr, machine: "x" }).catch((e) => [e.code, code(e), e.details]);
    expect(await attempt(used)).toEqual([grpc.status.UNAUTHENTICATED, "token-used", expect.stringContaining("join-token create")]);
    expect(await attempt("bwjoin_wrong")).toEqual([grpc.status.UNAUTHENTICATED, "token-unknown", expect.any(String)]);
  });

  it("spends no token on a request whose signature does not fit its key", async () => {
    const joinToken = await token();
    const { csr } = await newRequest();
    const forged = Buffer.from(csr);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    const machine = newName();
    await expect(callEnroll(g.test, { joinToken, csr: forged, machine })).rejects.toMatchObject({ code: grpc.status.INVALID_ARGUMENT });
    await expect(callEnroll(g.test, { joinToken, csr, machine })).resolves.toMatchObject({ endpointId: expect.stringMatching(/^ep_/) });
  });

  it("refuses TLS 1.2 on both listeners", async () => {
    const { enrollmentPort, sessionPort } = g.test.gateway.addresses();
    const identity = await newMachine();
    const client = { ca: g.test.ca.trustBundle, cert: identity.certificatePem, key: identity.privateKeyPem, ALPNProtocols: ["h2"] };
    const handshake = (port: number, maxVersion: SecureVersion) =>
      new Promise<string | null | undefined>((done) => {
        const socket = connect({ ...client, port, host: "127.0.0.1", minVersion: "TLSv1.2", maxVersion }, () => {
          done(socket.getProtocol());
          socket.destroy();
        });
        socket.on("error", (error: NodeJS.ErrnoException) => done(error.code));
      });
    for (const port of [enrollmentPort, sessionPort]) {
      expect(await handshake(port, "TLSv1.2")).toBe("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
      expect(await handshake(port, "TLSv1.3")).toBe("TLSv1.3");
    }
  });
});

describe("identity", () => {
  it("of another authority does not get through the handshake", async () => {
    const foreign = await openTestGateway(g.store, { clock });
    const identity = await enrolMachine(foreign, newName());
    const intruder = openStream({ ...identity, trustBundle: g.test.ca.trustBundle }, `127.0.0.1:${g.test.gateway.addresses().sessionPort}`);
    intruder.send(hello(identity.machine));
    expect((await intruder.status()).code).toBe(grpc.status.UNAVAILABLE);
    await foreign.close();
  });

  it("is the certificate's alone: another machine's description ends the stream", async () => {
    const identity = await newMachine();
    const other = await newMachine();
    const claimed = stream(identity);
    claimed.send(hello(other.machine));
    expect(await claimed.status()).toMatchObject({ code: grpc.status.PERMISSION_DENIED });
    expect(await told("endpoint.identity-copied", identity.endpointId)).toHaveLength(1);
  });

  it("may not report for another endpoint", async () => {
    const [mine, other] = [await newMachine(), await newMachine()];
    await queueCommand(other, "ex_other", cancel);
    const opened = await session(mine);
    opened.send({ sequence: 1, executionReport: report("ex_other", 1, "succeeded") });
    expect(await opened.status()).toMatchObject({ code: grpc.status.PERMISSION_DENIED });
    expect(await steps("ex_other")).toEqual([]);
  });

  it("ends with its revocation, on the live stream too", async () => {
    const identity = await newMachine();
    const opened = await session(identity);
    const [certificate] = await g.test.fleet.certificates.of(identity.endpointId);
    expectOk(await g.test.fleet.certificates.revoke(certificate?.serial ?? "", "user:ada", "stolen"));
    expect(await opened.status()).toMatchObject({ code: grpc.status.PERMISSION_DENIED, details: expect.stringContaining("revoked") });
    const again = stream(identity);
    again.send(hello(identity.machine));
    expect((await again.status()).metadata.get(CODE_KEY)).toEqual(["certificate-revoked"]);
  });

  it("that lives on two machines shows", async () => {
    const identity = await newMachine();
    const first = await session(identity, { incarnation: 5 });
    const second = await session(identity, { incarnation: 2, bootId: "boot-2" });
    expect((await first.next("disconnect")).reason).toContain("another connection");
    await eventually(async () => expect(await told("endpoint.clone-suspected", identity.endpointId)).toHaveLength(1));
    expect(second.isOpen()).toBe(true);
    expect(expectOk(await g.test.fleet.get(identity.endpointId)).connected).toBe(true);
  });
});

describe("renewal", () => {
  it("asked for without a request tells an endpoint whether its certificate is in force, and gives nothing", async () => {
    const identity = await newMachine();
    const ask = () => {
      const client = new EnrollmentService(identity.sessionAddress, clientCredentials(identity.trustBundle, identity));
      return new Promise<grpc.status | undefined>((done) => {
        client.renew({ csr: Buffer.alloc(0) }, (error) => {
          client.close();
          done(error?.code);
        });
      });
    };
    expect(await ask()).toBe(grpc.status.INVALID_ARGUMENT);
    const [certificate, ...more] = await g.test.fleet.certificates.of(identity.endpointId);
    expect(more).toEqual([]);
    expectOk(await g.test.fleet.certificates.revoke(certificate?.serial ?? "", "user:ada", "stolen"));
    expect(await ask()).toBe(grpc.status.PERMISSION_DENIED);
  });

  it("gives an endpoint a new certificate for its own id", async () => {
    const identity = await newMachine();
    const client = new EnrollmentService(identity.sessionAddress, clientCredentials(identity.trustBundle, identity));
    const { csr, privateKeyPem } = await newRequest();
    const renewed = await new Promise<string>((done, refuse) =>
      client.renew({ csr }, (error, r) => (r ? done(r.certificate) : refuse(error))),
    );
    client.close();
    const opened = await session({ ...identity, certificatePem: renewed, privateKeyPem });
    expect(opened.isOpen()).toBe(true);
    expect(await g.test.fleet.certificates.of(identity.endpointId)).toHaveLength(2);
  });
});

describe("renewal of a certificate that ran out while its endpoint was away", () => {
  const DAY = 86_400_000;
  /** A gateway of its own: its clock runs ahead by days. */
  async function away(days: number) {
    const gateway = await openTestGateway(g.store, { clock: movableClock() });
    const identity = await enrolMachine(gateway, `away-${Math.random()}`);
    (gateway.clock as ReturnType<typeof movableClock>).advance(days * DAY);
    const renew = async (change: { certificatePem?: string; privateKeyPem?: string } = {}) => {
      const { certificatePem, privateKeyPem } = { ...identity, ...change };
      const { csr } = await newRequest();
      const client = new EnrollmentService(
        `127.0.0.1:${gateway.gateway.addresses().enrollmentPort}`,
        clientCredentials(identity.trustBundle),
      );
      const late = { lateCertificate: certificatePem, lateSignature: sign("sha256", lateRenewalText(csr), privateKeyPem) };
      return new Promise<string>((done) =>
        client.renew({ csr, ...late }, (error, r) => {
          client.close();
          done(r ? (new X509Certificate(r.certificate).subjectAltName ?? "") : (error?.details ?? ""));
        }),
      );
    };
    return { ...gateway, identity, renew };
  }

  it("is given for its own id after a week, also when the answer got lost before", async () => {
    const { identity, renew, close } = await away(7);
    for (const _ of ["lost", "again"]) expect(await renew()).toBe(`URI:spiffe://breakwater/endpoint/${identity.endpointId}`);
    await close();
  });

  it("is refused without the key, for a stranger's certificate, after a month, once revoked, or once seen since", async () => {
    const { identity, renew, fleet, clock, close } = await away(7);
    const other = await newRequest();
    expect(await renew({ privateKeyPem: other.privateKeyPem })).toContain("not signed by the certificate's key");
    const elsewhere = await openTestGateway(g.store);
    expect(await renew(await enrolMachine(elsewhere, "stranger"))).toContain("no record of this certificate");
    await elsewhere.close();
    await g.store.db
      .update(schema.endpoint)
      .set({ lastSeenAt: new Date(clock.now() - DAY).toISOString() })
      .where(eq(schema.endpoint.id, identity.endpointId));
    expect(await renew()).toContain("seen with a newer certificate");
    expectOk(await fleet.remove(identity.endpointId, "user:ada"));
    expect(await renew()).toContain("revoked");
    await close();
    const long = await away(32);
    expect(await long.renew()).toContain("more than 30 days ago");
    await long.close();
  });
});

describe("stop", () => {
  it("tells agents when to come back and closes", async () => {
    const stopped = await openTestGateway(g.store, { clock, ca: g.test.ca });
    const identity = await newMachine();
    const opened = openStream(identity, `127.0.0.1:${stopped.gateway.addresses().sessionPort}`);
    opened.send(hello(identity.machine));
    await opened.next("welcome");
    const closing = stopped.close();
    const { reason, retryAfterSeconds } = await opened.next("disconnect");
    expect(reason).toContain("stopping");
    expect(retryAfterSeconds).toBeGreaterThan(0);
    expect((await opened.status()).code).toBe(grpc.status.OK);
    await closing;
    expect(expectOk(await g.test.fleet.get(identity.endpointId)).connected).toBe(false);
  });
});
