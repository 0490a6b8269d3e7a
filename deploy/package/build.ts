import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.ts";
import { fetchRuntime } from "./runtime.ts";
import { checksums, installedKiB, setTimes } from "./tree.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const dist = join(root, "dist");
const version: string = JSON.parse(readFileSync(join(root, "agent/package.json"), "utf8")).version;
/** The same sources give the same bytes: every file carries the last commit's time. */
const epoch = Number(execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: root, encoding: "utf8" }).trim());

/** Builds dist/breakwater-agent_<version>_amd64.deb. */
async function buildAgent(): Promise<string> {
  const tree = join(dist, "breakwater-agent");
  rmSync(tree, { recursive: true, force: true });
  const lib = join(tree, "usr/lib/breakwater-agent");
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
  mkdirSync(lib, { recursive: true });
  put(fetchRuntime(join(dist, "runtime")), "usr/lib/breakwater-agent/node", 0o755);
  await bundle({ agent: join(root, "agent/src/main.ts"), executor: join(root, "agent/src/executor-main.ts") }, lib);
  write("usr/bin/breakwater-agent", '#!/bin/sh\nexec /usr/lib/breakwater-agent/node /usr/lib/breakwater-agent/agent.mjs "$@"\n', 0o755);
  for (const unit of [
    "breakwater-agent.service",
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
  for (const script of ["postinst", "prerm", "postrm"]) put(join(here, "debian", `${script}.sh`), `DEBIAN/${script}`, 0o755);
  write("DEBIAN/conffiles", "/etc/breakwater-agent/policy.yaml\n/etc/needrestart/conf.d/breakwater.conf\n");
  write("DEBIAN/md5sums", checksums(tree));
  const control = readFileSync(join(here, "debian/control.txt"), "utf8");
  write("DEBIAN/control", control.replace("@VERSION@", version).replace("@SIZE@", String(installedKiB(tree))));
  setTimes(tree, epoch);
  const deb = join(dist, `breakwater-agent_${version}_amd64.deb`);
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
