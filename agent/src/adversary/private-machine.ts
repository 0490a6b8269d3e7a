import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";

/** Places that hold all that apt, dpkg and their logs know of a machine. */
const PLACES = ["/etc/apt", "/var/lib/apt", "/var/lib/dpkg", "/var/cache/apt", "/var/log"] as const;
const TOOLS = ["/usr/bin/systemd-run", "/usr/bin/systemctl"] as const;
const UNSHARE = "/usr/bin/unshare";

/** Why no private machine can be made here; undefined when one can. */
export function privateMachineLacks(): string | undefined {
  if (process.getuid?.() !== 0) return "the executor is root's, and this test runs as another user";
  const missing = [...TOOLS, UNSHARE, "/usr/bin/apt-get", "/usr/bin/dpkg-deb"].find((t) => !existsSync(t));
  if (missing) return `${missing} is not here`;
  return spawnSync(UNSHARE, ["-m", "true"]).status === 0 ? undefined : "this machine allows no mount namespaces";
}

/** A machine of the test's own, whose packages really change, in a folder. */
export interface PrivateMachine {
  /** The argv that runs a program there. */
  within(argv: readonly string[]): string[];
  /** All that a change would leave behind: dpkg's database, what packages' scripts wrote, units that were started. */
  traces(): { readonly dpkg: string; readonly scripts: string; readonly units: string };
  versionOf(name: string): string;
  /** What a person does by hand. */
  sh(command: string): string;
  /** Packages that apt knows as automatically or manually installed. */
  aptMark(which: "showauto" | "showmanual"): string[];
}

/** What Debian would call the package of the kernel that runs here. */
export const RUNNING_KERNEL = `linux-image-${release()}`;

const PACKAGES: readonly { name: string; version: string; repository: string; extra: string; script?: string }[] = [
  { name: "shop", version: "1.0", repository: "main", extra: "" },
  { name: "shop", version: "1.1", repository: "main", extra: "" },
  { name: "shop", version: "1.2", repository: "foreign", extra: "" },
  { name: "held", version: "1.0", repository: "main", extra: "" },
  { name: "held", version: "1.1", repository: "main", extra: "" },
  { name: "rival", version: "1.0", repository: "main", extra: "" },
  { name: "rival", version: "1.1", repository: "main", extra: "Conflicts: shop\n" },
  { name: "meta", version: "1.0", repository: "main", extra: "" },
  { name: "meta", version: "1.1", repository: "main", extra: "Depends: kernel-2\n" },
  { name: "kernel-2", version: "2.0", repository: "main", extra: "" },
  { name: "guest", version: "1.0", repository: "main", extra: "Depends: kernel-2\n" },
  { name: "rotten", version: "1.0", repository: "main", extra: "" },
  { name: "rotten", version: "1.1", repository: "main", extra: "Depends: rotten-part\n" },
  { name: "rotten-part", version: "1.0", repository: "main", extra: "", script: "exit 1\n" },
  { name: "image-meta", version: "1.0", repository: "main", extra: "" },
  { name: "image-meta", version: "1.1", repository: "main", extra: `Depends: ${RUNNING_KERNEL}\n` },
  { name: RUNNING_KERNEL, version: "3.0", repository: "main", extra: "" },
];
const INSTALLED = ["shop", "held", "rival", "meta", "rotten", "image-meta"];

/**
 * Real apt and dpkg over a database and repositories in `root`, laid over the machine's own places in a mount namespace:
 * INSTALLED are installed at 1.0, `held` on hold; "Shop:Main:stable" offers 1.1 of each (rival's conflicts with shop; meta's brings
 * kernel-2, on which guest stands; rotten's what cannot be configured; image-meta's the package of the running kernel) and "Foreign:Elsewhere:stable" shop 1.2. Packages hold no files, only a script that says that it ran. systemd is not
 * there: two programs of its names run a unit's command at once and note its end, as systemd would.
 */
