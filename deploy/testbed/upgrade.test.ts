import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execaSync } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { said } from "./catalogue/lab.ts";
import { fault } from "./catalogue/record.ts";
import { connected } from "./endpoint.ts";
import { Fleet, MINUTE, refresh } from "./fleet.ts";
import { type Host, testbed, until } from "./testbed.ts";

const ROOT = join(import.meta.dirname, "../..");
const REPOSITORY = join(process.env.TESTBED_ROOT ?? "/var/tmp/testbed", "repo/all");
const builds = mkdtempSync(join(tmpdir(), "breakwater-upgrade-"));
const fleet = new Fleet({ hosts: [1] });
const [host] = fleet.hosts as [Host];

/** The same sources under a higher version. */
const newer = (version: string): string => {
  execaSync("npx", ["tsx", "deploy/package/build.ts", "agent", "--fast", "--version", version, "--out", builds], { cwd: ROOT });
  return join(builds, `breakwater-agent_${version}_amd64.deb`);
};
/** A build that goes wrong in its own way: `code` runs before anything else of the agent. */
function wrong(version: string, code: string): string {
  const tree = join(builds, `wrong-${version}`);
  execaSync("dpkg-deb", ["-R", join(builds, "breakwater-agent_0.2.0_amd64.deb"), tree]);
  const edit = (path: string, change: (text: string) => string) =>
    writeFileSync(join(tree, path), change(readFileSync(join(tree, path), "utf8")));
  for (const path of ["DEBIAN/control", "DEBIAN/preinst", "usr/lib/breakwater-agent/payload/VERSION"])
    edit(path, (text) => text.replaceAll("0.2.0", version));
  edit("usr/lib/breakwater-agent/payload/agent.mjs", (text) => `${code}\n${text}`);
  chmodSync(join(tree, "DEBIAN/preinst"), 0o755);
  const deb = join(builds, `breakwater-agent_${version}_amd64.deb`);
  execaSync("dpkg-deb", ["--root-owner-group", "-Zzstd", "-z1", "--build", tree, deb]);
  rmSync(tree, { recursive: true });
  return deb;
}
async function install(deb: string): Promise<string> {
  await host.push(deb, "/root/new.deb");
  return (await host.try("sh", "-c", "DEBIAN_FRONTEND=noninteractive apt-get install -q -y /root/new.deb 2>&1")).out;
}
const serving = async () => (await host.exec("readlink", "/usr/lib/breakwater-agent/current")).trim().replace("versions/", "");
const pid = async () => (await host.exec("systemctl", "show", "-p", "MainPID", "--value", "breakwater-agent")).trim();
const result = async () => JSON.parse(await host.exec("cat", "/var/lib/breakwater-executor/upgrade.json"));
const verdict = (to: string, states: readonly string[]) =>
  until(`the verdict on ${to}`, 4 * MINUTE, async () => {
    const now = await result();
    return now.to === to && states.includes(now.state) ? now : undefined;
  });
const agentVersion = async () => (await connected(host, fleet.controller)).agentVersion;
const told = (text: string) =>
  until(`the controller to be told of ${text}`, 3 * MINUTE, async () => {
    const endpoint = await fleet.controller.client.get<{ facts: { problems: { message: string }[] } }>(`/endpoints/${fleet.idOf(host)}`);
    return endpoint.facts.problems.some((p) => p.message.includes(text));
  });
let ownerLeft = "";

beforeAll(async () => {
  await fleet.start();
  newer("0.2.0");
}, 10 * MINUTE);
afterAll(async () => {
  await fleet.stop();
  rmSync(builds, { recursive: true, force: true });
});

describe("an upgrade by the owner's own apt-get", () => {
  it("to a newer build is in service once it has a session, and keeps the one before it", async () => {
    await install(join(builds, "breakwater-agent_0.2.0_amd64.deb"));
    expect(await verdict("0.2.0", ["healthy"])).toMatchObject({ from: "0.1.0", reason: expect.stringContaining("connected") });
    expect(await serving()).toBe("0.2.0");
    await until("the new version to be known", 2 * MINUTE, async () => (await agentVersion()) === "0.2.0");
    expect((await host.exec("ls", "/usr/lib/breakwater-agent/versions")).split(/\s+/).filter(Boolean)).toEqual(["0.1.0", "0.2.0"]);
  });

  it("to the same version changes nothing and restarts nothing", async () => {
    const before = await pid();
    const { out } = await host.try("dpkg", "-i", "/root/new.deb");
    expect(out).not.toContain("error");
    expect([await pid(), await serving()]).toEqual([before, "0.2.0"]);
  });

  it("to an older one is refused, and the present one goes on", async () => {
    const before = await pid();
    const { exitCode, out } = await host.try("dpkg", "-i", "/root/breakwater-agent.deb");
    expect(exitCode).not.toBe(0);
    expect(out).toContain("downgrade from 0.2.0 to 0.1.0 refused");
    expect([await pid(), await serving(), await host.package("breakwater-agent")]).toEqual([before, "0.2.0", "ii 0.2.0"]);
  });

  it("to a build that crashes at once never gets into service, which apt-get, doctor and the controller say", async () => {
    const before = await pid();
    expect(await install(wrong("0.3.0", "process.exit(7);"))).toContain("0.3.0 is not put into service, 0.2.0 goes on");
    expect(await result()).toMatchObject({ state: "switched-back", from: "0.2.0", to: "0.3.0" });
    expect([await pid(), await serving()]).toEqual([before, "0.2.0"]);
    const { out } = await host.try("breakwater-agent", "doctor");
    expect(out).toMatch(/FAIL upgrade +0\.3\.0 does not serve, 0\.2\.0 goes on/);
    await told("0.3.0 was not put into service");
  });

  it.each([
    ["crashes at start", "0.3.1", 'if (process.argv[2] === "run") process.exit(7);'],
    ["hangs at start", "0.3.2", 'if (process.argv[2] === "run") for (;;);'],
  ])("to a build that passes its self-test and %s is taken back within the limit", async (_, version, code) => {
    await install(wrong(version, code));
    expect(await verdict(version, ["switched-back"])).toMatchObject({
      from: "0.2.0",
      reason: expect.stringContaining("not healthy within 60 s"),
    });
    expect(await serving()).toBe("0.2.0");
    await until("the old version to be connected", 2 * MINUTE, async () => (await agentVersion()) === "0.2.0");
    await told(`${version} was not put into service or did not serve`);
    expect((await host.exec("ls", "/usr/lib/breakwater-agent/versions")).split(/\s+/).filter(Boolean)).toEqual(["0.1.0", "0.2.0"]);
  });

  it("goes back by dpkg too, to what serves", async () => {
    expect((await host.try("sh", "-c", "dpkg -i /root/new.deb")).exitCode).toBe(0);
    await host.push(join(builds, "breakwater-agent_0.2.0_amd64.deb"), "/root/serving.deb");
    await host.exec("dpkg", "-i", "/root/serving.deb");
    expect([await host.package("breakwater-agent"), await serving()]).toEqual(["ii 0.2.0", "0.2.0"]);
  });
});

