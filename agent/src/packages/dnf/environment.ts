export const DNF = "/usr/bin/dnf";
export const RPM = "/usr/bin/rpm";

/** The whole environment of every dnf and rpm run: output is English and wide, and nothing of ours leaks in. */
export const DNF_ENVIRONMENT: Readonly<Record<string, string>> = {
  // Told to our own package's scripts, as with apt.
  BREAKWATER_TRANSACTION: "1",
  LC_ALL: "C.UTF-8",
  HOME: "/root",
  COLUMNS: "200",
  PATH: "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
};

/**
 * Options of every dnf call that changes something. It gets files and no repository: what was fetched and checked is what is
 * installed, and nothing else can come along. Holds were asked for before; those of ours must not stop a way back.
 */
export const DNF_OPTIONS = [
  "-y",
  "--cacheonly",
  "--disablerepo=*",
  "--disableplugin=versionlock",
  "--disableplugin=local",
  "--disableexcludes=all",
  // Without it dnf calls a transaction that cannot be done a success in which nothing happened.
  "--setopt=best=1",
  "--setopt=install_weak_deps=0",
  "--setopt=clean_requirements_on_remove=0",
] as const;

/** Name of an rpm in an execution's directory: repositories name their files as they like. */
export const archiveName = (p: { readonly name: string; readonly architecture: string; readonly version: string }): string =>
  `${p.name}-${p.version.replaceAll(":", "%3a")}.${p.architecture}.rpm`;

/** rpm reads "name-epoch:version-release.arch"; the epoch may be left out where it is none. */
export const nevra = (p: { readonly name: string; readonly architecture: string; readonly version: string }): string =>
  `${p.name}-${p.version}.${p.architecture}`;
