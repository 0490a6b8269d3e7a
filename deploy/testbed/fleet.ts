import type { Deployment, Execution } from "./client.ts";
import { Controller } from "./controller.ts";
import { connected, enrol } from "./endpoint.ts";
import { Host, testbed, until } from "./testbed.ts";

export const MINUTE = 60_000;

/** The versions that every host begins with. */
const FIRST = { "bw-shop": "1.1", "bw-badpostinst": "1.0", "bw-conffile": "1.0", "bw-reboot": "1.0" };

/** Five real hosts with their agents, and a real controller; what the tests on them have in common. */
export class Fleet {
  readonly controller: Controller;
  readonly hosts: readonly Host[];
  readonly #ids = new Map<Host, string>();

  constructor(options: { controller?: Controller; hosts?: readonly number[] } = {}) {
    this.controller = options.controller ?? new Controller();
    this.hosts = (options.hosts ?? [1, 2, 3, 4, 5]).map((k) => new Host(k));
  }

  get ids(): string[] {
    return [...this.#ids.values()];
  }
  idOf(host: Host): string {
    return this.#ids.get(host) ?? "";
  }
  cellOf(deployment: Deployment, host: Host) {
    return deployment.cells.find((c) => c.endpointId === this.idOf(host));
  }
  executionOf(deployment: Deployment, host: Host): Promise<Execution> {
    return this.controller.client.get(`/deployments/${deployment.id}/executions/${this.cellOf(deployment, host)?.executionId}`);
  }

  /** Fresh hosts, a controller, trust in the repository of crafted packages with their first versions installed, an agent on each host, one check. */
  async start(): Promise<void> {
    await Promise.all(this.hosts.map(fresh));
    await this.controller.start();
    await this.controller.setUp();
    for (const [name, version] of Object.entries(FIRST)) await testbed.repo("publish", name, version);
    await Promise.all(this.hosts.map((host) => testbed.repo("trust", String(host.k))));
    const first = Object.entries(FIRST).map(([name, version]) => `${name}=${version}`);
    await Promise.all(this.hosts.map((host) => host.sh(`DEBIAN_FRONTEND=noninteractive apt-get install -q -y ${first.join(" ")}`)));
    await this.join(this.hosts);
    // From now on the shop's latency is known, so that the judge has a past to compare with when it is asked.
    const checks = [{ kind: "http", name: "shop", url: "http://127.0.0.1:8080/work", timeoutMs: 2_000 }];
    await Promise.all(this.hosts.map((host) => this.controller.client.call("PATCH", `/endpoints/${this.idOf(host)}`, { checks })));
  }
  async join(on: readonly Host[]): Promise<void> {
    const token = await this.controller.joinToken(on.length);
    await Promise.all(on.map((host) => enrol(host, this.controller, token)));
    for (const host of on) this.#ids.set(host, (await connected(host, this.controller)).id);
  }
  stop(): Promise<void> {
    return this.controller.stop();
  }

  /** A package's step as the planner takes it, once every one of these hosts offers it. */
  pending(name: string, to: string, on: readonly Host[]): Promise<{ sourceName: string; toVersion: string }> {
    return until(`${name} ${to} to be pending on ${on.map((h) => h.name).join(", ")}`, 10 * MINUTE, async () => {
      const row = (await this.controller.client.queue()).find((r) => r.sourceName === name && r.toVersion === to);
      return row && row.endpoints >= on.length ? { sourceName: name, toVersion: to } : undefined;
    });
  }
}

/** What other tests did to a host must not be met again. */
export async function fresh(host: Host): Promise<void> {
  if ((await host.package("breakwater-agent")) === "") return;
  await host.reset();
  await host.start();
}

export const refresh = (on: readonly Host[]) => Promise.all(on.map((h) => h.exec("apt-get", "-q", "update")));
