import { comparePep440, isPostRelease, isPreRelease, type Pep440, parsePep440, publicVersion } from "./pep440.ts";
import { byNumber } from "./semver-order.ts";

const CLAUSE = /^(~=|===|==|!=|<=|>=|<|>)\s*(\S+)$/;

/** Whether a version satisfies every clause of a PEP 440 specifier; undefined when either cannot be read. */
export function satisfiesSpecifier(version: string, specifier: string): boolean | undefined {
  const found = parsePep440(version);
  if (!found) return undefined;
  let result = true;
  for (const clause of specifier.split(",")) {
    const text = clause.trim();
    if (!text) continue;
    const match = CLAUSE.exec(text);
    if (!match?.[1] || !match[2]) return undefined;
    const holds = match[1] === "===" ? version.trim().toLowerCase() === match[2].toLowerCase() : clauseHolds(found, match[1], match[2]);
    if (holds === undefined) return undefined;
    result &&= holds;
  }
  return result;
}

function clauseHolds(found: Pep440, operator: string, wanted: string): boolean | undefined {
  const isPrefix = wanted.endsWith(".*");
  const isEquality = operator === "==" || operator === "!=";
  const target = parsePep440(isPrefix ? wanted.slice(0, -2) : wanted);
  if (!target || (isPrefix && !isEquality)) return undefined;
  // A prefix is of release numbers.
  if (isPrefix && (target.pre || target.post !== undefined || target.dev !== undefined || target.local)) return undefined;
  if (target.local && !isEquality) return undefined;
  if (isPrefix) return hasPrefix(found, target) === (operator === "==");
  // The local part counts only where the specifier names one.
  const known = publicVersion(found);
  const order = comparePep440(target.local ? found : known, target);
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
      return order < 0 && !(isPreRelease(found) && !isPreRelease(target) && comparePep440(known, { ...target, dev: "0" }) >= 0);
    case ">":
      return order > 0 && !(isPostRelease(found) && !isPostRelease(target) && comparePep440(postReleaseOf(known), target) === 0);
    default:
      return target.release.length < 2
        ? undefined
        : order >= 0 && hasPrefix(found, { epoch: target.epoch, release: target.release.slice(0, -1) });
  }
}

/** The version that a post-release follows: 1.0a1 for 1.0a1.post2. */
const postReleaseOf = ({ epoch, release, pre }: Pep440): Pep440 => ({ epoch, release, ...(pre && { pre }) });

/** Number by number, the version's release filled up with zeros: 2rc1 has the prefix 2.0. */
const hasPrefix = (version: Pep440, prefix: Pick<Pep440, "epoch" | "release">): boolean =>
  byNumber(version.epoch, prefix.epoch) === 0 && prefix.release.every((number, i) => byNumber(number, version.release[i] ?? "0") === 0);
