import { byNumber } from "./semver-order.ts";

/** A version as PEP 440 splits it. Numbers stay text: the standard sets no limit to them. */
export interface Pep440 {
  readonly epoch: string;
  readonly release: readonly string[];
  readonly pre?: { readonly label: "a" | "b" | "rc"; readonly number: string };
  readonly post?: string;
  readonly dev?: string;
  readonly local?: readonly string[];
}

const VERSION = new RegExp(
  "^v?(?:(\\d+)!)?(\\d+(?:\\.\\d+)*)" +
    "(?:[-_.]?(alpha|beta|preview|pre|rc|a|b|c)[-_.]?(\\d+)?)?" +
    "(?:-(\\d+)|[-_.]?(post|rev|r)[-_.]?(\\d+)?)?" +
    "(?:[-_.]?(dev)[-_.]?(\\d+)?)?" +
    "(?:\\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$",
);
const LABEL: Readonly<Record<string, "a" | "b" | "rc">> = {
  a: "a",
  alpha: "a",
  b: "b",
  beta: "b",
  c: "rc",
  rc: "rc",
  pre: "rc",
  preview: "rc",
};

/** Records of one package name the same versions again and again. */
const remembered = new Map<string, Pep440 | undefined>();
const MAX_REMEMBERED = 20_000;
/** Longer ones are nobody's, and would fill the memory. */
const MAX_LENGTH_REMEMBERED = 64;

/** Reads a version in any of the spellings that PEP 440 normalises (case, separators, "v", white space around it); undefined when it is none. */
export function parsePep440(version: string): Pep440 | undefined {
  const known = remembered.get(version);
  if (known) return known;
  const parsed = parse(version);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  if (version.length <= MAX_LENGTH_REMEMBERED) remembered.set(version, parsed);
  return parsed;
}

function parse(version: string): Pep440 | undefined {
  const match = VERSION.exec(version.trim().toLowerCase());
  if (!match) return undefined;
  const [, epoch = "0", release = "", label, number = "0", implicitPost, post, postNumber = "0", dev, devNumber = "0", local] = match;
  const pre = label === undefined ? undefined : LABEL[label];
  return {
    epoch,
    release: release.split("."),
    ...(pre && { pre: { label: pre, number } }),
    ...(implicitPost !== undefined ? { post: implicitPost } : post !== undefined && { post: postNumber }),
    ...(dev !== undefined && { dev: devNumber }),
    ...(local !== undefined && { local: local.split(/[-_.]/) }),
  };
}

export const isPreRelease = (version: Pep440) => version.pre !== undefined || version.dev !== undefined;
export const isPostRelease = (version: Pep440) => version.post !== undefined;
export const publicVersion = ({ local: _, ...rest }: Pep440): Pep440 => rest;

/** @returns below 0 when `a` is older, 0 when neither is, above 0 when `a` is newer. */
export function comparePep440(a: Pep440, b: Pep440): number {
  return (
    byNumber(a.epoch, b.epoch) ||
    compareRelease(a.release, b.release) ||
    comparePre(a, b) ||
    // Without a post-release it is older than with one, without "dev" newer.
    compareOptional(a.post, b.post, -1) ||
    compareOptional(a.dev, b.dev, 1) ||
    compareLocal(a.local, b.local)
  );
}

/** Number by number, the shorter filled up with zeros. */
function compareRelease(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length || i < b.length; i++) {
    const order = byNumber(a[i] ?? "0", b[i] ?? "0");
    if (order !== 0) return order;
  }
  return 0;
}

/** 1.0.dev1 comes before every pre-release of 1.0, and 1.0 and 1.0.post1.dev1 after them. */
const stage = (version: Pep440) =>
  version.pre ? { a: 1, b: 2, rc: 3 }[version.pre.label] : version.post === undefined && version.dev !== undefined ? 0 : 4;
const comparePre = (a: Pep440, b: Pep440) => stage(a) - stage(b) || byNumber(a.pre?.number ?? "0", b.pre?.number ?? "0");

function compareOptional(a: string | undefined, b: string | undefined, absent: number): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? absent : -absent;
  return byNumber(a, b);
}

/** No local version is older than any; numbers are newer than words; one that goes on is newer. */
function compareLocal(a: readonly string[] = [], b: readonly string[] = []): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const l = a[i] ?? "";
    const r = b[i] ?? "";
    const lIsNumber = /^\d+$/.test(l);
    if (lIsNumber !== /^\d+$/.test(r)) return lIsNumber ? 1 : -1;
    const order = lIsNumber ? byNumber(l, r) : l < r ? -1 : l > r ? 1 : 0;
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
