import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.ts";
import { fetchRuntime } from "./runtime.ts";
import { checksums, installedKiB, setTimes } from "./tree.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const flag = (name: string): string | undefined => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
const dist = join(root, "dist");
/** The sources' version, or that of `--version`: the same sources under another name, for tests of the upgrade. */
const version = flag("--version") ?? JSON.parse(readFileSync(join(root, "agent/package.json"), "utf8")).version;
/** Where the package goes; `--out DIR` keeps it apart from the one that is shipped. */
const out = flag("--out") ?? dist;
/** The same sources give the same bytes: every file carries the last commit's time. */
const epoch = Number(execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: root, encoding: "utf8" }).trim());

/** Builds breakwater-agent_<version>_amd64.deb. */
async function buildAgent(): Promise<string> {
  const tree = join(out, "breakwater-agent");
  rmSync(tree, { recursive: true, force: true });
  const payload = "usr/lib/breakwater-agent/payload";
  const put = (from: string, to: string, mode = 0o644): void => {
    mkdirSync(dirname(join(tree, to)), { recursive: true });
    copyFileSync(from, join(tree, to));
    chmodSync(join(tree, to), mode);
  };
  const write = (to: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(join(tree, to)), { recursive: true });
    writeFileSync(join(tree, to), text);
    chmodSync(join(tree, to), mode);
  };
  mkdirSync(join(tree, payload), { recursive: true });
  put(fetchRuntime(join(dist, "runtime")), `${payload}/node`, 0o755);
  const entryPoints = { agent: join(root, "agent/src/main.ts"), executor: join(root, "agent/src/executor-main.ts") };
  await bundle(entryPoints, join(tree, payload), version);
  for (const script of ["run-agent", "run-executor", "upgrade"]) put(join(here, "payload", script), `${payload}/${script}`, 0o755);
  write(`${payload}/VERSION`, `${version}\n`);
  write(
    "usr/bin/breakwater-agent",
    '#!/bin/sh\nexec /usr/lib/breakwater-agent/current/node /usr/lib/breakwater-agent/current/agent.mjs "$@"\n',
    0o755,
  );
  for (const unit of [
    "breakwater-agent.service",
    "breakwater-agent-probe.service",
    "breakwater-executor.socket",
    "breakwater-executor.service",
    "breakwater-inhibit@.service",
  ])
    put(join(root, "deploy/systemd", unit), `usr/lib/systemd/system/${unit}`);
  put(join(root, "deploy/systemd/needrestart.conf"), "etc/needrestart/conf.d/breakwater.conf");
  put(join(here, "policy.yaml"), "etc/breakwater-agent/policy.yaml");
  put(join(here, "copyright"), "usr/share/doc/breakwater-agent/copyright");
  put(join(here, "lintian-overrides"), "usr/share/lintian/overrides/breakwater-agent");
  const date = new Date(epoch * 1000).toUTCString().replace("GMT", "+0000");
  const changelog = `breakwater-agent (${version}) unstable; urgency=medium\n\n  * Built from the project's sources.\n\n -- Breakwater maintainers <maintainers@breakwater.invalid>  ${date}\n`;
  write("usr/share/doc/breakwater-agent/changelog", changelog);
  execFileSync("gzip", ["-9n", join(tree, "usr/share/doc/breakwater-agent/changelog")]);
  for (const script of ["preinst", "postinst", "prerm", "postrm"])
    write(`DEBIAN/${script}`, readFileSync(join(here, "debian", `${script}.sh`), "utf8").replaceAll("@VERSION@", version), 0o755);
  write("DEBIAN/conffiles", "/etc/breakwater-agent/policy.yaml\n/etc/needrestart/conf.d/breakwater.conf\n");
  write("DEBIAN/md5sums", checksums(tree));
  const control = readFileSync(join(here, "debian/control.txt"), "utf8");
  write("DEBIAN/control", control.replace("@VERSION@", version).replace("@SIZE@", String(installedKiB(tree))));
  setTimes(tree, epoch);
  const deb = join(out, `breakwater-agent_${version}_amd64.deb`);
  const environment = { ...process.env, SOURCE_DATE_EPOCH: String(epoch) };
  const compression = process.argv.includes("--fast") ? ["-Zzstd", "-z3"] : ["-Zxz"];
  execFileSync("dpkg-deb", ["--root-owner-group", ...compression, "--build", tree, deb], {
    stdio: ["ignore", "ignore", "inherit"],
    env: environment,
  });
  return deb;
}

const deb = await buildAgent();
console.log(`${deb} ${(statSync(deb).size / 1e6).toFixed(1)} MB`);
