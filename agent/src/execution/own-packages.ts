/** Packages of this program. Their scripts exchange the very program that watches the transaction. */
const OWN = new Set(["breakwater-agent"]);

/**
 * Our own package moves alone: in one transaction with others its failure would take theirs back, and theirs would leave
 * the machine with an agent that nobody watched.
 * @returns why the changes cannot be made together; undefined when they can
 */
export function mixedWithOwn(changes: readonly { readonly name: string }[]): string | undefined {
  const own = changes.find((c) => OWN.has(c.name));
  if (!own || changes.length === 1) return undefined;
  return `${own.name} is this agent's own package and changes by itself; the plan changes it together with ${changes.length - 1} others.`;
}