export function createPrivateMachine(root: string): PrivateMachine {
  const of = (place: string) => join(root, place.slice(1).replaceAll("/", "-"));
  for (const place of PLACES) mkdirSync(of(place));
  for (const d of ["apt.conf.d", "preferences.d", "trusted.gpg.d"]) mkdirSync(join(of("/etc/apt"), d));
  for (const d of ["info", "updates", "triggers"]) mkdirSync(join(of("/var/lib/dpkg"), d));
  mkdirSync(join(of("/var/lib/apt"), "lists", "partial"), { recursive: true });
  mkdirSync(join(of("/var/cache/apt"), "archives", "partial"), { recursive: true });
  mkdirSync(join(of("/var/log"), "apt"));
  writeFileSync(join(of("/var/lib/dpkg"), "status"), "");
  writeFileSync(join(of("/etc/apt"), "apt.conf.d", "test"), 'APT::Sandbox::User "root";\n');
  const repositories = { main: "Origin: Shop\nLabel: Main", foreign: "Origin: Foreign\nLabel: Elsewhere" };
  for (const [name, release] of Object.entries(repositories)) writeRepository(root, name, release);
  // "copy:" and not "file:": apt leaves the packages of the latter where they are, and the agent looks for those it fetched.
  const sources = Object.keys(repositories).map((r) => `deb [trusted=yes] copy:${root}/${r} ./\n`);
  writeFileSync(join(of("/etc/apt"), "sources.list"), sources.join(""));
  writeTools(root);
  const enter = join(root, "enter.sh");
  const binds = [...PLACES.map((p) => [of(p), p]), ...TOOLS.map((t) => [join(root, t.slice("/usr/bin/".length)), t])];
  writeFileSync(enter, `set -e\n${binds.map(([from, to]) => `mount --bind ${from} ${to}\n`).join("")}exec "$@"\n`);
  const within = (argv: readonly string[]) => [UNSHARE, "-m", "sh", enter, ...argv];
  const setUp = `apt-get -qq update && dpkg -i ${INSTALLED.map((n) => join(root, "main", `${n}_1.0_all.deb`)).join(" ")} && echo held hold | dpkg --set-selections`;
  const [program = "", ...rest] = within(["sh", "-ec", setUp]);
  execFileSync(program, rest, { stdio: ["ignore", "ignore", "pipe"] });
  const sh = (command: string): string => {
    const [file = "", ...args] = within(["sh", "-ec", command]);
    return execFileSync(file, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    }).toString();
  };
  const read = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : "");
  const status = () => read(join(of("/var/lib/dpkg"), "status"));
  return {
    within,
    traces: () => ({ dpkg: status(), scripts: read(join(of("/var/log"), "scripts-ran")), units: read(join(root, "units-started")) }),
    sh,
    aptMark: (which) =>
      sh(`apt-mark ${which}`)
        .split("\n")
        .filter((l) => l !== ""),
    versionOf: (name) => new RegExp(`^Package: ${name}\\n(?:.+\\n)*?Version: (.+)$`, "m").exec(status())?.[1] ?? "",
  };
}

/** A flat repository (sources.list(5)): packages, their index and a Release file that says whose it is. */
function writeRepository(root: string, repository: string, release: string): void {
  const folder = join(root, repository);
  mkdirSync(folder);
  const index = PACKAGES.filter((p) => p.repository === repository).map(({ name, version, extra, script = "" }) => {
    const fields = `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: Test <test@example.org>\n${extra}Description: made by a test\n`;
    const tree = join(root, "build", `${name}-${version}`, "DEBIAN");
    mkdirSync(tree, { recursive: true });
    writeFileSync(join(tree, "control"), fields);
    writeFileSync(join(tree, "postinst"), `#!/bin/sh\necho "${name} ${version}" >> /var/log/scripts-ran\n${script}`);
    chmodSync(join(tree, "postinst"), 0o755);
    const file = `${name}_${version}_all.deb`;
    execFileSync("dpkg-deb", ["--build", "-Znone", join(tree, ".."), join(folder, file)], { stdio: ["ignore", "ignore", "pipe"] });
    const bytes = readFileSync(join(folder, file));
    return `${fields}Filename: ./${file}\nSize: ${bytes.length}\nSHA256: ${sha256(bytes)}\n`;
  });
  const packages = index.join("\n");
  writeFileSync(join(folder, "Packages"), packages);
  const date = new Date().toUTCString().replace("GMT", "UTC");
  const sums = `SHA256:\n ${sha256(packages)} ${Buffer.byteLength(packages)} Packages\n`;
  writeFileSync(join(folder, "Release"), `${release}\nSuite: stable\nDate: ${date}\n${sums}`);
}

/** In systemd-run's arguments everything before "--" is about the unit; its ExecStopPost is told how the command ended. */
function writeTools(root: string): void {
  const systemdRun = `#!/bin/sh
echo "$*" >> ${root}/units-started
while [ "$1" != "--" ]; do
  case "$1" in
    --property=ExecStopPost=*) after="\${1#--property=ExecStopPost=}" ;;
    --property=StandardOutput=append:*) log="\${1#--property=StandardOutput=append:}" ;;
    --setenv=*) export "\${1#--setenv=}" ;;
  esac
  shift
done
shift
( "$@" >> "$log" 2>&1 < /dev/null; EXIT_CODE=exited EXIT_STATUS=$? $after ) > /dev/null 2>&1 &
`;
  for (const [name, text] of Object.entries({ "systemd-run": systemdRun, systemctl: "#!/bin/sh\nexit 0\n" })) {
    writeFileSync(join(root, name), text);
    chmodSync(join(root, name), 0o755);
  }
}

const sha256 = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");
