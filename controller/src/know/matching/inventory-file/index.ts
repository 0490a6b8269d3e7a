import { fail, ok, type Result } from "@breakwater/shared/core";
import { z } from "zod";
import { canonicalEcosystem, readRelease, redHatPointOf } from "../../intel/index.ts";
import type { MatchPackage } from "../source.ts";
import { CycloneDx, readCycloneDx } from "./cyclonedx.ts";
import { readDpkgStatus } from "./dpkg-status.ts";
import { collect, type InventoryReading, type LeftOut } from "./reading.ts";
import { readRpmQuery } from "./rpm-query.ts";

export type { InventoryReading } from "./reading.ts";

/** An inventory of more than this is no machine's. */
export const MAX_INVENTORY_BYTES = 256 * 1024 * 1024;

/** Our own inventory JSON: packages as the agent reports them, with the operating system. */
const OwnInventory = z.object({
  os: z.object({ id: z.string(), versionId: z.string() }).nullish(),
  packages: z.array(z.unknown()),
});
const OwnPackage = z.object({
  ecosystem: z.string(),
  name: z.string(),
  version: z.string(),
  architecture: z.string().default(""),
  sourceName: z.string().default(""),
  sourceVersion: z.string().default(""),
  status: z.string().default("installed"),
  vendor: z.string().default(""),
});

/**
 * Reads an inventory file, whatever of these it is: our JSON, CycloneDX JSON, dpkg's status file, or rpm's query output.
 * @param options.os "debian:12"; needed where the file does not say which system it is of
 */
export function readInventoryFile(text: string, options: { readonly os?: string }): Result<InventoryReading> {
  const os = options.os ?? "";
  if (os !== "" && readRelease(os) === "")
    return fail({
      code: "os-unknown",
      message: `${JSON.stringify(os.slice(0, 100))} names no system's release.`,
      next: "Write it as in debian:12, ubuntu:22.04 or almalinux:9.",
    });
  const plain = text.startsWith("\ufeff") ? text.slice(1) : text;
  if (/^\s*[{[]/.test(plain)) return readJson(plain, systemOf(os));
  if (!os)
    return fail({
      code: "os-missing",
      message: "The file does not say which system it is of.",
      next: "Give --os, for example --os debian:12.",
    });
  const reading = collect(/^Package:/im.test(plain) ? readDpkgStatus(plain, systemOf(os)) : readRpmQuery(plain, systemOf(os)));
  return reading.packages.length > 0 ? ok(reading) : unreadable();
}

/** A release; of Red Hat's with its point and stream, which decide which builds it gets: "rhel:9.2-eus". */
const systemOf = (os: string): string => (redHatPointOf(os) ? os : readRelease(os));

function readJson(text: string, os: string): Result<InventoryReading> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return unreadable();
  }
  const bom = CycloneDx.safeParse(json);
  if (bom.success) return ok(collect(readCycloneDx(bom.data, os)));
  const own = OwnInventory.safeParse(json);
  if (!own.success) return unreadable();
  const release = own.data.os ? systemOf(`${own.data.os.id}:${own.data.os.versionId}`) || `${own.data.os.id}:${own.data.os.versionId}` : os;
  return ok(collect(own.data.packages.flatMap((p, i) => ownPackage(p, i, release))));
}

function ownPackage(value: unknown, i: number, distribution: string): (MatchPackage | LeftOut)[] {
  const parsed = OwnPackage.safeParse(value);
  if (!parsed.success) return [{ record: `package ${i + 1}`, reason: "it is no package with ecosystem, name and version" }];
  const { status, ecosystem: written, ...p } = parsed.data;
  if (status === "config-files" || status === "not-installed") return [];
  const ecosystem = canonicalEcosystem(written);
  return [{ ...p, ecosystem, sourceName: p.sourceName || p.name, sourceVersion: p.sourceVersion || p.version, distribution }];
}

const unreadable = () =>
  fail({
    code: "inventory-unreadable",
    message: "No package could be read from the inventory file.",
    next: "Give an inventory JSON, a CycloneDX JSON, a dpkg status file, or rpm -qa --queryformat output.",
  });
