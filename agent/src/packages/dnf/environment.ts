export const DNF = "/usr/bin/dnf";

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
