import type { AdvisoryRecord } from "../intel/index.ts";

export type Named = Pick<AdvisoryRecord, "id" | "vulnerabilities" | "aliases">;

export const isCve = (id: string) => id.startsWith("CVE-");

/**
 * What vulnerabilities a record is about, in one name each, whichever of its names the record knows: the CVE where any record of
 * the same vulnerability has one, else the id of a record, GitHub's first. So a flaw that three databases
 * describe is one finding with three proofs.
 */
export function identities(records: readonly Named[]): (record: Named) => readonly string[] {
  const parent = new Map<string, string>();
  const find = (id: string): string => {
    let root = id;
    for (let up = parent.get(root); up !== undefined && up !== root; up = parent.get(root)) root = up;
    if (root !== id) parent.set(id, root);
    return root;
  };
  const described = records.filter((r) => r.vulnerabilities.length > 0);
  for (const record of described) {
    if (!parent.has(record.id)) parent.set(record.id, record.id);
    for (const alias of record.aliases ?? []) parent.set(find(alias), find(record.id));
  }
  const cves = new Map<string, Set<string>>();
  const best = new Map<string, string>();
  for (const record of described) {
    const root = find(record.id);
    const known = cves.get(root) ?? new Set();
    if (known.size === 0) cves.set(root, known);
    for (const id of record.vulnerabilities) if (isCve(id)) known.add(id);
    const before = best.get(root);
    if (before === undefined || rank(record.id) < rank(before)) best.set(root, record.id);
  }
  return (record) => {
    if (record.vulnerabilities.length === 0 || record.vulnerabilities.some(isCve)) return record.vulnerabilities;
    const root = find(record.id);
    const known = cves.get(root);
    return known && known.size > 0 ? [...known].sort() : [best.get(root) ?? record.id];
  };
}

/** GitHub's records first, then any, by name. */
const rank = (id: string) => `${id.startsWith("GHSA-") ? 0 : 1}${id}`;
