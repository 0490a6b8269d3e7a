import { childOf, childrenOf, type XmlElement, xmlElements } from "../xml.ts";

/** What tests refer to: more than any published document has. */
const MAX_PARTS = 3_000_000;

/** A test of installed packages: which ones, and in what versions it is met. */
export interface PackageTest {
  readonly kind: "package";
  readonly ecosystem: "rpm" | "deb";
  readonly names: readonly string[];
  /** Where versions begin to be met (counts), end (does not count), and are met last (counts). */
  readonly from?: string;
  readonly before?: string;
  readonly last?: string;
  readonly architectures?: string;
}

/** What one test asks of a machine. */
export type Test =
  | PackageTest
  /** The comment names what must be installed or enabled: a system's release, a module's stream. */
  | { readonly kind: "system"; readonly comment: string }
  /** Who signed an installed package: matching asks for a package's builder by itself. */
  | { readonly kind: "signature" }
  | { readonly kind: "obstacle"; readonly reason: string };

interface Raw {
  readonly type: string;
  readonly comment: string;
  readonly object: string;
  readonly states: readonly string[];
  /** Why the test cannot be taken as "some such package is installed"; "" where it can. */
  readonly obstacle: string;
}

const TESTS = [
  "rpminfo_test",
  "dpkginfo_test",
  "rpmverifyfile_test",
  "textfilecontent54_test",
  "family_test",
  "uname_test",
  "variable_test",
];
const PARTS = new Set([
  ...TESTS,
  "rpminfo_object",
  "dpkginfo_object",
  "rpminfo_state",
  "dpkginfo_state",
  "constant_variable",
  "definition",
]);

/** Everything that definitions refer to, from a first reading of the document. */
export class Parts {
  /** Definitions of what is installed, which others extend. */
  readonly inventory = new Map<string, XmlElement>();
  private readonly tests = new Map<string, Raw>();
  private readonly names = new Map<string, readonly string[] | { readonly variable: string } | { readonly obstacle: string }>();
  private readonly states = new Map<string, State>();
  private readonly variables = new Map<string, readonly string[]>();
  private readonly read = new Map<string, Test>();
  private count = 0;

  static async of(path: string): Promise<Parts> {
    const parts = new Parts();
    for await (const element of xmlElements(path, PARTS)) parts.take(element);
    return parts;
  }

  private take(element: XmlElement): void {
    const id = element.attributes.id ?? "";
    const { name } = element;
    if (name === "definition") {
      if (element.attributes.class !== "inventory") return;
      this.inventory.set(id, element);
    } else if (name.endsWith("_test")) this.tests.set(id, rawTest(element));
    else if (name.endsWith("_object")) this.names.set(id, namesOf(element));
    else if (name.endsWith("_state")) this.states.set(id, stateOf(element));
    else
      this.variables.set(
        id,
        childrenOf(element, "value").map((v) => v.text.trim()),
      );
    if (++this.count > MAX_PARTS) throw new Error(`it has more than ${MAX_PARTS} tests, objects and states`);
  }

  /** What a test asks for, by its id. */
  test(id: string): Test {
    const known = this.read.get(id);
    if (known) return known;
    const raw = this.tests.get(id);
    const test = raw ? this.resolve(raw) : obstacle(`the test ${id.slice(0, 100)} is none that packages can answer`);
    this.read.set(id, test);
    return test;
  }

  private resolve(raw: Raw): Test {
    if (raw.type !== "rpminfo_test" && raw.type !== "dpkginfo_test") return systemOr(raw);
    const states = raw.states.map((id) => this.states.get(id) ?? { obstacle: `the state ${id.slice(0, 100)} is missing` });
    if (states.some((s) => s.signature)) return { kind: "signature" };
    const names = this.namesBy(raw.object);
    if ("obstacle" in names) return obstacle(names.obstacle);
    if (names.every((n) => RELEASE_PACKAGE.test(n)) && states.every((s) => s.before === undefined && s.last === undefined))
      return systemOr(raw);
    const why = raw.obstacle || states.find((s) => s.obstacle)?.obstacle;
    if (why) return obstacle(why);
    const { from, before, last, architectures } = Object.assign({}, ...states) as State;
    return {
      kind: "package",
      ecosystem: raw.type === "rpminfo_test" ? "rpm" : "deb",
      names,
      ...(from === undefined ? {} : { from }),
      ...(before === undefined ? {} : { before }),
      ...(last === undefined ? {} : { last }),
      ...(architectures === undefined ? {} : { architectures }),
    };
  }

