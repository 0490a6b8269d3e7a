import "reflect-metadata";
import { X509Certificate as NodeCertificate, randomBytes, webcrypto } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import {
  addMs,
  type Clock,
  type DurationMs,
  fail,
  type Instant,
  instant,
  ok,
  type Problem,
  ProblemError,
  type Result,
} from "@breakwater/shared/core";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  type PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { CertificateRecord } from "../../know/fleet/index.ts";
import { CONTROLLER_URI, endpointUri, monitorUri } from "./identity.ts";
import { LIMITS, TIMES } from "./limits.ts";
import { readIfThere, writePrivateFile } from "./private-file.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const crypto = webcrypto as unknown as Crypto;

/** A certificate with the PEM that goes to its holder. */
export interface IssuedCertificate extends CertificateRecord {
  readonly pem: string;
}

/** What a TLS listener presents. The chain ends with the authority, so that an agent can pin it by fingerprint. */
export interface ServerIdentity {
  readonly keyPem: string;
  readonly chainPem: string;
  readonly names: readonly string[];
  readonly renewAt: Instant;
}

export interface CertificateAuthority {
  /** PEM of the authority's own certificate: what agents trust. */
  readonly trustBundle: string;
  /** SHA-256 of the authority's certificate, lower-case hex, for agents to pin. */
  caFingerprint(): string;
  /** The present server certificate; made anew when it is past two thirds of its life or the names changed. */
  serverIdentity(): Promise<ServerIdentity>;
  /** Takes the public key of a PKCS #10 request, whose signature proves its possession, and nothing else of it. */
  issueForEndpoint(csr: Uint8Array, endpointId: string): Promise<Result<IssuedCertificate>>;
  issueForMonitor(csr: Uint8Array, name: string): Promise<Result<IssuedCertificate>>;
  /** A monitor's certificate with a fresh key, for monitors that cannot make a request. The key is kept nowhere. */
  newMonitor(name: string): Promise<{ certificate: IssuedCertificate; privateKeyPem: string }>;
}

interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

/**
 * Opens the controller's authority in a directory, or founds it on first start. Key and certificate lie in one file, so
 * that no crash can part them.
 */
export async function openAuthority(options: {
  readonly directory: string;
  readonly clock: Clock;
  /** Further DNS names and addresses that agents use for this controller. */
  readonly names?: readonly string[];
}): Promise<CertificateAuthority> {
  const { directory, clock } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { key, certificate } = await loadOrFound(join(directory, "authority.pem"), clock);
  const trustBundle = certificate.toString("pem");
  const names = [...new Set(["localhost", "127.0.0.1", "::1", hostname(), ...(options.names ?? [])])].sort();
  const serverPath = join(directory, "server.pem");
  let server: ServerIdentity | undefined;

  const issue = async (
    subject: string,
    publicKey: PublicKey | CryptoKey,
    life: DurationMs,
    extensions: Extension[],
    commonName: string,
  ) => {
    const serial = newSerial();
    const issuedAt = clock.now();
    const expiresAt = addMs(issuedAt, life);
    const made = await X509CertificateGenerator.create(
      {
        serialNumber: serial,
        subject: [{ CN: [commonName] }],
        issuer: certificate.subject,
        notBefore: new Date(addMs(issuedAt, -TIMES.backdate)),
        notAfter: new Date(expiresAt),
        publicKey,
        signingKey: key,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          await AuthorityKeyIdentifierExtension.create(certificate, false, crypto),
          ...extensions,
        ],
      },
      crypto,
    );
    return { serial, subject, issuedAt, expiresAt, pem: made.toString("pem") };
  };
  const issueClient = (uri: string, endpointId: string, publicKey: PublicKey | CryptoKey, life: DurationMs): Promise<IssuedCertificate> =>
    issue(
      uri,
      publicKey,
      life,
      [
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth], false),
        new SubjectAlternativeNameExtension([{ type: "url", value: uri }], false),
      ],
      endpointId || "monitor",
    ).then((made) => ({ ...made, endpointId }));
  const issueServer = async (): Promise<ServerIdentity> => {
    const keys = await newKeys();
    const made = await issue(
      CONTROLLER_URI,
      keys.publicKey,
      TIMES.serverCertificate,
      [
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth], false),
        new SubjectAlternativeNameExtension(
          [
            { type: "url", value: CONTROLLER_URI },
            ...names.map((value) => ({ type: isAddress(value) ? ("ip" as const) : ("dns" as const), value })),
          ],
          false,
        ),
      ],
      "breakwater controller",
    );
    await writePrivateFile(serverPath, `${await privateKeyPem(keys.privateKey)}${made.pem}\n`);
    return readServer(await readIfThere(serverPath), trustBundle) ?? unusable(serverPath);
  };

  return {
    trustBundle,
    caFingerprint: () => new NodeCertificate(trustBundle).fingerprint256.replaceAll(":", "").toLowerCase(),
    async serverIdentity() {
      server ??= readServer(await readIfThere(serverPath), trustBundle);
      const fits = server && clock.now() < server.renewAt && names.every((name) => server?.names.includes(name));
      if (!server || !fits || !signedBy(server, certificate)) server = await issueServer();
      return server;
    },
    async issueForEndpoint(csr, endpointId) {
      const publicKey = await requestedKey(csr);
      if (!publicKey.ok) return publicKey;
      return ok(await issueClient(endpointUri(endpointId), endpointId, publicKey.value, TIMES.clientCertificate));
    },
    async issueForMonitor(csr, name) {
      const publicKey = await requestedKey(csr);
      if (!publicKey.ok) return publicKey;
      return ok(await issueClient(monitorUri(name), "", publicKey.value, TIMES.monitorCertificate));
    },
    async newMonitor(name) {
      const keys = await newKeys();
      const certificate = await issueClient(monitorUri(name), "", keys.publicKey, TIMES.monitorCertificate);
      return { certificate, privateKeyPem: await privateKeyPem(keys.privateKey) };
    },
  };
}

