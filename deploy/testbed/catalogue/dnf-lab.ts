import { expect } from "vitest";
import { fresh, MINUTE } from "../fleet.ts";
import { type Host, testbed, until } from "../testbed.ts";
import { Lab } from "./lab.ts";

/** rpm's version of each crafted package at the start, and the one that is offered. */
export const OLD = "1.0-1";
export const NEW = "1.1-1";
const VERSIONLOCK = "/etc/dnf/plugins/versionlock.list";

/** What rows ask of an endpoint beside its executions. */
export interface EndpointFacts {
  readonly repositories: readonly { readonly suite: string; readonly state: string; readonly detail: string }[];
  readonly problems: readonly { readonly collector: string; readonly code: string; readonly message: string }[];
}

/** One booted host that is patched with dnf: a Debian, whose owner says so in agent.yaml. Each row has packages of its own. */
export class DnfLab extends Lab {
  readonly host: Host;
  constructor(k: number) {
    super([k]);
    this.host = this.hosts[0] as Host;
  }

  /** @param offered Packages of which 1.0-1 is installed and 1.1-1 offered from the beginning. */
  async startWith(offered: readonly string[]): Promise<void> {
    const { host } = this;
    await Promise.all([fresh(host), testbed.repoRpm("build")]);
    await this.controller.start();
    await this.controller.setUp();
    await testbed.repoRpm("trust", String(host.k));
    await host.exec("dnf", "-q", "-y", "install", "bw-base", ...offered);
    await testbed.repoRpm("publish", ...offered.flatMap((name) => [name, "1.1"]));
    await this.fetchLists();
    await host.sh("mkdir -p /etc/breakwater-agent");
    await host.write("/etc/breakwater-agent/agent.yaml", "packageManager: dnf\n");
    // What came before this start wants no restart of the machine.
    await host.reboot();
    await this.fleet.join([host]);
  }

  /** dnf's own lists, as an owner's timer fetches them. */
  fetchLists = (): Promise<string> => this.host.exec("dnf", "-q", "makecache", "--refresh");

  protected override async installed(host: Host, name: string): Promise<string> {
    return (await host.rpms(name)).join(" ");
  }

  async facts(): Promise<EndpointFacts> {
    const { facts } = await this.controller.client.get<{ facts: EndpointFacts }>(`/endpoints/${this.fleet.idOf(this.host)}`);
    return facts;
  }
  async endpoint() {
    return (await this.controller.client.endpoints()).find((e) => e.hostname === this.host.name);
  }
  /** A new inventory at once: the agent takes one when it starts. */
  async lookAgain(): Promise<void> {
    const before = (await this.endpoint())?.inventoryAt ?? "";
    await this.host.exec("systemctl", "restart", "breakwater-agent.service");
    await until("a new inventory", 3 * MINUTE, async () => {
      const e = await this.endpoint();
      return e?.connected && (e.inventoryAt ?? "") > before;
    });
  }

  /** The updates of rpm packages that the controller knows of the host, as "name version". */
  async pendingRpms(): Promise<string[]> {
    const { rows } = await this.controller.client.get<{ rows: { name: string; ecosystem: string; update: { to: string } | null }[] }>(
      `/endpoints/${this.fleet.idOf(this.host)}/packages?limit=1000`,
    );
    return rows.flatMap((r) => (r.ecosystem === "rpm" && r.update ? [`${r.name} ${r.update.to}`] : [])).sort();
  }
  /** The same as dnf lists them, with the exit status that goes with it. */
  async checkUpdate(): Promise<{ exitCode: number; updates: string[] }> {
    const { exitCode, out } = await this.host.try("dnf", "-q", "check-update");
    const updates = out.split("\n").flatMap((line) => {
      const m = /^(\S+)\.noarch\s+(\S+)\s+testbed\s*$/.exec(line);
      return m ? [`${m[1]} ${m[2]}`] : [];
    });
    return { exitCode, updates: updates.sort() };
  }

  /** Every version that was rolled back may come again. */
  forgetAvoided = (): Promise<string> => this.host.sh(`: >${VERSIONLOCK}`);
  avoided = (): Promise<string> => this.host.sh(`cat ${VERSIONLOCK}`);

  /** Waits until a package's script sleeps, which all slow ones do for the same time. */
  scriptRuns = (): Promise<true> =>
    until(
      "the package's script to run",
      5 * MINUTE,
      async () => (await this.host.try("pgrep", "-f", "^sleep 8")).exitCode === 0,
      100,
    ) as Promise<true>;
  /** What a slow package's scripts noted, one version for each that came to its end. */
  scriptsOf = async (name: string): Promise<string[]> => (await this.host.sh(`cat /var/lib/${name}.done`)).trim().split("\n");
}

/** rpm's database is sound, and dnf finds nothing double or missing. */
export async function rpmIsSound(host: Host): Promise<void> {
  expect((await host.try("dnf", "-q", "check")).out).toBe("");
  expect((await host.try("rpmdb", "--verifydb")).exitCode).toBe(0);
  expect(await host.sh("rpm -qa --qf '%{NAME}.%{ARCH}\\n' | sort | uniq -d")).toBe("");
}
