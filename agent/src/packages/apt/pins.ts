/** Names that a person's preferences keep away from these versions, with the version that apt would take by itself. */
export interface PinnedAway {
  readonly name: string;
  readonly candidate: string;
}

interface Version {
  readonly version: string;
  readonly priority: number;
  /** Highest priority that an index gives it: what it would have without a pin of its own. */
  readonly byIndexes: number;
}

/**
 * From `apt-cache policy NAME...`: packages of which apt takes another version than the wanted one because a version has
 * another priority than its indexes give it, which only preferences do (apt_preferences(5)). Naming a version to apt-get
 * overrides every pin without a word, so nobody but us would keep to it. A newer version in the repository is no pin, and
 * neither is phasing.
 */
export function pinnedAway(policy: string, wanted: readonly { readonly name: string; readonly to: string }[]): PinnedAway[] {
  return policy.split(/^(?=\S)/m).flatMap((block) => {
    const name = /^(\S+?)(?::[a-z0-9-]+)?:$/m.exec(block)?.[1];
    const candidate = /^ {2}Candidate: (\S+)$/m.exec(block)?.[1];
    const change = wanted.find((w) => w.name === name);
    if (!change || candidate === undefined || candidate === change.to) return [];
    const pinned = versionsOf(block).some((v) => [candidate, change.to].includes(v.version) && v.priority !== v.byIndexes);
    return pinned ? [{ name: change.name, candidate }] : [];
  });
}

function versionsOf(block: string): Version[] {
  return block.split(/^ (?:\*\*\*| {3}) (?=\S)/m).flatMap((text) => {
    const head = /^(\S+) (-?\d+)(?: \(phased \d+%\))?$/m.exec(text);
    const indexes = [...text.matchAll(/^ {8,}(-?\d+) \S/gm)].map((m) => Number(m[1]));
    return head?.[1] && indexes.length > 0 ? [{ version: head[1], priority: Number(head[2]), byIndexes: Math.max(...indexes) }] : [];
  });
}
