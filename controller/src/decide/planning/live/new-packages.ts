import { type ManagerName, type PackageChange, packageChangeSchema } from "@breakwater/shared/command";
import type { UpdateRow } from "./rows.ts";

const changeOf = ({ name, architecture, version }: UpdateRow["brings"][number]) =>
  packageChangeSchema.safeParse({ manager: "apt", name, architecture, from: "", to: version });
const keyOf = (p: { readonly name: string; readonly architecture: string }): string => `${p.name}:${p.architecture}`;

/** Packages that updates of one endpoint bring and it does not have; one that several bring is there once. */
export function newPackagesOf(updates: readonly UpdateRow[]): PackageChange[] {
  const found = new Map<string, PackageChange>();
  for (const brought of updates.flatMap((u) => u.brings)) {
    const change = changeOf(brought);
    if (!change.success) throw new Error(`${brought.name} was to be left out: ${change.error.message}`);
    found.set(keyOf(brought), change.data);
  }
  return [...found.values()];
}

/**
 * Why what an update brings cannot be brought; undefined when it can, or it brings nothing.
 * @param mover What the endpoint moves it with.
 * @param installs Whether the endpoint says that it installs packages which are not there.
 */
export function whyNotBrought(
  u: Pick<UpdateRow, "brings" | "bringsUnknown">,
  mover: ManagerName | undefined,
  installs: boolean,
): string | undefined {
  if (u.bringsUnknown) return "what it would install besides is not known there, and nobody could approve that: install it by hand";
  if (u.brings.length === 0) return undefined;
  const what = `it would install what is not there yet (${someOf(u.brings.map((b) => `${b.name} ${b.version}`))})`;
  if (mover !== "apt") return `${what}, and only apt is driven to do so: install it by hand`;
  if (!installs) return `${what}, and the endpoint installs nothing new: its agent is too old for it, or its policy allows none`;
  const unnamed = u.brings.find((b) => !changeOf(b).success);
  return unnamed && `${what}, and a plan cannot name "${unnamed.name} ${unnamed.version}"`;
}

/**
 * Updates that cannot move beside the others of their endpoint: two want different versions of one new package, or what one calls
 * new is installed. The first one that wants it keeps it.
 */
export function contradicting(updates: readonly UpdateRow[]): { readonly update: UpdateRow["update"]; readonly why: string }[] {
  const installed = new Map(updates.map((u) => [keyOf(u.update), u.update.fromVersion]));
  const wanted = new Map<string, { readonly version: string; readonly by: UpdateRow }>();
  return updates.flatMap((u) => {
    for (const b of u.brings) {
      const there = installed.get(keyOf(b));
      if (there !== undefined) return [{ update: u.update, why: `it would install ${b.name} as new, and ${there} is installed` }];
      const other = wanted.get(keyOf(b));
      if (other && other.version !== b.version)
        return [
          { update: u.update, why: `it would install ${b.name} ${b.version}, and ${other.by.update.name} installs ${other.version}` },
        ];
      if (!other) wanted.set(keyOf(b), { version: b.version, by: u });
    }
    return [];
  });
}

/** The first of many, and how many more. */
function someOf(names: readonly string[]): string {
  const told = names.length > 3 ? [...names.slice(0, 2), `${names.length - 2} more`] : names;
  return new Intl.ListFormat("en", { style: "long", type: "conjunction" }).format(told);
}
