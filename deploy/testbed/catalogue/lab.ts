import { expect } from "vitest";
import type { Deployment, Execution, Plan } from "../client.ts";
import { Controller, ON_CHECKS } from "../controller.ts";
import { Fleet, MINUTE, refresh } from "../fleet.ts";
import { type Host, testbed, until } from "../testbed.ts";
import { journalOf } from "./eyes.ts";

/** States that an execution does not leave. */
export const ENDED: readonly string[] = ["succeeded", "failed", "rolled-back", "rollback-failed", "refused", "cancelled"];

export interface Ended {
  readonly deployment: Deployment;
  readonly execution: Execution;
  readonly executionId: string;
}

/** One fleet of real hosts that many rows share, and what rows have in common. */
export class Lab {
  readonly controller = new Controller();
  readonly fleet: Fleet;
  readonly hosts: readonly Host[];

  constructor(hosts: readonly number[]) {
    this.controller.pace = { health: 10, inventory: 30 };
    this.fleet = new Fleet({ controller: this.controller, hosts });
    this.hosts = this.fleet.hosts;
  }

  /** @param offered Packages and the versions that the repository offers from the beginning; each host gets their 1.0. */
  async start(offered: Readonly<Record<string, string>>): Promise<void> {
    await this.fleet.start();
    const first = Object.keys(offered)
      .map((name) => `${name}=1.0`)
      .join(" ");
    await Promise.all(
      this.hosts.map((host) => host.sh(`DEBIAN_FRONTEND=noninteractive apt-get install -q -y --allow-downgrades ${first}`)),
    );
    for (const [name, version] of Object.entries(offered)) await testbed.repo("publish", name, version);
    await refresh(this.hosts);
  }
  stop(): Promise<void> {
    return this.controller.stop();
  }

  /** The version that the host's own package manager says is there, in one word. */
  protected async installed(host: Host, name: string): Promise<string> {
    return (await host.package(name)).split(" ")[1] ?? "";
  }

  /** An approved plan that takes packages of one host to these versions, once the controller knows that they are pending. */
  approved(host: Host, to: Readonly<Record<string, string>>, more: Record<string, unknown> = {}): Promise<Plan> {
    const wanted = Object.entries(to);
    return until(`a plan for ${wanted.map((w) => w.join(" ")).join(", ")} on ${host.name}`, 5 * MINUTE, async () => {
      const id = this.fleet.idOf(host);
      const { rows } = await this.controller.client.get<{ rows: { name: string; version: string; update: { to: string } | null }[] }>(
        `/endpoints/${id}/packages?limit=1000`,
      );
      const known = await Promise.all(
        wanted.map(async ([name, version]) => {
          const row = rows.find((r) => r.name === name);
          return row?.update?.to === version && (await this.installed(host, name)) === row.version;
        }),
      );
      if (!known.every(Boolean)) return undefined;
      return this.controller.approvedPlan({
        title: `${wanted.map((w) => w.join(" ")).join(", ")} on ${host.name}`,
        select: { patches: wanted.map(([packageName, toVersion]) => ({ packageName, toVersion })), endpointIds: [id] },
        bakeMs: 1_000,
        passOnChecks: ON_CHECKS,
        ...more,
      });
    });
  }

  /** Deploys a plan of one host and waits until its execution ends. The deployment is ended too, so that the host is free for the next. */
  async deployed(host: Host, plan: Plan, meanwhile: (id: string) => Promise<void> = async () => {}): Promise<Ended> {
    const id = await this.controller.deploy(plan);
    await meanwhile(id);
    return this.ended(host, id);
  }
  async ended(host: Host, id: string): Promise<Ended> {
    let last = "nothing";
    const seen = await until(
      `the execution on ${host.name} to end`,
      25 * MINUTE,
      async () => {
        const d = await this.controller.deployment(id);
        const cell = this.fleet.cellOf(d, host);
        last = `${d.state} ${cell?.state} ${cell?.message} ${d.waits.map((w) => w.what).join(" ")}`;
        if (cell && ENDED.includes(cell.state) && cell.executionId) return d;
        throw new Error(last);
      },
      500,
    );
    const execution = await this.fleet.executionOf(seen, host);
    if (execution.state !== "succeeded") {
      await this.controller.client.post(`/deployments/${id}/halt`, { reason: "the row is over" }).catch(() => undefined);
      await this.controller.deploymentIs(id, ["halted", "rolled-back", "cancelled", "succeeded"], 5 * MINUTE);
    } else await this.controller.deploymentIs(id, ["succeeded"], 5 * MINUTE);
    return { deployment: await this.controller.deployment(id), execution, executionId: this.fleet.cellOf(seen, host)?.executionId ?? "" };
  }
  async run(host: Host, to: Readonly<Record<string, string>>, more: Record<string, unknown> = {}): Promise<Ended> {
    return this.deployed(host, await this.approved(host, to, more));
  }

