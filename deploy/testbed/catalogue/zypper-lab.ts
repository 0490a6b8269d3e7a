import { expect } from "vitest";
import { fresh, MINUTE } from "../fleet.ts";
import { type Host, testbed, until } from "../testbed.ts";
import { Lab } from "./lab.ts";

/** rpm's version of each crafted package at the start, and the one that is offered. */
export const OLD = "1.0-1";
export const NEW = "1.1-1";
export const LOCKS = "/etc/zypp/locks";
const SERVER = "http://10.77.0.1:8077";
const REPOSITORY = `[testbed]
name=testbed
baseurl=${SERVER}/rpm
enabled=1
autorefresh=1
gpgcheck=1
repo_gpgcheck=1
gpgkey=${SERVER}/testbed.asc
`;

/** What rows ask of an endpoint beside its executions. */
export interface EndpointFacts {
  readonly repositories: readonly { readonly suite: string; readonly state: string; readonly detail: string }[];
  readonly problems: readonly { readonly collector: string; readonly code: string; readonly message: string }[];
}

/** One booted host that is patched with zypper: a Debian, whose owner says so in agent.yaml. Each row has packages of its own. */
export class ZypperLab extends Lab {
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
    await host.sh("DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install rpm zypper");
    // Debian's rpm would keep its database in root's home. Its owner takes the repository's key on: nobody else ever does.
    await host.sh("mkdir -p /etc/rpm && echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros");
    await host.sh("mkdir -p /etc/zypp/repos.d");
    await host.write("/etc/zypp/repos.d/testbed.repo", REPOSITORY);
    await host.sh(`curl -sf ${SERVER}/testbed.asc >/root/testbed.asc && rpm --import /root/testbed.asc`);
    await this.fetchLists();
    await this.zypper("install", "bw-base", ...offered);
    await testbed.repoRpm("publish", ...offered.flatMap((name) => [name, "1.1"]));
    await this.fetchLists();
    await host.sh("mkdir -p /etc/breakwater-agent");
    await host.write("/etc/breakwater-agent/agent.yaml", "packageManager: zypper\n");
    await host.reboot();
    await this.fleet.join([host]);
  }

  zypper = (...words: readonly string[]): Promise<string> => this.host.exec("zypper", "--non-interactive", ...words);
  /** zypper's own lists, as an owner's timer fetches them. */
  fetchLists = (): Promise<string> => this.zypper("refresh");

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
  /** The updates of rpm packages that the controller knows of the host, as "name version". */
  async pendingRpms(): Promise<string[]> {
    const { rows } = await this.controller.client.get<{ rows: { name: string; ecosystem: string; update: { to: string } | null }[] }>(
      `/endpoints/${this.fleet.idOf(this.host)}/packages?limit=1000`,
    );
    return rows.flatMap((r) => (r.ecosystem === "rpm" && r.update ? [`${r.name} ${r.update.to}`] : [])).sort();
  }

  /** Waits until a package's script sleeps, which all slow ones do. */
  scriptRuns = (): Promise<true> =>
    until(
      "the package's script to run",
      5 * MINUTE,
      async () => (await this.host.try("pgrep", "-f", "^sleep [0-9]")).exitCode === 0,
      100,
    ) as Promise<true>;
  /** What a slow package's scripts noted, one version for each that came to its end. */
  scriptsOf = async (name: string): Promise<string[]> => (await this.host.sh(`cat /var/lib/${name}.done`)).trim().split("\n");
}

/** rpm's database is sound, and holds nothing twice. */
export async function rpmIsSound(host: Host): Promise<void> {
  expect((await host.try("rpmdb", "--verifydb")).exitCode).toBe(0);
  expect(await host.sh("rpm -qa --qf '%{NAME}.%{ARCH}\\n' | sort | uniq -d")).toBe("");
}
