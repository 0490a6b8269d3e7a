import { execFileSync } from "node:child_process";
import { cpSync } from "node:fs";
import { basename, join } from "node:path";
import { bundle } from "./bundle.ts";
import { fetchRuntime } from "./runtime.ts";
import { type Build, PackageTree } from "./tree.ts";

const LIB = "usr/lib/breakwater";
/** What cannot be bundled since it reads files beside itself: machine code, and the embedded database. */
const BESIDE = ["@node-rs/argon2", "@node-rs/argon2-linux-x64-gnu", "@electric-sql/pglite"];
/** Of these modules only what runs: no types, source maps, second builds for CommonJS, or PostgreSQL extensions. */
const UNNEEDED = /\.(map|d\.ts|d\.cts|cjs|tar\.gz|md)$|\/(live|worker|node-postgres|contrib|src)$/;

/**
 * Builds breakwater-controller_VERSION_amd64.deb: the controller with its console, the `breakwater` command, and the agent's
 * package, which it hands to new machines. @returns its path
 */
export async function buildController(build: Build, agentPackage: string): Promise<string> {
  const { root, version } = build;
  const here = join(root, "deploy/package");
  const sources = join(root, "controller/src");
  const tree = new PackageTree("breakwater-controller", build);
  tree.put(fetchRuntime(join(build.dist, "runtime")), `${LIB}/node`, 0o755);
  const entryPoints = { controller: join(sources, "main.ts"), breakwater: join(here, "breakwater.ts") };
  await bundle(entryPoints, tree.at(LIB), version, { external: BESIDE });
  for (const module of BESIDE)
    cpSync(join(root, "node_modules", module), tree.at(`${LIB}/node_modules/${module}`), {
      recursive: true,
      filter: (path) => !UNNEEDED.test(path),
    });
  // Read at run time, from beside the module that reads it.
  execFileSync("npm", ["run", "-s", "build:console"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  cpSync(join(sources, "serve/console/dist"), tree.at(`${LIB}/serve/console/dist`), { recursive: true });
  cpSync(join(sources, "store/migrations"), tree.at(`${LIB}/migrations`), { recursive: true });
  tree.put(join(sources, "serve/api/install/agent.sh"), `${LIB}/agent.sh`);
  tree.put(agentPackage, `${LIB}/${basename(agentPackage)}`);
  tree.write("usr/bin/breakwater", `#!/bin/sh\nexec /${LIB}/node /${LIB}/breakwater.mjs "$@"\n`, 0o755);
  tree.put(join(root, "deploy/systemd/breakwater-controller.service"), "usr/lib/systemd/system/breakwater-controller.service");
  tree.put(join(here, "debian/controller/controller.yaml"), "etc/breakwater/controller.yaml");
  return tree.pack(join(here, "debian/controller"), ["/etc/breakwater/controller.yaml"]);
}
