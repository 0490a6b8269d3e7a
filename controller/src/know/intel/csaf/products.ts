import { PackageURL } from "packageurl-js";
import { z } from "zod";
import { placesOf } from "../osv/ecosystem.ts";
import type { ModuleStream } from "../records.ts";
import { redHatReleaseOf } from "../red-hat-stream.ts";

const Helper = z.object({ cpe: z.string().optional().catch(undefined), purl: z.string().optional().catch(undefined) });
const Product = z.object({
  product_id: z.string(),
  name: z.string().default(""),
  product_identification_helper: Helper.optional().catch(undefined),
});
const Branch = z.object({ product: Product.optional(), branches: z.array(z.unknown()).optional() });
/** @see https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html#323-product-tree-property */
export const ProductTree = z.object({
  branches: z.array(z.unknown()).default([]),
  full_product_names: z.array(Product).default([]),
  relationships: z
    .array(z.object({ product_reference: z.string(), relates_to_product_reference: z.string(), full_product_name: Product }))
    .default([]),
});

const MAX_DEPTH = 30;
/** A package in a module in a product is two steps. */
const MAX_STEPS = 5;

/** An rpm in a release of a system, as a document's product status names it. */
export interface RpmProduct {
  readonly distributions: readonly string[];
  readonly name: string;
  /** Epoch, version and release of the build; null where the status is of the component whatever its version. */
  readonly evr: string | null;
  /** It is the source package: the statement is of everything that is built from it. */
  readonly source: boolean;
  readonly module: ModuleStream | undefined;
}

interface Component {
  readonly rpm?: Pick<RpmProduct, "name" | "evr" | "source">;
  readonly module?: ModuleStream;
  readonly distributions: readonly string[];
}

/** The products of a document by their ids. @throws Error when the tree nests deeper than any does */
export function productsOf(tree: z.infer<typeof ProductTree>): (productId: string) => RpmProduct | undefined {
  const components = new Map<string, Component>();
  const add = (product: z.infer<typeof Product>) => components.set(product.product_id, componentOf(product));
  const walk = (branches: readonly unknown[], depth: number) => {
    if (depth > MAX_DEPTH) throw new Error(`the product tree nests deeper than ${MAX_DEPTH}`);
    for (const raw of branches) {
      const branch = Branch.parse(raw);
      if (branch.product) add(branch.product);
      if (branch.branches) walk(branch.branches, depth + 1);
    }
  };
  walk(tree.branches, 0);
  for (const product of tree.full_product_names) add(product);
  const parts = new Map(tree.relationships.map((r) => [r.full_product_name.product_id, r]));
  return (productId) => {
    let rpm: Component["rpm"];
    let module: ModuleStream | undefined;
    let distributions: readonly string[] = [];
    const take = (component: Component | undefined) => {
      rpm ??= component?.rpm;
      module ??= component?.module;
      if (distributions.length === 0) distributions = component?.distributions ?? [];
    };
    let id = productId;
    for (let step = 0; step < MAX_STEPS; step++) {
      const part = parts.get(id);
      if (!part) {
        take(components.get(id));
        break;
      }
      take(components.get(part.product_reference));
      id = part.relates_to_product_reference;
    }
    return rpm && distributions.length > 0 ? { ...rpm, module, distributions } : undefined;
  };
}

function componentOf({ product_id: id, name, product_identification_helper: helper }: z.infer<typeof Product>): Component {
  const distributions = distributionsOf(helper?.cpe ?? "", name);
  if (helper?.purl) return { ...ofPurl(helper.purl), distributions };
  const rpm = distributions.length === 0 ? (ofFileName(id) ?? ofFileName(name)) : undefined;
  return { distributions, ...(rpm ? { rpm } : {}) };
}

/**
 * Red Hat names a module's package in three ways: "pkg:rpmmod/redhat/nodejs@16:8060:ad008a3a" (the module itself),
 * "pkg:rpmmod/redhat/nodejs:16/nodejs" (a component of it) and "pkg:rpm/redhat/nodejs?rpmmod=nodejs:16:8060:ad008a3a".
 */
function ofPurl(text: string): Omit<Component, "distributions"> {
  let purl: PackageURL;
  try {
    purl = PackageURL.fromString(text);
  } catch {
    return {};
  }
  const qualifiers: Readonly<Record<string, string | undefined>> = { ...purl.qualifiers };
  const source = qualifiers.arch === "src" || qualifiers.arch === "nosrc";
  if (purl.type === "rpmmod") {
    const inside = /^[^/]+\/(.+)$/.exec(purl.namespace ?? "")?.[1];
    const module = streamOf(inside ?? `${purl.name}:${purl.version ?? ""}`);
    if (!module) return {};
    return inside ? { module, rpm: { name: purl.name, evr: null, source: true } } : { module };
  }
  if (purl.type !== "rpm") return {};
  const module = streamOf(qualifiers.rpmmod ?? "");
  const epoch = qualifiers.epoch && qualifiers.epoch !== "0" ? `${qualifiers.epoch}:` : "";
  const evr = purl.version ? `${purl.version.includes(":") ? "" : epoch}${purl.version}` : null;
  return { rpm: { name: purl.name, evr, source: source || evr === null }, ...(module ? { module } : {}) };
}

function streamOf(text: string): ModuleStream | undefined {
  const match = /^([^:\s]+):([^:\s]+)(?::|$)/.exec(text);
  return match?.[1] && match[2] ? { name: match[1], stream: match[2] } : undefined;
}

/** "openssl-1:3.0.7-27.el9.x86_64" */
function ofFileName(text: string): Component["rpm"] | undefined {
  const match = /^(.+)-((?:\d+:)?[^-:\s]+-[^-\s]+)\.(x86_64|aarch64|ppc64le|s390x|i[3-6]86|noarch|src|nosrc)$/.exec(text);
  const evr = match?.[2]?.replace(/^0:/, "");
  return match?.[1] && evr ? { name: match[1], evr, source: /src$/.test(match[3] ?? "") } : undefined;
}

/**
 * The releases that a product is of; longer support of Red Hat's older points (EUS, AUS, TUS, E4S) is of other builds and has names of its own. SUSE's names are those of its OSV records.
 */
function distributionsOf(cpe: string, name: string): readonly string[] {
  const redHat = redHatReleaseOf(cpe);
  if (redHat) return [redHat];
  const other = /^cpe:(?:\/|2\.3:)[ao]:(?:almalinux|almalinux_os|rocky|rocky_linux):(almalinux|rocky)[^:]*:(\d+)/.exec(cpe);
  if (other) return [`${other[1]}:${other[2]}`];
  if (/^openSUSE /.test(name)) return placesOf(`openSUSE:${name.slice("openSUSE ".length)}`).map((p) => p.distribution);
  if (/^SUSE /.test(name)) return placesOf(`SUSE:${name.slice("SUSE ".length)}`).map((p) => p.distribution);
  return [];
}
