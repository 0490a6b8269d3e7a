/** Absolute, because distributions wrap `apt`, and PATH is not ours to trust. */
export const APT_GET = "/usr/bin/apt-get";
export const APT_CACHE = "/usr/bin/apt-cache";
export const DPKG = "/usr/bin/dpkg";
export const DPKG_QUERY = "/usr/bin/dpkg-query";
export const DPKG_DEB = "/usr/bin/dpkg-deb";
export const DPKG_REPACK = "/usr/bin/dpkg-repack";

/** The whole environment of every apt and dpkg run: nothing asks, nothing restarts services behind our back, output is English. */
export const APT_ENVIRONMENT: Readonly<Record<string, string>> = {
  DEBIAN_FRONTEND: "noninteractive",
  DEBIAN_PRIORITY: "critical",
  APT_LISTCHANGES_FRONTEND: "none",
  APT_LISTBUGS_FRONTEND: "none",
  NEEDRESTART_SUSPEND: "1",
  UCF_FORCE_CONFFOLD: "1",
  // Told to our own package's scripts: its upgrade is put into service within the transaction, and fails with it.
  BREAKWATER_TRANSACTION: "1",
  LC_ALL: "C.UTF-8",
  // What apt itself gives dpkg (its DPkg::Path, apt.conf(5)), so that scripts run in the same place whoever starts dpkg. Nothing of
  // /usr/local: dpkg asks for its tools' directories only, and what an administrator laid there is meant for people.
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
};

/** An edited configuration file stays as it is; the package's new one is laid beside it and reported. */
export const CONFFILE_OPTIONS = ["--force-confdef", "--force-confold"] as const;

const option = (text: string): readonly string[] => ["-o", text];

/** Options of every apt-get call that may change something. `lockWaitMs` is how long another package manager is waited for. */
export const aptOptions = (lockWaitMs: number): readonly string[] => [
  "-y",
  "-q",
  ...option(`DPkg::Lock::Timeout=${Math.max(1, Math.ceil(lockWaitMs / 1000))}`),
  ...option("Acquire::Retries=3"),
  ...option("Acquire::http::Timeout=30"),
  ...option("Acquire::https::Timeout=30"),
  ...CONFFILE_OPTIONS.flatMap((o) => option(`Dpkg::Options::=${o}`)),
  ...option("Dpkg::Use-Pty=0"),
  ...option("APT::Color=0"),
  ...option("APT::Get::Show-Progress=0"),
];

/** apt reads "name:arch=version"; packages for all architectures are known under their plain name. */
export const pinned = (p: { readonly name: string; readonly architecture: string; readonly to: string }): string =>
  p.architecture === "all" ? `${p.name}=${p.to}` : `${p.name}:${p.architecture}=${p.to}`;

/** Name of a .deb in an archive directory (apt quotes ":" and "_" of the version). */
export const archiveName = (p: { readonly name: string; readonly architecture: string; readonly version: string }): string =>
  `${p.name}_${p.version.replaceAll("%", "%25").replaceAll("_", "%5f").replaceAll(":", "%3a")}_${p.architecture}.deb`;