  /** Takes a deployment that succeeded back, and waits until that is done. */
  async takenBack(host: Host, id: string): Promise<Execution> {
    await this.controller.client.post(`/deployments/${id}/rollback`, { reason: "to see it go back" });
    const done = await this.controller.deploymentIs(id, ["rolled-back"], 25 * MINUTE);
    return this.fleet.executionOf(done, host);
  }

  /** A package of the testbed as it was at the start, nothing kept away, nothing edited. */
  async reset(host: Host, ...names: readonly string[]): Promise<void> {
    await host.sh(
      `rm -f /etc/apt/preferences.d/breakwater-hold-* && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --allow-downgrades --reinstall -o Dpkg::Options::=--force-confnew -o Dpkg::Options::=--force-confmiss ${names.map((n) => `${n}=1.0`).join(" ")}`,
    );
    await host.sh("find /etc -name '*.dpkg-*' -path '*bw-*' -delete");
  }

  /** The planner's word on a plan that is left with nothing; empty when there is a plan. */
  async refusedPlan(host: Host, packageName: string, toVersion: string): Promise<string> {
    const select = { patches: [{ packageName, toVersion }], endpointIds: [this.fleet.idOf(host)] };
    const refused = await this.controller.client.post("/plans", { select }).then(
      () => "",
      (problem: Error) => problem.message,
    );
    return (/"(?:detail|message)":"([^"]+)"/.exec(refused)?.[1] ?? refused).slice(0, 400);
  }

  /** Whether an update of a package is told of by a host, and how. */
  async update(host: Host, name: string) {
    const { rows } = await this.controller.client.get<{
      rows: { name: string; held: boolean; update: { to: string; held: boolean; phasedPercent: number; brings: string[] } | null }[];
    }>(`/endpoints/${this.fleet.idOf(host)}/packages?limit=1000`);
    return rows.find((r) => r.name === name);
  }
}

/** dpkg is as it should be: nothing half done, nothing waiting. */
export async function dpkgIsSound(host: Host): Promise<void> {
  expect(await host.exec("/usr/bin/dpkg", "--audit")).toBe("");
  expect((await host.sh("ls /var/lib/dpkg/updates")).trim()).toBe("");
  expect(await host.sh("/usr/bin/dpkg-query -W -f='${db:Status-Abbrev} ${Package}\\n' | grep -v '^\\([ih]i\\|rc\\) ' || true")).toBe("");
}

/** Controller and journal tell the same end of an execution. @returns the journal's last message */
export async function agree(host: Host, executionId: string, state: string): Promise<string> {
  const end = (await journalOf(host, executionId)).findLast((r) => r.kind === "report");
  expect(end?.report).toMatchObject({ state, terminal: true });
  return end?.report.message ?? "";
}

/** Whether an execution ever began to change anything. */
export const began = async (host: Host, executionId: string): Promise<string[]> =>
  (await journalOf(host, executionId)).flatMap((r) => (r.kind === "transaction-began" ? [r.purpose] : []));

export const said = (e: Execution): string =>
  `${e.state}${e.failureClass ? ` (${e.failureClass})` : ""}${e.message ? `: “${e.message}”` : "."}`;

/** Does something, and something else after it in any case. */
export async function ensuring<T>(work: () => Promise<T>, afterwards: () => Promise<unknown>): Promise<T> {
  try {
    return await work();
  } finally {
    await afterwards();
  }
}

/** A program in a unit of its own that holds a lock file the way apt and dpkg do, until it is ended. */
export async function holdLock(host: Host, unit: string, file: string, seconds = 3_600): Promise<void> {
  const hold = `import fcntl, time; f = open("${file}", "a"); fcntl.lockf(f, fcntl.LOCK_EX); time.sleep(${seconds})`;
  await host.exec("systemd-run", "--quiet", `--unit=${unit}`, "--collect", "/usr/bin/python3", "-c", hold);
  await until(`${unit} to hold ${file}`, MINUTE, async () => {
    const inode = (await host.sh(`stat -c %i ${file}`)).trim();
    return (await host.sh("cat /proc/locks")).includes(`:${inode} `);
  });
}
export const release = (host: Host, unit: string) => host.try("systemctl", "stop", unit);
