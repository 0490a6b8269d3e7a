import type { FoundComponent, Reading } from "./types.ts";

/**
 * What names may be made of.
 * @see https://docs.npmjs.com/cli/configuring-npm/package-json#name
 * @see https://packaging.python.org/en/latest/specifications/name-normalization/
 * @see https://go.dev/ref/mod#go-mod-file-ident
 */
const NAMES: Readonly<Record<string, RegExp>> = {
  npm: /^(?:@[A-Za-z0-9~._-]{1,120}\/)?[A-Za-z0-9~._-]{1,214}$/,
  pypi: /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?$/,
  maven: /^(?:[A-Za-z0-9_.-]{1,200}:)?[A-Za-z0-9_.-]{1,200}$/,
  gem: /^[A-Za-z0-9_.-]{1,200}$/,
  go: /^[A-Za-z0-9_.~+/-]{1,300}$/,
  snap: /^[a-z0-9-]{1,40}(?:_[a-z0-9]{1,10})?$/,
  flatpak: /^[A-Za-z0-9_.-]{1,255}$/,
};
/** What the controller takes as a key; a jar in a jar in a war has some 300. */
const MAX_PATH_BYTES = 1_500;
const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+~!_-]{0,127}$/;

/** Puts a name and a version into a reading, or why they are none. "" as version is unknown and stays so. */
export function takeComponent(into: { components: FoundComponent[]; refused: Reading["refused"][number][] }, found: FoundComponent): void {
  if (Buffer.byteLength(found.path) > MAX_PATH_BYTES)
    into.refused.push({ path: found.path.slice(0, MAX_PATH_BYTES / 4), reason: `its path has more than ${MAX_PATH_BYTES} bytes` });
  else if (!NAMES[found.ecosystem]?.test(found.name))
    into.refused.push({ path: found.path, reason: `its name is none that ${found.ecosystem} knows` });
  else if (found.version !== "" && !VERSION.test(found.version)) into.refused.push({ path: found.path, reason: "its version is none" });
  else into.components.push(found);
}

/** A reading of one component. */
export function oneComponent(found: FoundComponent): Reading {
  const reading = { components: [], refused: [] };
  takeComponent(reading, found);
  return reading;
}
