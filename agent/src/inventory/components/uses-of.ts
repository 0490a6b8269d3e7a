import { basename, dirname } from "node:path";
import type { InspectedProcess } from "../../executor/protocol.ts";

/** In what way a process was seen to use a file's package; from the surest to the weakest. */
export interface Use {
  readonly process: InspectedProcess;
  readonly how: "executable" | "open-file" | "mapped" | "script" | "working-directory" | "interpreter";
}

type Rule = (process: InspectedProcess) => Use["how"] | undefined;

const isBelow = (path: string, top: string) => path !== "" && (path === top || path.startsWith(top.endsWith("/") ? top : `${top}/`));
/** "/" as a working directory says nothing: every daemon has it. */
const worksIn = (process: InspectedProcess, top: string) => process.cwd !== "/" && isBelow(process.cwd, top);

/**
 * Finds the processes that use a component, by the file that it was found in. Answers are the same for all packages of one
 * environment, and are remembered by it.
 */
export function usesOf(processes: readonly InspectedProcess[]): (ecosystem: string, file: string) => readonly Use[] {
  const known = new Map<string, readonly Use[]>();
  return (ecosystem, file) => {
    const { place, rule } = ruleOf(ecosystem, file);
    const key = `${ecosystem} ${place}`;
    const uses =
      known.get(key) ??
      processes.flatMap((process): Use[] => {
        const how = rule(process);
        return how ? [{ process, how }] : [];
      });
    known.set(key, uses);
    return uses;
  };
}

function ruleOf(ecosystem: string, file: string): { readonly place: string; readonly rule: Rule } {
  switch (ecosystem) {
    case "go":
      return { place: file, rule: (p) => (p.exe === file ? "executable" : undefined) };
    case "maven":
      return {
        place: file,
        rule: (p) => (p.archives.includes(file) ? "open-file" : p.mapped.some((m) => m.path === file) ? "mapped" : undefined),
      };
    case "npm":
      return ofNode(file);
    case "pypi":
      return ofPython(dirname(dirname(file)));
    case "snap": {
      const place = dirname(dirname(file));
      return { place, rule: (p) => (isBelow(p.exe, place) ? "executable" : undefined) };
    }
    case "gem":
      return ofRuby(file.replace(/\/specifications(\/default)?\/[^/]*$/, ""));
    default:
      return { place: "", rule: () => undefined };
  }
}

const NODE = /^(node|nodejs|bun|deno)$/;

/** Node looks for packages in node_modules of the script's directory and of those above it. @see https://nodejs.org/api/modules.html#loading-from-node_modules-folders */
function ofNode(file: string): { place: string; rule: Rule } {
  const at = file.indexOf("/node_modules/");
  const base = file.slice(0, at) || "/";
  // Beside one another in a global folder lie tools that have nothing to do with each other.
  const isGlobal = base.endsWith("/lib");
  const top = /^(?:@[^/]+\/)?[^/]+/.exec(file.slice(at + "/node_modules/".length))?.[0] ?? "";
  const place = isGlobal ? `${base === "/" ? "" : base}/node_modules/${top}` : base;
  const runs = (p: InspectedProcess): Use["how"] | undefined => {
    if (!NODE.test(basename(p.exe))) return undefined;
    if (p.script !== "") return isBelow(p.script, place) ? "script" : undefined;
    return worksIn(p, place) ? "working-directory" : undefined;
  };
  const own = dirname(file);
  return {
    place: `${place} ${own}`,
    rule: (p) => runs(p) ?? (NODE.test(basename(p.exe)) && p.mapped.some((m) => isBelow(m.path, own)) ? "mapped" : undefined),
  };
}

const PYTHON = /^(python|pypy)[0-9.]*$/;

/** @param site the directory that is on the path of an interpreter: site-packages, dist-packages, or a folder of its own */
function ofPython(site: string): { place: string; rule: Rule } {
  const [, root, version = ""] = /^(.*)\/lib(?:64)?\/(?:python|pypy)([0-9.]*)\/(?:site|dist)-packages$/.exec(site) ?? [];
  const isSystem = root === "/usr" || root === "/usr/local" || root === "";
  return {
    place: site,
    rule(p) {
      if (p.mapped.some((m) => isBelow(m.path, site))) return "mapped";
      if (!PYTHON.test(basename(p.exe))) return undefined;
      if (root === undefined)
        return isBelow(p.script, dirname(site)) ? "script" : worksIn(p, dirname(site)) ? "working-directory" : undefined;
      if (isSystem) return basename(p.exe).slice("python".length).startsWith(version) ? "interpreter" : undefined;
      if (isBelow(p.exe, root)) return "executable";
      // An environment lies beside the program that it is for, or the program's start script lies in it.
      if (isBelow(p.script, dirname(root))) return "script";
      return worksIn(p, dirname(root)) ? "working-directory" : undefined;
    },
  };
}

const RUBY = /^ruby[0-9.]*$/;

function ofRuby(gems: string): { place: string; rule: Rule } {
  const app = /^(.*)\/vendor\/bundle\//.exec(gems)?.[1];
  return {
    place: gems,
    rule(p) {
      if (p.mapped.some((m) => isBelow(m.path, gems))) return "mapped";
      if (!RUBY.test(basename(p.exe))) return undefined;
      if (isBelow(p.script, gems)) return "script";
      if (app === undefined) return "interpreter";
      return isBelow(p.script, app) ? "script" : worksIn(p, app) ? "working-directory" : undefined;
    },
  };
}
