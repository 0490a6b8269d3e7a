import { compareVersions } from "@breakwater/shared/version";
import { z } from "zod";
import { canonicalName, canonicalVersion, readRelease } from "../intel/index.ts";
import { type MatchPackage, readPurl } from "../matching/index.ts";

/** A product of a statement, as it is compared with what is installed. */
export const productSchema = z.object({
  ecosystem: z.string(),
  name: z.string(),
  /** null: every version. */
  version: z.string().nullable(),
  /** "": every architecture. */
  architecture: z.string(),
  isSource: z.boolean(),
  /** "" where the package URL names no system; then every system that has such a package. */
  system: z.string(),
  distribution: z.string(),
});
export type Product = z.infer<typeof productSchema>;

/** @returns the reason why it cannot be compared with anything */
export function productOf(purl: string): Product | { readonly reason: string } {
  const parts = readPurl(purl);
  return "reason" in parts ? { reason: parts.reason } : productSchema.parse(parts);
}

/** The name that the product is looked up by, of a package as installed or of its source. */
export const lookupName = (product: Product): string => canonicalName(product.ecosystem, product.name);

/** Whether an installed package is the product: the same package of the same system, release, architecture and version, as far as the statement names these. */
export function isProduct(product: Product, pkg: MatchPackage): boolean {
  if (product.ecosystem !== pkg.ecosystem) return false;
  const [name, version] = product.isSource ? [pkg.sourceName, pkg.sourceVersion] : [pkg.name, pkg.version];
  if (canonicalName(pkg.ecosystem, name) !== lookupName(product)) return false;
  if (product.version !== null && !sameVersion(pkg.ecosystem, product.version, version)) return false;
  if (product.distribution !== "" && readRelease(product.distribution) !== readRelease(pkg.distribution)) return false;
  if (
    product.system !== "" &&
    product.distribution === "" &&
    product.system !== (readRelease(pkg.distribution) || pkg.distribution).split(":")[0]
  )
    return false;
  return product.architecture === "" || pkg.architecture === "" || product.architecture === pkg.architecture;
}

const sameVersion = (ecosystem: string, a: string, b: string): boolean => {
  const [x, y] = [canonicalVersion(ecosystem, a), canonicalVersion(ecosystem, b)];
  return x === y || compareVersions(ecosystem, x, y) === "=";
};
