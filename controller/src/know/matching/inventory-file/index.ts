import { fail, ok, type Result } from "@breakwater/shared/core";
import { z } from "zod";
import type { MatchPackage } from "../source.ts";
import { CycloneDx, readCycloneDx } from "./cyclonedx.ts";
import { readDpkgStatus } from "./dpkg-status.ts";
import { readRpmQuery } from "./rpm-query.ts";

/** Our own inventory JSON: packages as the agent reports them, with the operating system. */
const OwnInventory = z.object({
  os: z.object({ id: z.string(), versionId: z.string() }).nullish(),
  packages: z.array(
    z.object({
      ecosystem: z.string(),
      name: z.string(),
      version: z.string(),
      architecture: z.string().default(""),
      sourceName: z.string().default(""),
      sourceVersion: z.string().default(""),
      status: z.string().default("installed"),
      vendor: z.string().default(""),
    }),
  ),
});

/**
 * Reads an inventory file, whatever of these it is: our JSON, CycloneDX JSON, dpkg's status file, or rpm's query output.
 * @param options.os "debian:12"; needed where the file does not say which system it is of
 */
export function readInventoryFile(text: string, options: { readonly os?: string }): Result<MatchPackage[]> {
  const os = options.os ?? "";
  if (/^\s*[{[]/.test(text)) return readJson(text, os);
  if (!os)
    return fail({
      code: "os-missing",
      message: "The file does not say which system it is of.",
      next: "Give --os, for example --os debian:12.",
    });
  const packages = /^Package:/im.test(text) ? readDpkgStatus(text, os) : readRpmQuery(text, os);
  return packages.length > 0 ? ok(packages) : unreadable();
}

function readJson(text: string, os: string): Result<MatchPackage[]> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return unreadable();
  }
  const bom = CycloneDx.safeParse(json);
  if (bom.success) return ok(readCycloneDx(bom.data, os));
  const own = OwnInventory.safeParse(json);
  if (!own.success) return unreadable();
  const distribution = own.data.os ? `${own.data.os.id}:${own.data.os.versionId}` : os;
  return ok(
    own.data.packages
      .filter((p) => p.status !== "config-files")
      .map(({ status: _status, ...p }) => ({
        ...p,
        sourceName: p.sourceName || p.name,
        sourceVersion: p.sourceVersion || p.version,
        distribution,
      })),
  );
}

const unreadable = () =>
  fail({
    code: "inventory-unreadable",
    message: "No package could be read from the inventory file.",
    next: "Give an inventory JSON, a CycloneDX JSON, a dpkg status file, or rpm -qa --queryformat output.",
  });