  private namesBy(object: string): readonly string[] | { readonly obstacle: string } {
    const names = this.names.get(object) ?? { obstacle: `the object ${object.slice(0, 100)} is missing` };
    if (!("variable" in names)) return names;
    const values = this.variables.get(names.variable);
    return values && values.length > 0 ? values : { obstacle: `the variable ${names.variable.slice(0, 100)} is no list of names` };
  }
}

/** Packages that a system's release is known by. */
const RELEASE_PACKAGE = /(^|[a-z-])-?release(-[a-z0-9_]+)*$/i;

const obstacle = (reason: string): Test => ({ kind: "obstacle", reason });
/** Red Hat's "must be installed" asks that it is not: a way for other systems than its own. */
const systemOr = (raw: Raw): Test =>
  raw.obstacle && !/ must be installed$/.test(raw.comment) ? obstacle(raw.obstacle) : { kind: "system", comment: raw.comment };

function rawTest(element: XmlElement): Raw {
  const { check = "", check_existence: existence = "", comment = "", state_operator: operator = "AND" } = element.attributes;
  const states = childrenOf(element, "state").map((s) => s.attributes.state_ref ?? "");
  return {
    type: element.name,
    comment: comment.slice(0, 500),
    object: childOf(element, "object")?.attributes.object_ref ?? "",
    states,
    obstacle:
      check === "none satisfy" || existence === "none_exist"
        ? "a test asks that something is not there"
        : states.length > 1 && operator !== "AND"
          ? `states of a test are joined by ${operator.slice(0, 20)}`
          : "",
  };
}

function namesOf(element: XmlElement): readonly string[] | { readonly variable: string } | { readonly obstacle: string } {
  const name = childOf(element, "name");
  if (!name || element.children.some((c) => c.name === "set" || c.name === "filter"))
    return { obstacle: "packages are chosen by a set or a filter" };
  if (name.attributes.var_ref) return { variable: name.attributes.var_ref };
  const text = name.text.trim();
  if ((name.attributes.operation ?? "equals") !== "equals") {
    const plain = /^\^?([A-Za-z0-9][\w.+~-]*)\$$/.exec(text.replaceAll("\\", ""))?.[1];
    return plain && !/[*?[(|]/.test(text) && text.startsWith("^")
      ? [plain]
      : { obstacle: `packages are chosen by a pattern: ${text.slice(0, 100)}` };
  }
  return text === "" || text.length > 200 ? { obstacle: "an object names no package" } : [text];
}

interface State {
  readonly from?: string;
  readonly before?: string;
  readonly last?: string;
  readonly architectures?: string;
  readonly signature?: boolean;
  readonly obstacle?: string;
}

/** What a state asks of a package; what no range can say is an obstacle. */
function stateOf(element: XmlElement): State {
  let state: State =
    element.attributes.operator === "OR" && element.children.length > 1 ? { obstacle: "parts of a state are joined by OR" } : {};
  for (const part of element.children) state = { ...state, ...partOf(part) };
  return state;
}

function partOf({ name, text, attributes }: XmlElement): State {
  const operation = attributes.operation ?? "equals";
  const value = text.trim();
  if (name === "signature_keyid") return { signature: true };
  if (name === "evr") return versionBound(operation, value.replace(/^0:/, ""));
  if (name === "arch") {
    // "aarch64|x86_64", "^x86_64$" and "(aarch64|x86_64)" are lists; what else a pattern may say is none.
    const list = value.replace(/^\^?\(?|\)?\$?$/g, "").split("|");
    const plain = list.every((a) => /^[A-Za-z0-9_-]{1,20}$/.test(a));
    return (operation === "equals" || operation === "pattern match") && plain
      ? { architectures: [...new Set(list)].sort().join(",") }
      : { obstacle: `architectures are chosen by ${operation.slice(0, 30)} ${value.slice(0, 60)}` };
  }
  return { obstacle: `a state asks for ${name.slice(0, 60)}, ${operation.slice(0, 30)}` };
}

function versionBound(operation: string, value: string): State {
  switch (operation) {
    case "less than":
      // SUSE's and Red Hat's way to say that no version is affected.
      return { before: /^0-0$/.test(value) ? "0" : value };
    case "less than or equal":
      return { last: value };
    case "greater than or equal":
      return { from: value };
    case "equals":
      return { from: value, last: value };
    default:
      return { obstacle: `versions are chosen by ${operation.slice(0, 40)}` };
  }
}
