import { oneComponent } from "../coordinate.ts";
import { MAX_TEXT_BYTES, type Reader } from "../types.ts";

/** What RubyGems writes into each installed specification for its own quick reading: "# stub: rack 2.2.3 ruby lib". */
const STUB = /^# stub: (\S+) (\S+) \S+ /m;
const assigned = (text: string, key: string) =>
  new RegExp(`^\\s*\\w+\\.${key}\\s*=\\s*(?:Gem::Version\\.new\\s*\\(?\\s*)?["']([^"']*)["']`, "m").exec(text)?.[1] ?? "";

/** Installed Ruby gems: `specifications/*.gemspec`, those that come with Ruby (`specifications/default`) among them. @see https://guides.rubygems.org/specification-reference/ */
export const gem: Reader = {
  id: "gem",
  wants: (directory, name) => name.endsWith(".gemspec") && /\/specifications(\/default)?$/.test(directory),
  async read(path, source) {
    if (source.size > MAX_TEXT_BYTES) throw new Error(`it is larger than ${MAX_TEXT_BYTES} bytes, as no specification is`);
    const text = source.read(0, source.size).toString("utf8");
    const stub = STUB.exec(text);
    const name = stub?.[1] ?? assigned(text, "name");
    if (name === "") throw new Error("it names no gem");
    return oneComponent({ ecosystem: "gem", name, version: stub?.[2] ?? assigned(text, "version"), path, evidence: "gemspec", sha1: "" });
  },
};
