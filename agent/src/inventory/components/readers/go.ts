import { takeComponent } from "../coordinate.ts";
import type { ByteSource, FoundComponent, Reader, Reading } from "../types.ts";
import { parseElf } from "./elf.ts";
import { readBuildInfo } from "./go-build-info.ts";

/** Directories in which everything that has no suffix is text. */
const NO_PROGRAMS = /^(\/usr)?\/(share|include)(\/|$)|^\/(etc|boot)(\/|$)|\/(node_modules|site-packages|dist-packages|\.git)(\/|$)/;
/** What has a suffix is a library or a script, not a program; "app.v2" and "tool-1.2" are none. */
const SUFFIX = /\.(?!v?\d)[A-Za-z][A-Za-z0-9_-]{0,11}$/;

/**
 * Programs that Go has built: the modules that are linked into them, and Go's own library. Modules that were replaced by a folder
 * have no version. @see https://pkg.go.dev/debug/buildinfo
 */
export const go: Reader = {
  id: "go",
  wants: (directory, name) => !SUFFIX.test(name) && !NO_PROGRAMS.test(directory),
  onlyPrograms: true,
  async read(path, source) {
    const elf = parseElf(source);
    if (!elf) return NOTHING;
    const info = readBuildInfo(source, elf);
    if (info) return modulesOf(path, info.goVersion, info.modules);
    if (elf.sections.some((s) => s.name === ".gopclntab" || s.name === ".note.go.buildid"))
      return unknownModules(path, "a program of Go whose build information was taken out");
    if (isPacked(source)) return unknownModules(path, "a program packed by UPX, which hides what it is built from");
    return NOTHING;
  },
};

const NOTHING: Reading = { components: [], refused: [] };
const unknownModules = (path: string, reason: string): Reading => ({ components: [], refused: [{ path, reason }] });

function isPacked(source: ByteSource): boolean {
  return source.read(0, Math.min(source.size, 4096)).includes("UPX!");
}

function modulesOf(path: string, goVersion: string, modules: string): Reading {
  const reading = { components: [] as FoundComponent[], refused: [] as Reading["refused"][number][] };
  const take = (name: string, version: string) =>
    takeComponent(reading, {
      ecosystem: "go",
      name,
      version: version === "(devel)" ? "" : version,
      path,
      evidence: "build-info",
      sha1: "",
    });
  // "go1.22.3 X:nocoverageredesign": experiments follow the version; "devel go1.23-abc" is no release.
  const library = /^go(\d\S*)/.exec(goVersion)?.[1] ?? "";
  take("stdlib", library);
  if (modules === "")
    reading.refused.push({ path, reason: "a program of Go that was built without modules: what it is built from is unknown" });
  let pending: [string, string] | undefined;
  for (const line of modules.split("\n")) {
    const [kind, name = "", version = ""] = line.split("\t");
    if (kind === "=>") {
      pending = [name, version];
      continue;
    }
    if (pending) take(...pending);
    pending = undefined;
    if (kind === "dep" || kind === "mod") pending = [name, version];
  }
  if (pending) take(...pending);
  // What replaces a module by a folder is named by a path, and is no module of any proxy.
  return { components: reading.components.filter((c) => !/^[./]/.test(c.name)), refused: reading.refused };
}