describe("an upgrade by a plan", () => {
  const offer = async (version: string, deb: string) => {
    // The repository's own naming; apt reads architecture and version from within.
    mkdirSync(REPOSITORY, { recursive: true });
    cpSync(deb, join(REPOSITORY, `breakwater-agent_${version}_all.deb`));
    await testbed.repo("publish", "breakwater-agent", version);
    await refresh(fleet.hosts);
    return fleet.pending("breakwater-agent", version, fleet.hosts);
  };
  const deploy = async (version: string, deb: string) => {
    const patches = [await offer(version, deb)];
    const plan = await fleet.controller.approvedPlan({
      ...{
        title: `Agent ${version}`,
        select: { patches, endpointIds: fleet.ids },
        bakeMs: 1_000,
        passOnChecks: { reason: "a test of the upgrade" },
      },
    });
    return fleet.controller.deploy(plan);
  };

  fault("A17a", [host], "A plan takes breakwater-agent itself to the next build of the same sources.", async () => {
    const id = await deploy("0.4.0", newer("0.4.0"));
    await fleet.controller.deploymentIs(id, ["succeeded"], 8 * MINUTE);
    expect([await host.package("breakwater-agent"), await serving()]).toEqual(["ii 0.4.0", "0.4.0"]);
    const upgrade = await result();
    expect(upgrade).toMatchObject({ state: "healthy", to: "0.4.0" });
    return `The new build is in service since it had a session with the controller (${upgrade.state}), and the one before is kept beside it.`;
  });

  fault("A17b", [host], "A plan takes breakwater-agent itself to a build that ends as soon as it runs.", async () => {
    const id = await deploy("0.5.0", wrong("0.5.0", 'if (process.argv[2] === "run") process.exit(7);'));
    // With its only endpoint taken back, the wave asks a person.
    await until("the endpoint to be taken back", 10 * MINUTE, async () => {
      const d = await fleet.controller.deployment(id);
      return d.decisions.length > 0 && fleet.cellOf(d, host)?.state === "rolled-back";
    });
    expect([await host.package("breakwater-agent"), await serving()]).toEqual(["ii 0.4.0", "0.4.0"]);
    await until("the old version to be connected", 2 * MINUTE, async () => (await agentVersion()) === "0.4.0");
    const deployment = await fleet.controller.deployment(id);
    return `The build before serves again, and dpkg says so: ${said(await fleet.executionOf(deployment, host))}`;
  });
});

describe("a purge", () => {
  it("leaves what the owner wrote beside the package's own files, and nothing else", async () => {
    await host.write("/etc/breakwater-agent/agent.yaml", "metricsPort: 0\n");
    await host.write("/etc/breakwater-agent/operators.d/ada.pub", "key");
    await host.sh("DEBIAN_FRONTEND=noninteractive apt-get purge -q -y breakwater-agent");
    ownerLeft = await host.sh(
      "find / -xdev \\( -path /proc -o -path /sys -o -path /root -o -path /var/lib/apt -o -path /var/cache/apt -o -path /tmp -o -path '/var/log*' \\) -prune -o -iname '*breakwater*' -print -o -path '/etc/breakwater-agent/*' -print",
    );
    expect(ownerLeft.trim().split("\n").sort()).toEqual([
      "/etc/breakwater-agent",
      "/etc/breakwater-agent/agent.yaml",
      "/etc/breakwater-agent/operators.d",
      "/etc/breakwater-agent/operators.d/ada.pub",
    ]);
    expect((await host.try("getent", "passwd", "breakwater-agent")).out).toBe("");
    expect(
      (await host.try("sh", "-c", "systemctl list-units --all --plain --no-legend 'breakwater*' | grep -v not-found")).out.trim(),
    ).toBe("");
  });
});
