import type { VersionScheme } from "./scheme.ts";

type Compare = VersionScheme["compare"];
const CONSTRAINT = /^(<=|>=|<|>|==|=)?\s*(\S+)$/;

/**
 * Ranges of plain comparisons, as package managers write them: `< 1.2`, `>= 1, < 2`, `< 1 || > 3`.
 * A comma means "and", `||` means "or". A bare version means "=".
 */
export function plainRange(compare: Compare): VersionScheme["inRange"] {
  return (version, range) => {
    let result: boolean | undefined = false;
    for (const alternative of range.split("||")) {
      const holds = all(compare, version, alternative);
      if (holds === undefined) return undefined;
      result ||= holds;
    }
    return result;
  };
}

function all(compare: Compare, version: string, constraints: string): boolean | undefined {
  let result = true;
  for (const constraint of constraints.split(",")) {
    const match = CONSTRAINT.exec(constraint.trim());
    if (!match?.[2]) return undefined;
    const order = compare(version, match[2]);
    if (order === undefined) return undefined;
    result &&= satisfies(order, match[1] ?? "=");
  }
  return result;
}

function satisfies(order: number, operator: string): boolean {
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    default:
      return order === 0;
  }
}
