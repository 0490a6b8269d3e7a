import type { Name } from "./names.ts";

/** A name out of a web address, with how much the address speaks for the text being about it. */
export interface AddressName {
  readonly name: Name;
  readonly weight: number;
}

/** Pages of package registries: what stands there is the package itself. */
const REGISTRY =
  /\/\/(?:www\.)?(?:npmjs\.com\/package|pypi\.org\/project|rubygems\.org\/gems|crates\.io\/crates|nuget\.org\/packages|packagist\.org\/packages|pkg\.go\.dev|wordpress\.org\/plugins|plugins\.jenkins\.io|hex\.pm\/packages|hackage\.haskell\.org\/package)\/((?:@?[\w.-]{1,100}\/)?[\w.-]{1,100})/g;
const REPOSITORY =
  /\/\/(?:www\.)?(?:github|gitlab|bitbucket|codeberg)\.(?:com|org)\/([\w.-]{1,100})\/([\w.-]{1,100})(?:\/(?:-\/)?([\w-]{1,40}))?/g;
/** Parts of the forges themselves, and repositories that collect advisories of others. */
const NO_OWNER = /^(?:advisories|security|orgs|users|features|about|sponsors|apps|marketplace|github|user-attachments|rustsec|rubysec)$/i;
const NO_REPOSITORY =
  /^(?:advisory-?d[abt].*|advisories|security.*|cves?|cvelist.*|poc|pocs|vuln.*|.*vulnerabilit.*|bug.*|reports?|wiki|docs?|exploits?|\.github)$/i;
const REGISTRY_WEIGHT = 4;
/** A project's own pages for this: its releases, its advisories, its issues. */
const OWN_PAGE = /^(?:releases|security|issues|discussions|compare|tree)$/;
const OWN_PAGE_WEIGHT = 1.6;
const PAGE_WEIGHT = 1;
const MAX_ADDRESSES = 40;
const MAX_WEIGHT = 3.2;

/** @param text as it was given: markup is blanked out before the rest is read, and addresses with it */
export function addressNames(text: string): AddressName[] {
  const found = new Map<string, AddressName>();
  const add = (spelled: string, start: number, weight: number, most: number) => {
    const name = spelled.replace(/\.git$/, "").replace(/[.]+$/, "");
    const before = found.get(name)?.weight ?? 0;
    found.set(name, { name: { text: name, start, end: start + name.length }, weight: Math.max(before, Math.min(most, before + weight)) });
  };
  let left = MAX_ADDRESSES;
  for (const match of text.matchAll(REGISTRY)) {
    if (left-- <= 0) break;
    const name = match[1] ?? "";
    add(name, match.index + match[0].length - name.length, REGISTRY_WEIGHT, REGISTRY_WEIGHT);
  }
  for (const match of text.matchAll(REPOSITORY)) {
    if (left-- <= 0) break;
    const [, owner = "", repository = "", page = ""] = match;
    if (NO_OWNER.test(owner) || NO_REPOSITORY.test(repository)) continue;
    add(
      repository,
      match.index + match[0].indexOf(repository, match[0].indexOf(owner) + owner.length),
      OWN_PAGE.test(page) || page === "" ? OWN_PAGE_WEIGHT : PAGE_WEIGHT,
      MAX_WEIGHT,
    );
  }
  return [...found.values()];
}
