import { join } from "node:path";
import { bundleAgent } from "./bundle.ts";
import { fetchRuntime } from "./runtime.ts";
import { type Build, PackageTree } from "./tree.ts";

const UNITS = [
  "breakwater-agent.service",
  "breakwater-agent-probe.service",
  "breakwater-executor.socket",
  "breakwater-executor.service",
  "breakwater-inhibit@.service",
];

/** Builds breakwater-agent_VERSION_amd64.deb. @returns its path */
export async function buildAgent(build: Build): Promise<string> {
  const { root, version } = build;
  const here = join(root, "deploy/package");
  const tree = new PackageTree("breakwater-agent", build);
  const payload = "usr/lib/breakwater-agent/payload";
  tree.put(fetchRuntime(join(build.dist, "runtime")), `${payload}/node`, 0o755);
  await bundleAgent(root, tree.at(payload), version);
  for (const script of ["run-agent", "run-executor", "upgrade"]) tree.put(join(here, "payload", script), `${payload}/${script}`, 0o755);
  tree.write(`${payload}/VERSION`, `${version}\n`);
  tree.write(
    "usr/bin/breakwater-agent",
    '#!/bin/sh\nexec /usr/lib/breakwater-agent/current/node /usr/lib/breakwater-agent/current/agent.mjs "$@"\n',
    0o755,
  );
  for (const unit of UNITS) tree.put(join(root, "deploy/systemd", unit), `usr/lib/systemd/system/${unit}`);
  tree.put(join(root, "deploy/systemd/needrestart.conf"), "etc/needrestart/conf.d/breakwater.conf");
  tree.put(join(here, "debian/agent/policy.yaml"), "etc/breakwater-agent/policy.yaml");
  return tree.pack(join(here, "debian/agent"), ["/etc/breakwater-agent/policy.yaml", "/etc/needrestart/conf.d/breakwater.conf"]);
}
