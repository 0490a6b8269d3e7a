import "reflect-metadata";
import { verify, webcrypto, X509Certificate } from "node:crypto";
import {
  type AgentMessage__Output,
  AgentService,
  type ControllerMessage,
  EnrollmentService,
  type EnrollResponse,
  type Hello__Output,
  lateRenewalText,
  type RenewRequest__Output,
} from "@breakwater/shared/wire";
import * as grpc from "@grpc/grpc-js";
import * as x509 from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const crypto = webcrypto as unknown as Crypto;
const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
const pem = (label: string, bytes: ArrayBuffer) =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes)
    .toString("base64")
    .match(/.{1,64}/g)
    ?.join("\n")}\n-----END ${label}-----\n`;

/** A certificate authority as a controller has one. */
export async function testAuthority() {
  const keys = await newKeys();
  const lifeMs = 3_600_000;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: "CN=Test authority",
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    },
    crypto,
  );
  const issue = async (publicKey: x509.PublicKeyType, subjectAltNames: x509.JsonGeneralNames, notAfter = new Date(Date.now() + lifeMs)) =>
    x509.X509CertificateGenerator.create(
      {
        subject: "CN=test",
        issuer: certificate.subject,
        notBefore: new Date(Date.now() - 60_000),
        notAfter,
        publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [new x509.SubjectAlternativeNameExtension(subjectAltNames)],
      },
      crypto,
    );
  const server = await newKeys();
  const serverCertificate = await issue(server.publicKey, [{ type: "ip", value: "127.0.0.1" }]);
  return {
    pem: certificate.toString("pem"),
    fingerprint: Buffer.from(await certificate.getThumbprint("SHA-256", crypto)).toString("hex"),
    issue,
    server: {
      key: Buffer.from(pem("PRIVATE KEY", await webcrypto.subtle.exportKey("pkcs8", server.privateKey))),
      // The chain is presented whole, so that agents can pin the authority.
      chain: Buffer.from(`${serverCertificate.toString("pem")}\n${certificate.toString("pem")}`),
    },
  };
}

type Call = grpc.ServerDuplexStream<AgentMessage__Output, ControllerMessage>;

/** One stream that an agent opened. */
export interface TestStream {
  readonly hello: Hello__Output;
  readonly received: AgentMessage__Output[];
  send(message: ControllerMessage): void;
  /** One message of any bytes at all. */
  sendBytes(bytes: Buffer): void;
  end(status?: { code: grpc.status; details: string }): void;
  /** Cuts the connection without a word. */
  readonly call: Call;
}

export interface TestController {
  readonly authority: Awaited<ReturnType<typeof testAuthority>>;
  readonly enrolAddress: string;
  readonly sessionAddress: string;
  readonly streams: TestStream[];
  /** What happens with a Hello; by default Welcome. */
  greet: (stream: TestStream) => void;
  /** Life of the certificates it hands out. */
  certificateLifeMs: number;
  operatorKeys: EnrollResponse["operatorKeys"];
  renewals: number;
  /** Why it lets in nobody, however good his certificate is. */
  refusal?: string | undefined;
  /** What it answers to a renewal, given the certificate that it should hand out. */
  answerRenewal: (certificate: string) => Promise<{ certificate: string; trustBundle: string }>;
  stop(): Promise<void>;
}

export const WELCOME: ControllerMessage = {
  welcome: {
    protocol: 1,
    controllerVersion: "test",
    clock: new Date().toISOString(),
    settings: { healthIntervalSeconds: 15, inventoryIntervalSeconds: 3_600, checks: [] },
    sendInventory: false,
    forgetExecutions: [],
  },
};

/** A controller with real TLS on loopback, which does what the test says. Takes the join token "good". */
export async function startTestController(): Promise<TestController> {
  const authority = await testAuthority();
  const streams: TestStream[] = [];
  const certificateFor = async (csr: Buffer): Promise<string> => {
    const request = new x509.Pkcs10CertificateRequest(new Uint8Array(csr));
    const key = await request.publicKey.export(crypto);
    const notAfter = new Date(Date.now() + controller.certificateLifeMs);
    return (await authority.issue(key, [{ type: "url", value: "spiffe://breakwater/endpoint/ep_test" }], notAfter)).toString("pem");
  };
  const enrolment = new grpc.Server();
  enrolment.addService(EnrollmentService.service, {
    enroll(call: grpc.ServerUnaryCall<{ joinToken: string; csr: Buffer }, EnrollResponse>, done: grpc.sendUnaryData<EnrollResponse>) {
      if (call.request.joinToken !== "good") return done({ code: grpc.status.UNAUTHENTICATED, details: "this token is not known" });
      void certificateFor(call.request.csr).then((certificate) =>
        done(null, {
          endpointId: "ep_test",
          certificate,
          trustBundle: authority.pem,
          sessionAddress: controller.sessionAddress,
          operatorKeys: controller.operatorKeys ?? [],
        }),
      );
    },
    renew(call: grpc.ServerUnaryCall<RenewRequest__Output, object>, done: grpc.sendUnaryData<object>) {
      const { csr, lateCertificate, lateSignature } = call.request;
      const key = new X509Certificate(lateCertificate).publicKey;
      if (!verify("sha256", lateRenewalText(csr), key, lateSignature))
        return done({ code: grpc.status.PERMISSION_DENIED, details: "not signed by its key" });
      void certificateFor(csr).then((certificate) => done(null, { certificate, trustBundle: "" }));
    },
  });
  const sessions = new grpc.Server();
  sessions.addService(EnrollmentService.service, {
    renew(call: grpc.ServerUnaryCall<{ csr: Buffer }, object>, done: grpc.sendUnaryData<object>) {
      const { refusal } = controller;
      if (refusal) return done({ code: grpc.status.PERMISSION_DENIED, details: refusal });
      if (call.request.csr.length === 0) return done({ code: grpc.status.INVALID_ARGUMENT, details: "no request" });
      controller.renewals++;
      void certificateFor(call.request.csr)
        .then((certificate) => controller.answerRenewal(certificate))
        .then((answer) => done(null, answer));
    },
  });
  const method = AgentService.service.Session as grpc.MethodDefinition<AgentMessage__Output, ControllerMessage>;
  const responseSerialize = (m: ControllerMessage | Buffer): Buffer => (Buffer.isBuffer(m) ? m : method.responseSerialize(m));
  sessions.addService(
    { Session: { ...method, responseSerialize } },
    {
      session(call: Call) {
        let stream: TestStream | undefined;
        call.on("error", () => {});
        call.on("end", () => call.end());
        call.on("data", (message: AgentMessage__Output) => {
          if (stream) return void stream.received.push(message);
          if (!message.hello) return call.destroy();
          stream = {
            hello: message.hello,
            received: [],
            send: (m) => void call.write(m),
            sendBytes: (bytes) => void call.write(bytes as ControllerMessage),
            end: (status) => (status ? void call.emit("error", status) : void call.end()),
            call,
          };
          streams.push(stream);
          controller.greet(stream);
        });
      },
    },
  );
  const listen = (server: grpc.Server, mutual: boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const credentials = grpc.ServerCredentials.createSsl(
        mutual ? Buffer.from(authority.pem) : null,
        [{ private_key: authority.server.key, cert_chain: authority.server.chain }],
        mutual,
      );
      server.bindAsync("127.0.0.1:0", credentials, (error, port) => (error ? reject(error) : resolve(`127.0.0.1:${port}`)));
    });
  const controller: TestController = {
    authority,
    enrolAddress: await listen(enrolment, false),
    sessionAddress: await listen(sessions, true),
    streams,
    greet: (stream) => stream.send(WELCOME),
    certificateLifeMs: 3_600_000,
    operatorKeys: [],
    renewals: 0,
    answerRenewal: async (certificate) => ({ certificate, trustBundle: "" }),
    async stop() {
      enrolment.forceShutdown();
      sessions.forceShutdown();
    },
  };
  return controller;
}

/** Waits for what must come to pass; the test's own time limit ends it. */
export async function until<T>(look: () => T | undefined | false): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
