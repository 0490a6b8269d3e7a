import type { ModuleStream } from "../records.ts";
import type { XmlElement } from "../xml.ts";
import type { PackageTest, Parts } from "./parts.ts";
import { type System, systemsOf } from "./systems.ts";

/** Ways in which a definition can come true; a kernel's definition of a whole product family has some ten thousand. */
const MAX_ALTERNATIVES = 100_000;
const MAX_DEPTH = 30;

/** One way in which a definition comes true: everything in it at once. */
export interface Alternative {
  /** On one of these; absent: whatever the system. Empty: on others than we know. */
  readonly systems?: readonly System[];
  readonly test?: PackageTest;
  readonly module?: ModuleStream;
  /** What else it asks for, which no range can say. */
  readonly obstacle?: string;
}

/**
 * Turns a definition's logic into the ways in which it comes true. What a range cannot say stays an obstacle of the alternative that asks for it, so that
 * the others count.
 * @see https://oval.mitre.org/language/version5.11/ (oval-definitions-schema: criteria, extend_definition)
 */
export function alternativesOf(criteria: XmlElement, parts: Parts): readonly Alternative[] {
  return read(criteria, parts, 0);
}

function read(node: XmlElement, parts: Parts, depth: number): readonly Alternative[] {
  if (depth > MAX_DEPTH) return blocked(`criteria are nested deeper than ${MAX_DEPTH}, or extend themselves`);
  if (node.attributes.negate === "true") return blocked("a condition is negated");
  switch (node.name) {
    case "criterion":
      return ofTest(node, parts);
    case "extend_definition":
      return ofExtended(node, parts, depth);
    case "criteria": {
      const nodes = node.children.filter((c) => /^(criteria|criterion|extend_definition)$/.test(c.name));
      const children = nodes.map((c) => read(c, parts, depth + 1));
      const operator = node.attributes.operator ?? "AND";
      if (operator === "OR") return anyOf(children);
      return operator === "AND" || children.length === 1 ? allOf(children) : blocked(`conditions are joined by ${operator.slice(0, 20)}`);
    }
    default:
      return blocked(`a condition is a ${node.name.slice(0, 60)}`);
  }
}

const blocked = (obstacle: string): readonly Alternative[] => [{ obstacle }];

function ofTest({ attributes }: XmlElement, parts: Parts): readonly Alternative[] {
  const test = parts.test(attributes.test_ref ?? "");
  switch (test.kind) {
    case "package":
      return [{ test }];
    case "signature":
      return [{}];
    case "obstacle":
      return blocked(test.reason);
    case "system":
      return ofComment(test.comment || (attributes.comment ?? ""));
  }
}

/** "Module nodejs:16 is enabled", "Red Hat Enterprise Linux 8 is installed": the comment is the publishers' own name of what the test looks for. */
function ofComment(comment: string): readonly Alternative[] {
  const module = /^Module ([\w.+-]+):([\w.+-]+) is enabled$/.exec(comment);
  if (module?.[1] && module[2]) return [{ module: { name: module[1], stream: module[2] } }];
  const systems = systemsOf(comment);
  if (systems.length > 0) return [{ systems }];
  // Debian's, of whatever it builds for all.
  if (comment === "all architecture") return [{}];
  return / is installed\b| must be installed$/.test(comment)
    ? [{ systems: [] }]
    : blocked(`a test of something else than packages: ${comment.slice(0, 100)}`);
}

function ofExtended({ attributes }: XmlElement, parts: Parts, depth: number): readonly Alternative[] {
  const extended = parts.inventory.get(attributes.definition_ref ?? "");
  if (!extended) return blocked(`it extends ${(attributes.definition_ref ?? "").slice(0, 100)}, which is no definition of a system`);
  const title = extended.children.find((c) => c.name === "metadata")?.children.find((c) => c.name === "title")?.text ?? "";
  const systems = systemsOf(title);
  if (systems.length > 0) return [{ systems }];
  const criteria = extended.children.find((c) => c.name === "criteria");
  return criteria ? read(criteria, parts, depth + 1) : blocked(`${title.slice(0, 100)} says no conditions`);
}

const isSystemAlone = (a: Alternative) => a.systems !== undefined && !a.test && !a.module && !a.obstacle;

function anyOf(children: readonly (readonly Alternative[])[]): readonly Alternative[] {
  const all = children.flat();
  const others = all.filter((a) => !isSystemAlone(a));
  const alone = all.filter(isSystemAlone);
  return bounded(alone.length > 0 ? [{ systems: alone.flatMap((a) => a.systems ?? []) }, ...others] : others);
}

function allOf(children: readonly (readonly Alternative[])[]): readonly Alternative[] {
  let found: readonly Alternative[] = [{}];
  for (const child of children) {
    if (found.length * child.length > MAX_ALTERNATIVES) return tooMany();
    found = found.flatMap((a) => child.map((b) => both(a, b)));
  }
  return found;
}

const bounded = (all: readonly Alternative[]) => (all.length > MAX_ALTERNATIVES ? tooMany() : all);
const tooMany = () => blocked(`it can come true in more than ${MAX_ALTERNATIVES} ways`);

function both(a: Alternative, b: Alternative): Alternative {
  const systems =
    a.systems && b.systems ? a.systems.filter((s) => b.systems?.some((t) => t.distribution === s.distribution)) : (a.systems ?? b.systems);
  const module = a.module ?? b.module;
  const test = a.test && b.test ? joined(a.test, b.test) : (a.test ?? b.test);
  const obstacle =
    a.obstacle ??
    b.obstacle ??
    (a.module && b.module && a.module !== b.module ? "it asks for two modules at once" : typeof test === "string" ? test : undefined);
  return {
    ...(systems ? { systems } : {}),
    ...(module ? { module } : {}),
    ...(test && typeof test !== "string" ? { test } : {}),
    ...(obstacle ? { obstacle } : {}),
  };
}

/** Two tests of the same packages are bounds of one range; of two packages no range can ask. @returns the reason where they cannot be joined */
function joined(a: PackageTest, b: PackageTest): PackageTest | string {
  if (a.ecosystem !== b.ecosystem || a.names.join() !== b.names.join())
    return `it asks for two packages at once: ${a.names[0]?.slice(0, 60)} and ${b.names[0]?.slice(0, 60)}`;
  for (const bound of ["from", "before", "last", "architectures"] as const)
    if (a[bound] !== undefined && b[bound] !== undefined && a[bound] !== b[bound])
      return `it asks ${a.names[0]?.slice(0, 60)} for two things of one kind`;
  return { ...a, ...b };
}
