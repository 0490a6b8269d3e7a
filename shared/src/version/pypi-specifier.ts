import { compare, explain, valid } from "@renovatebot/pep440";

const CLAUSE = /^(~=|===|==|!=|<=|>=|<|>)\s*(\S+)$/;

/**
 * Whether a version satisfies every clause of a PEP 440 specifier; undefined when either cannot be read. By hand: the
 * library of the version order gets `>` of pre-releases and prefixes of short versions wrong.
 */
export function satisfiesSpecifier(version: string, specifier: string): boolean | undefined {
  if (valid(version) === null) return undefined;
  let result = true;
  for (const clause of specifier.split(",")) {
    const text = clause.trim();
    if (!text) continue;
    const match = CLAUSE.exec(text);
    if (!match?.[1] || !match[2]) return undefined;
    const holds = clauseHolds(version, match[1], match[2]);
    if (holds === undefined) return undefined;
    result &&= holds;
  }
  return result;
}

function clauseHolds(version: string, operator: string, wanted: string): boolean | undefined {
  if (operator === "===") return version.trim().toLowerCase() === wanted.toLowerCase();
  const isPrefix = wanted.endsWith(".*");
  if (isPrefix && operator !== "==" && operator !== "!=") return undefined;
  const base = isPrefix ? wanted.slice(0, -2) : wanted;
  const target = explain(base);
  const found = explain(version);
  if (!target || !found) return undefined;
  if (isPrefix) return hasPrefix(found.public, target.public) === (operator === "==");
  // The local part counts only where the specifier names one.
  const order = compare(target.local?.length ? version : found.public, base);
  const sameRelease = compare(found.base_version, target.base_version) === 0;
  switch (operator) {
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<=":
      return order <= 0;
    case ">=":
      return order >= 0;
    case "<":
      return order < 0 && !(sameRelease && found.is_prerelease && !target.is_prerelease);
    case ">":
      return order > 0 && !(sameRelease && found.is_postrelease && !target.is_postrelease);
    default: {
      if (target.release.length < 2) return undefined;
      const prefix = `${target.epoch ? `${target.epoch}!` : ""}${target.release.slice(0, -1).join(".")}`;
      return order >= 0 && hasPrefix(found.public, prefix);
    }
  }
}

/** Compares part by part, the shorter release filled up with zeros: 2rc1 has the prefix 2.0. */
function hasPrefix(version: string, prefix: string): boolean {
  const wanted = split(prefix);
  const found = split(version);
  const release = found.findIndex((part, i) => i > 0 && !/^\d+$/.test(part));
  const wantedRelease = wanted.filter((part) => /^\d+$/.test(part)).length;
  const at = release < 0 ? found.length : release;
  if (at < wantedRelease) found.splice(at, 0, ...Array<string>(wantedRelease - at).fill("0"));
  return wanted.every((part, i) => part === found[i]);
}

/** Epoch, release numbers, then the rest, pre-release apart: "1!2.0rc1.post2" is 1, 2, 0, rc1, post2. */
function split(version: string): string[] {
  const bang = version.indexOf("!");
  const parts = version
    .slice(bang + 1)
    .split(".")
    .flatMap((part) => /^(\d+)((?:a|b|c|rc)\d+)$/.exec(part)?.slice(1) ?? [part]);
  return [bang < 0 ? "0" : version.slice(0, bang), ...parts];
}
