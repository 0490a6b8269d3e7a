import { z } from "zod";
import { readRelease } from "../../intel/index.ts";
import type { MatchPackage } from "../source.ts";
import { packageOfPurl } from "./purl.ts";
import type { LeftOut } from "./reading.ts";

/** The parts of a component that we use; what is nested in it is looked at later, whatever its depth. */
const Component = z.object({
  type: z.string().optional().catch(undefined),
  name: z.string().optional().catch(undefined),
  version: z.string().optional().catch(undefined),
  purl: z.string().optional().catch(undefined),
  properties: z
    .array(z.object({ name: z.string(), value: z.string() }))
    .optional()
    .catch(undefined),
  components: z.array(z.unknown()).optional().catch(undefined),
});
type Component = z.infer<typeof Component>;

export const CycloneDx = z.object({
  bomFormat: z.literal("CycloneDX"),
  metadata: z.object({ component: z.unknown() }).optional().catch(undefined),
  components: z.array(z.unknown()).optional(),
});

/** Components that are not installed packages and need no package URL. */
const NO_PACKAGE = new Set(["operating-system", "file", "container", "device", "data", "platform", "cryptographic-asset"]);
/** More components than a fleet's largest machine has. */
const MAX_COMPONENTS = 1_000_000;

/** Packages of a CycloneDX document, by package URL. `distribution` is used where neither package nor document names a release. */
export function* readCycloneDx(bom: z.infer<typeof CycloneDx>, distribution: string): Generator<MatchPackage | LeftOut> {
  const components = [...flatten([bom.metadata?.component, ...(bom.components ?? [])])];
  const release = components.flatMap((c) => (!("reason" in c) && c.type === "operating-system" ? systemOf(c) : [])).find((r) => r !== "");
  for (const component of components) {
    if ("reason" in component) yield component;
    else if (component.purl) yield packageOfPurl(component.purl, contextOf(component, release || distribution));
    else if (component.name && !NO_PACKAGE.has(component.type ?? "") && component.components === undefined)
      yield { record: component.name.slice(0, 100), reason: "the component has no package URL" };
  }
}

/** Depth first, in the document's order, with a stack of its own: a document may be nested deeper than calls can be. */
function* flatten(roots: readonly unknown[]): Generator<Component | LeftOut> {
  const stack = [...roots].reverse();
  for (let seen = 0; stack.length > 0; seen++) {
    const next = stack.pop();
    if (next === undefined || next === null) continue;
    if (seen >= MAX_COMPONENTS) {
      yield { record: "components", reason: `there are more than ${MAX_COMPONENTS}; the rest is left out` };
      return;
    }
    const component = Component.safeParse(next);
    if (!component.success) {
      yield { record: "a component", reason: "it is no object" };
      continue;
    }
    yield component.data;
    const nested = component.data.components ?? [];
    for (let i = nested.length - 1; i >= 0; i--) stack.push(nested[i]);
  }
}

const systemOf = (c: Component): string[] => (c.name ? [readRelease(`${c.name}:${c.version ?? ""}`)] : []);

/** Properties in which Syft and Trivy say what a package URL has no place for. */
function contextOf({ properties = [] }: Component, distribution: string) {
  const value = (...names: string[]) => properties.find((p) => names.includes(p.name))?.value;
  const version = value("syft:metadata:sourceVersion", "aquasecurity:trivy:SrcVersion");
  const release = value("aquasecurity:trivy:SrcRelease");
  const epoch = value("aquasecurity:trivy:SrcEpoch");
  const whole = version && `${epoch && epoch !== "0" ? `${epoch}:` : ""}${version}${release ? `-${release}` : ""}`;
  return {
    distribution,
    source: {
      name: value("syft:metadata:source", "syft:metadata:originPackage", "aquasecurity:trivy:SrcName"),
      version: whole,
      rpm: value("syft:metadata:sourceRpm"),
    },
    moduleLabel: value("syft:metadata:modularityLabel", "aquasecurity:trivy:Modularitylabel"),
  };
}
