import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";

/** What one run of the packager builds from, and to where. */
export interface Build {
  readonly root: string;
  /** What stays from run to run: the runtime's archive. */
  readonly dist: string;
  readonly out: string;
  readonly version: string;
  /** Seconds since 1970, of every file. */
  readonly epoch: number;
  /** Quick rather than small. */
  readonly fast: boolean;
}

/** The files of one Debian package on their way to a .deb. */
export class PackageTree {
  readonly #name: string;
  readonly #build: Build;
  readonly #root: string;

  constructor(name: string, build: Build) {
    this.#name = name;
    this.#build = build;
    this.#root = join(build.out, name);
    rmSync(this.#root, { recursive: true, force: true });
    mkdirSync(this.#root, { recursive: true });
  }

  /** A path of the package where it lies now. */
  at(path: string): string {
    return join(this.#root, path);
  }

  put(from: string, to: string, mode = 0o644): void {
    mkdirSync(dirname(this.at(to)), { recursive: true });
    copyFileSync(from, this.at(to));
    chmodSync(this.at(to), mode);
  }

  write(to: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(this.at(to)), { recursive: true });
    writeFileSync(this.at(to), text);
    chmodSync(this.at(to), mode);
  }

  /** Adds what Debian wants of every package, from a folder with its control file and scripts. @returns the .deb's path */
  pack(debian: string, conffiles: readonly string[]): string {
    const { version, epoch, fast, out } = this.#build;
    const doc = `usr/share/doc/${this.#name}`;
    this.put(join(dirname(debian), "copyright"), `${doc}/copyright`);
    this.put(join(debian, "lintian-overrides"), `usr/share/lintian/overrides/${this.#name}`);
    const date = new Date(epoch * 1000).toUTCString().replace("GMT", "+0000");
    this.write(
      `${doc}/changelog`,
      `${this.#name} (${version}) unstable; urgency=medium\n\n  * Built from the project's sources.\n\n -- Breakwater maintainers <maintainers@breakwater.invalid>  ${date}\n`,
    );
    execFileSync("gzip", ["-9n", this.at(`${doc}/changelog`)]);
    for (const script of ["preinst", "postinst", "prerm", "postrm"]) {
      const source = join(debian, `${script}.sh`);
      if (existsSync(source)) this.write(`DEBIAN/${script}`, readFileSync(source, "utf8").replaceAll("@VERSION@", version), 0o755);
    }
    this.write("DEBIAN/conffiles", conffiles.map((path) => `${path}\n`).join(""));
    this.write("DEBIAN/md5sums", checksums(this.#root));
    const control = readFileSync(join(debian, "control.txt"), "utf8");
    this.write("DEBIAN/control", control.replace("@VERSION@", version).replace("@SIZE@", String(installedKiB(this.#root))));
    setTimes(this.#root, epoch);
    const deb = join(out, `${this.#name}_${version}_amd64.deb`);
    execFileSync("dpkg-deb", ["--root-owner-group", ...(fast ? ["-Zzstd", "-z3"] : ["-Zxz"]), "--build", this.#root, deb], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) },
    });
    return deb;
  }
}

function* walk(directory: string): Generator<string> {
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name);
    yield path;
    if (lstatSync(path).isDirectory()) yield* walk(path);
  }
}

/** DEBIAN/md5sums: every file that is installed. */
function checksums(tree: string): string {
  const lines: string[] = [];
  for (const path of walk(tree)) {
    const name = relative(tree, path);
    if (name.startsWith("DEBIAN") || lstatSync(path).isDirectory()) continue;
    lines.push(`${createHash("md5").update(readFileSync(path)).digest("hex")}  ${name}\n`);
  }
  return lines.join("");
}

/** Installed-Size of deb-control(5): KiB, each file rounded up. */
function installedKiB(tree: string): number {
  let kib = 0;
  for (const path of walk(tree)) if (!relative(tree, path).startsWith("DEBIAN")) kib += Math.max(1, Math.ceil(lstatSync(path).size / 1024));
  return kib;
}

/** Same times everywhere, and directories that everybody may enter, whatever the builder's umask. */
function setTimes(tree: string, epochSeconds: number): void {
  for (const path of [...walk(tree), tree]) {
    if (lstatSync(path).isDirectory()) chmodSync(path, 0o755);
    utimesSync(path, epochSeconds, epochSeconds);
  }
}
