export const RPM = "/usr/bin/rpm";

/** The whole environment of every run of rpm and of the tools above it: output is English and wide, and nothing of ours leaks in. */
export const RPM_ENVIRONMENT: Readonly<Record<string, string>> = {
  // Told to our own package's scripts, as with apt.
  BREAKWATER_TRANSACTION: "1",
  LC_ALL: "C.UTF-8",
  HOME: "/root",
  COLUMNS: "200",
  // Nothing of /usr/local, as with apt: what an administrator laid there under a tool's name is not meant for us.
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
};

/** Name of an rpm in an execution's directory: repositories name their files as they like. */
export const archiveName = (p: { readonly name: string; readonly architecture: string; readonly version: string }): string =>
  `${p.name}-${p.version.replaceAll(":", "%3a")}.${p.architecture}.rpm`;

/** rpm reads "name-epoch:version-release.arch"; the epoch may be left out where it is none. */
export const nevra = (p: { readonly name: string; readonly architecture: string; readonly version: string }): string =>
  `${p.name}-${p.version}.${p.architecture}`;