/** The key of a request that is signed with it. Only kinds that TLS 1.3 uses at 128 bits. */
async function requestedKey(csr: Uint8Array): Promise<Result<PublicKey>> {
  if (csr.length === 0 || csr.length > LIMITS.csrBytes) return fail(csrProblem("it is empty or larger than 16 KiB"));
  try {
    const request = new Pkcs10CertificateRequest(new Uint8Array(csr));
    const algorithm = request.publicKey.algorithm as { name: string; namedCurve?: string };
    const fits = algorithm.name === "Ed25519" || (algorithm.name === "ECDSA" && ["P-256", "P-384"].includes(algorithm.namedCurve ?? ""));
    if (!fits) return fail(csrProblem(`its key is ${algorithm.name} ${algorithm.namedCurve ?? ""}, not P-256, P-384 or Ed25519`));
    return (await request.verify(crypto)) ? ok(request.publicKey) : fail(csrProblem("its signature does not fit its key"));
  } catch (cause) {
    return fail(csrProblem(cause instanceof Error ? cause.message : "it cannot be read"));
  }
}

const csrProblem = (why: string): Problem => ({
  code: "csr-invalid",
  message: `The certificate request cannot be used: ${why}.`,
  next: "Delete the agent's key and enrol again.",
});

async function loadOrFound(path: string, clock: Clock): Promise<{ key: CryptoKey; certificate: X509Certificate }> {
  const there = await readIfThere(path);
  if (there === undefined) {
    const keys = await newKeys();
    const certificate = await found(keys, clock.now());
    await writePrivateFile(path, `${await privateKeyPem(keys.privateKey)}${certificate.toString("pem")}\n`);
    return { key: keys.privateKey, certificate };
  }
  const { keyPem, certificatePem } = splitPem(there);
  if (!keyPem || !certificatePem) return unusable(path);
  const key = await webcrypto.subtle.importKey("pkcs8", derOf(keyPem), ALGORITHM, false, ["sign"]);
  return { key: key as unknown as CryptoKey, certificate: new X509Certificate(certificatePem) };
}

const found = async (keys: KeyPair, at: Instant): Promise<X509Certificate> =>
  X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: newSerial(),
      name: [{ CN: [`Breakwater authority ${randomBytes(4).toString("hex")}`] }],
      notBefore: new Date(addMs(at, -TIMES.backdate)),
      notAfter: new Date(addMs(at, TIMES.authority)),
      keys: keys as CryptoKeyPair,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
      ],
    },
    crypto,
  );

function readServer(text: string | undefined, trustBundle: string): ServerIdentity | undefined {
  const { keyPem, certificatePem } = splitPem(text ?? "");
  if (!keyPem || !certificatePem) return undefined;
  const certificate = new X509Certificate(certificatePem);
  const [from, to] = [certificate.notBefore.getTime(), certificate.notAfter.getTime()];
  const alternatives = certificate.getExtension(SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  return {
    keyPem,
    chainPem: `${certificatePem}\n${trustBundle}\n`,
    names: alternatives.map((n) => n.value),
    renewAt: instant(from + ((to - from) * 2) / 3),
  };
}

const signedBy = (server: ServerIdentity, authority: X509Certificate): boolean =>
  new NodeCertificate(server.chainPem).verify(new NodeCertificate(authority.toString("pem")).publicKey);

/** 16 random bytes as RFC 5280 wants them: positive, no leading zero. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

const newKeys = async (): Promise<KeyPair> =>
  (await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as unknown as KeyPair;

async function privateKeyPem(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${der.match(/.{1,64}/g)?.join("\n")}\n-----END PRIVATE KEY-----\n`;
}

const splitPem = (text: string) => ({
  keyPem: /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----/.exec(text)?.[0],
  certificatePem: /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(text)?.[0],
});
const derOf = (pem: string): Buffer => Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ""), "base64");
const isAddress = (name: string): boolean => /^[\d.]+$/.test(name) || name.includes(":");

function unusable(path: string): never {
  throw new ProblemError({
    code: "authority-unusable",
    message: `${path} holds no key and certificate.`,
    next: "Restore it from a backup: without it every agent has to enrol again.",
  });
}
