import type { Claim } from "./claims.ts";
import { type Name, nameOf } from "./names.ts";
import type { Outline } from "./outline.ts";
import { startsWithLine } from "./versions.ts";

/** A product that a text lists, with the line of releases in its name, as in "Teamcenter V13.2". */
interface Product {
  readonly name: Name;
  readonly line: string | undefined;
}

const MAX_PRODUCT_TOKENS = 14;

/** The list of bare product names at the head of an industrial advisory. */
function listedProducts({ sentences }: Outline): Product[] {
  const products: Product[] = [];
  for (const { kind, tokens } of sentences.slice(1)) {
    if (kind !== "item") break;
    if (tokens.length > MAX_PRODUCT_TOKENS || tokens.some((t) => /^[:.;<>=]/.test(t.text))) return [];
    const name = nameOf(tokens, 0, tokens.length);
    const line = [...tokens].reverse().find((t) => t.kind === "version" || t.kind === "number")?.text;
    if (name) products.push({ name, line });
  }
  return products;
}

/**
 * Gives the repaired versions of a text that names its products in a list to those products: by the line of releases in a
 * product's name, or all of one version where there is but one. Other claims stay as they are.
 */
export function giveToProducts(claims: readonly Claim[], read: Outline): Claim[] {
  const products = claims.some((c) => c.kind === "range") ? [] : listedProducts(read);
  const fixes = claims.filter((c) => c.kind === "fix" && !c.own);
  if (products.length === 0 || fixes.length === 0) return [...claims];
  const versions = new Set(fixes.map((f) => f.version));
  const given: Claim[] = [];
  for (const product of products) {
    const { line } = product;
    const of =
      line === undefined
        ? undefined
        : fixes.find((f) => startsWithLine(f.version ?? "", line) && !closerLine(products, product, f.version ?? ""));
    const fix = of ?? (versions.size === 1 ? fixes[0] : undefined);
    if (fix) given.push({ ...fix, name: product.name, own: true, confidence: of || products.length === 1 ? 0.85 : 0.7 });
  }
  return given.length === 0 ? [...claims] : [...claims.filter((c) => !fixes.includes(c) && c.kind !== "exact"), ...given];
}

/** Whether another product's line says more of the version: V9.6.12 is of "Foo 9 (V9.6)" rather than of "Foo 9". */
const closerLine = (products: readonly Product[], product: Product, version: string): boolean =>
  products.some(
    (p) => p !== product && p.line !== undefined && p.line.length > (product.line?.length ?? 0) && startsWithLine(version, p.line),
  );
