import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { EndpointRow } from "./client.ts";
import type { Controller } from "./controller.ts";
import { type Host, until } from "./testbed.ts";

const dist = join(import.meta.dirname, "../../dist");

/** The agent's package as `npm run package` left it. */
export const agentPackage = (): string => {
  const name = readdirSync(dist).find((f) => /^breakwater-agent_.*_amd64\.deb$/.test(f));
  if (!name) throw new Error("dist/ holds no agent package: run `npm run package`.");
  return join(dist, name);
};

/** The last host can run an elder agent: `ELDER_AGENT=FILE.deb npm run test:hosts` shows that a controller serves the generation before. */
const ELDER_HOST = 5;
const packageFor = (host: Host): string => (host.k === ELDER_HOST && process.env.ELDER_AGENT) || agentPackage();

/** Installs the agent from its package and enrols the host, as its owner would; the owner lets it be patched. */
export async function enrol(host: Host, controller: Controller, token: string): Promise<void> {
  await host.push(packageFor(host), "/root/breakwater-agent.deb");
  await host.sh("DEBIAN_FRONTEND=noninteractive dpkg -i /root/breakwater-agent.deb");
  // Tests change a host more often than its owner would let anybody.
  await host.write("/etc/breakwater-agent/policy.yaml", "mode: patch\nrateFuse: { perHour: 500, perDay: 5000 }\n");
  await host.exec(
    "breakwater-agent",
    "enroll",
    "--server",
    controller.enrollment,
    "--token",
    token,
    "--ca-fingerprint",
    controller.fingerprint,
  );
  await host.exec("systemctl", "restart", "breakwater-agent.service");
}

/** The endpoint as the controller sees it, once it is connected and an inventory was taken. */
export const connected = (host: Host, controller: Controller): Promise<EndpointRow> =>
  until(`${host.name} to be connected with its inventory`, 300_000, async () =>
    (await controller.client.endpoints()).find(
      (e) => e.hostname === host.name && e.connected && e.inventoryAt !== null && e.revokedAt === null,
    ),
  );

/** How often dpkg upgraded a package on a host, by its own log. */
export async function timesUpgraded(host: Host, name: string, to: string): Promise<number> {
  const { out } = await host.try("sh", "-c", `cat /var/log/dpkg.log 2>/dev/null`);
  return out
    .split("\n")
    .filter((line) =>
      new RegExp(` (upgrade|install) ${name.replace(/[.+]/g, "\\$&")}:\\S+ \\S+ ${to.replace(/[.+~]/g, "\\$&")}$`).test(line),
    ).length;
}
