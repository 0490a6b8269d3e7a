/** What an archive of Java is: "group:artifact", or the artifact alone, with its version or "". */
export interface Identity {
  readonly name: string;
  readonly version: string;
}

/**
 * The main section of a manifest: "Name: value", a line that begins with a space goes on with the one before.
 * @see https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html#name-value-pairs-and-sections
 */
export function parseManifest(text: string): ReadonlyMap<string, string> {
  const main = text.split(/\r?\n\r?\n/, 1)[0] ?? "";
  const attributes = new Map<string, string>();
  for (const line of main.replace(/\r?\n /g, "").split(/\r?\n/)) {
    const colon = line.indexOf(": ");
    if (colon > 0) attributes.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 2).trim());
  }
  return attributes;
}

/** Maven's pom.properties (java.util.Properties: "=", ":" or a blank after the key). */
export function parsePom(text: string): Identity | undefined {
  const value = (key: string) => new RegExp(`^[ \\t]*${key}[ \\t]*[=: \\t][ \\t]*(.*?)[ \\t]*\\r?$`, "m").exec(text)?.[1] ?? "";
  const [group, artifact, version] = [value("groupId"), value("artifactId"), value("version")];
  if (group === "" || artifact === "") return undefined;
  // A build that did not fill in its own version.
  return { name: `${group}:${artifact}`, version: version.includes("${") ? "" : version };
}

/** Where a repository of Maven or a cache of Gradle keeps "group/artifact/version/artifact-version.jar". */
const IN_REPOSITORY = /\/repository\/(.+)\/([^/]+)\/([^/]+)\/\2-\3[^/]*$/;
const IN_CACHE = /\/files-2\.1\/([^/]+)\/([^/]+)\/([^/]+)\/[0-9a-f]+\/\2-\3[^/]*$/;
/** "1.2.3", and not "1.2.3 (b42)" or "1.8.21-release-342(1.8.21)". */
const PLAIN_VERSION = /^\d[0-9A-Za-z.+_-]*$/;
const FILE_NAME = /^(.+?)-(\d[A-Za-z0-9._+-]*)$/;
const ARTIFACT = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/**
 * What the archive itself is, where its pom.properties do not say so already: with one of them, it is that one; with many, the
 * one that its file is named after. A name that nothing tells is the file's, with no version.
 */
export function identityOf(
  path: string,
  manifest: ReadonlyMap<string, string>,
  poms: readonly Identity[],
): (Identity & { readonly evidence: "repository" | "manifest" | "file-name" }) | undefined {
  const stem = path.slice(path.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "");
  const named = FILE_NAME.exec(stem);
  const artifacts = poms.map((p) => p.name.slice(p.name.indexOf(":") + 1));
  if (artifacts.length === 1 || artifacts.some((a) => a === stem || a === named?.[1])) return undefined;
  const kept = IN_REPOSITORY.exec(path) ?? IN_CACHE.exec(path);
  if (kept?.[1] && kept[2] && kept[3])
    return { name: `${kept[1].replaceAll("/", ".")}:${kept[2]}`, version: kept[3], evidence: "repository" };
  const title = manifest.get("implementation-title") ?? "";
  const symbolic = (manifest.get("bundle-symbolicname") ?? "").split(";")[0]?.trim() ?? "";
  const artifact = named?.[1] ?? (ARTIFACT.test(title) ? title : symbolic.slice(symbolic.lastIndexOf(".") + 1));
  const told = manifest.get("implementation-version") ?? "";
  const version = [told, named?.[2] ?? "", manifest.get("bundle-version") ?? ""].find((v) => PLAIN_VERSION.test(v)) ?? "";
  if (artifact !== "" && version !== "") {
    const group = groupOf(artifact, symbolic, manifest.get("implementation-vendor-id") ?? "");
    const evidence = told !== "" || symbolic !== "" ? "manifest" : "file-name";
    return { name: group === "" ? artifact : `${group}:${artifact}`, version, evidence };
  }
  // An application of many shaded libraries need not be one of a repository itself.
  return poms.length > 0 ? undefined : { name: stem.replace(/[^A-Za-z0-9_.-]/g, "_") || "unnamed", version: "", evidence: "file-name" };
}

/** A group as the manifest tells it. Only what ends with the artifact's own name is split, anything else would be a guess. */
function groupOf(artifact: string, symbolic: string, vendorId: string): string {
  if (/^[a-z][a-z0-9_-]*(\.[A-Za-z0-9_-]+)+$/.test(vendorId)) return vendorId;
  return symbolic.endsWith(`.${artifact}`) ? symbolic.slice(0, -artifact.length - 1) : "";
}
