import { parseCandidates } from "../../inventory/apt-policy.ts";

/** Names that a person's preferences keep away from these versions, with the version that apt would take by itself. */
export interface PinnedAway {
  readonly name: string;
  readonly candidate: string;
}

/**
 * From `apt-cache policy NAME...`: packages that have a pin of their own ("Package pin:", apt_preferences(5)) under which apt
 * takes another version than the wanted one. Naming a version to apt-get overrides every pin without a word, so nobody but
 * us would keep to it. A newer version in the repository is no pin, and neither is phasing.
 */
export function pinnedAway(policy: string, wanted: readonly { readonly name: string; readonly to: string }[]): PinnedAway[] {
  const pinned = new Set<string>();
  let name = "";
  for (const line of policy.split("\n")) {
    name = /^(\S+):$/.exec(line)?.[1] ?? name;
    if (/^ {2}Package pin: /.test(line)) pinned.add(plain(name));
  }
  return parseCandidates(policy).flatMap((c) => {
    const change = wanted.find((w) => w.name === plain(c.name));
    return change && pinned.has(change.name) && c.candidate !== change.to ? [{ name: change.name, candidate: c.candidate }] : [];
  });
}

const plain = (name: string): string => name.replace(/:[a-z0-9-]+$/, "");
