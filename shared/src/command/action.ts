import * as z from "zod";
import { REBOOT_MODES, rebootWithinSchema } from "./reboot.ts";

/** Limits of what one command may carry, so that neither side has to trust the other's sizes. */
export const MAX_PACKAGES_PER_ACTION = 2_000;
export const MAX_CHECKS_PER_ACTION = 64;

const debianVersion = z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+:~-]{0,199}$/, "not a Debian version");
/**
 * Debian policy 5.6.7 / 5.6.12; a leading "-" would read as an option and is impossible here. An empty `from` is a package that is
 * not installed yet and comes with the others, as a kernel with its meta package. An agent of before refuses such an action whole.
 */
const aptChange = z.strictObject({
  manager: z.literal("apt"),
  name: z.string().regex(/^[a-z0-9][a-z0-9+.-]{0,199}$/, "not a Debian package name"),
  architecture: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/),
  from: z.union([z.literal(""), debianVersion]),
  to: debianVersion,
});

/** rpm's names have capitals and underscores, its versions "^"; a version is "[epoch:]version-release" (rpm-version(7)). */
const rpmVersion = z.string().regex(/^(?:[0-9]{1,9}:)?[0-9A-Za-z][0-9A-Za-z._+~^]{0,99}-[0-9A-Za-z._+~^]{1,99}$/, "not an rpm version");
const rpmChange = {
  name: z.string().regex(/^[0-9A-Za-z_][0-9A-Za-z_+.-]{0,199}$/, "not an rpm package name"),
  architecture: z.string().regex(/^[a-z0-9][a-z0-9_]{0,31}$/),
  from: rpmVersion,
  to: rpmVersion,
};
const dnfChange = z.strictObject({ manager: z.literal("dnf"), ...rpmChange });
const zypperChange = z.strictObject({ manager: z.literal("zypper"), ...rpmChange });

export const packageChangeSchema = z.discriminatedUnion("manager", [aptChange, dnfChange, zypperChange]);
/** One package moved from one exact version to another, or a new one. */
export type PackageChange = z.infer<typeof packageChangeSchema>;
/** Whether a change brings a package that is not installed before it. */
export const isNew = (change: { readonly from: string }): boolean => change.from === "";
/** A version to move from, as people read it. */
export const fromText = (from: string): string => (from === "" ? "new" : from);
/** Among an agent's capabilities: it carries out changes that bring new packages. */
export const NEW_PACKAGES = "new-packages";
/** What can move packages: each names those of one ecosystem, by whose rules their versions are ordered. */
export type ManagerName = PackageChange["manager"];
export const ECOSYSTEM_OF = { apt: "deb", dnf: "rpm", zypper: "rpm" } as const satisfies Readonly<Record<ManagerName, string>>;

const timeoutMs = z.number().int().min(100).max(60_000);
export const checkSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("unit"), name: z.string().max(100), unit: z.string().regex(/^[\w@:.\\-]{1,255}$/), timeoutMs }),
  z.strictObject({
    kind: z.literal("tcp"),
    name: z.string().max(100),
    host: z.string().max(255),
    port: z.number().int().min(1).max(65_535),
    timeoutMs,
  }),
  z.strictObject({
    kind: z.literal("http"),
    name: z.string().max(100),
    url: z.url({ protocol: /^https?$/ }).max(2_000),
    expectStatus: z.number().int().min(100).max(599).optional(),
    timeoutMs,
  }),
  z.strictObject({ kind: z.literal("process"), name: z.string().max(100), process: z.string().regex(/^[^/\0]{1,64}$/), timeoutMs }),
]);
/** A probe on the endpoint before or after a patch. */
export type Check = z.infer<typeof checkSchema>;

export const endpointActionSchema = z.strictObject({
  version: z.literal(1),
  planId: z.string().max(64),
  endpointId: z.string().max(64),
  packages: z.array(packageChangeSchema).min(1).max(MAX_PACKAGES_PER_ACTION),
  checks: z.array(checkSchema).max(MAX_CHECKS_PER_ACTION),
  /** Restart the services that still run replaced files. */
  restartServices: z.boolean(),
  /**
   * Whether the machine may be rebooted when the change, or something before it, calls for that. Absent: never. Plans and
   * journals of before say "if-needed", which nothing acted on; an agent of then refuses "when-needed" instead of ignoring it.
   */
  reboot: z.preprocess((said) => (said === "if-needed" ? "when-needed" : said), z.enum(REBOOT_MODES).default("never")),
  /** Beside "when-needed" only. */
  rebootWithin: rebootWithinSchema.optional(),
  /** Restore the old versions by itself when verification fails, and when the controller asks for it later. */
  rollback: z.boolean(),
  limits: z.strictObject({
    /** Without contact to the controller for this long after the change, the agent restores by itself. 0 = off. */
    commitConfirmMs: z.number().int().min(0).max(3_600_000),
    /** Waiting for the package manager's lock. */
    lockWaitMs: z.number().int().min(0).max(3_600_000),
    /** Checks are repeated until they pass or this much time went by. */
    checkGraceMs: z.number().int().min(0).max(600_000),
    downloadBytesPerSecond: z.number().int().min(0),
  }),
});
/**
 * All that one approved plan does to one endpoint. Declarative: versions, checks and limits, never code.
 * Its canonical JSON is a leaf of the plan's Merkle tree.
 */
export type EndpointAction = z.infer<typeof endpointActionSchema>;

export const planHeaderSchema = z.strictObject({
  version: z.literal(1),
  planId: z.string().max(64),
  /** Counts up with each change of the plan; a changed plan needs a new approval. */
  revision: z.number().int().min(1),
  /** Hex RFC 6962 Merkle root over the canonical JSON of every EndpointAction, sorted by endpoint id. */
  actionsRoot: z.string().regex(/^[0-9a-f]{64}$/),
  /** Hex SHA-256 over the canonical JSON of the rest of the plan: waves, gates, windows, triggers. */
  scheduleDigest: z.string().regex(/^[0-9a-f]{64}$/),
  notBefore: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});
/** What approvals sign (by its digest). */
export type PlanHeader = z.infer<typeof planHeaderSchema>;
