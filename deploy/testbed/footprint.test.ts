import { statSync } from "node:fs";
import { join } from "node:path";
import { execaSync } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Controller, ON_CHECKS } from "./controller.ts";
import { agentPackage, connected } from "./endpoint.ts";
import { Fleet, MINUTE } from "./fleet.ts";
import { type Host, until } from "./testbed.ts";

const controller = new Controller();
const fleet = new Fleet({ controller, hosts: [1, 2] });
const [patched, plain] = fleet.hosts as [Host, Host];

beforeAll(async () => {
  // As many samples as an hour has at the usual pace come in four minutes.
  controller.pace = { health: 1, inventory: 3_600 };
  await fleet.start();
});
afterAll(() => fleet.stop());

interface Memory {
  /** Megabytes. `pss` counts a page that others map too by its share: of both processes together, each page once. */
  readonly rss: number;
  readonly own: number;
  readonly pss: number;
}
/** What a process of the agent takes, by the kernel's own books; undefined while it does not run. */
const memory = async (host: Host, unit: "breakwater-agent" | "breakwater-executor"): Promise<Memory | undefined> => {
  const text = await host.sh(
    `p=$(systemctl show -p MainPID --value ${unit}); [ "$p" = 0 ] || { grep -E '^(VmRSS|RssAnon)' /proc/$p/status; grep -E '^Pss:' /proc/$p/smaps_rollup; }`,
  );
  const mb = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(text)?.[1]) / 1024;
  return text.includes("VmRSS") ? { rss: mb("VmRSS"), own: mb("RssAnon"), pss: mb("Pss") } : undefined;
};
const tell = (m: Memory) => `RSS ${m.rss.toFixed(0)} MB, of it its own ${m.own.toFixed(0)} MB, PSS ${m.pss.toFixed(0)} MB`;
/** Processor time of the agent and of what it started, in seconds (proc(5): utime, stime, cutime, cstime). */
const cpuSeconds = async (host: Host) => {
  const stat = await host.sh("cat /proc/$(systemctl show -p MainPID --value breakwater-agent)/stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0) / 100;
};
/** What the agent and its ended children had written to disk, bytes. */
const written = async (host: Host) =>
  Number(/^write_bytes: (\d+)/m.exec(await host.sh("cat /proc/$(systemctl show -p MainPID --value breakwater-agent)/io"))?.[1]);

/** What a change may not bring back unnoticed: a fifth above what docs/FOOTPRINT.md states. */
const LIMITS = { agentRss: 82, bothPss: 90, corePercent: 0.5, writtenADay: 10e6 } as const;

describe("the agent at rest", () => {
  it("stays within its limits of memory, alone and with the executor beside it, of processor time and of disk", async () => {
    // An executor that has just started for somebody who asks: as beside each look at the machine.
    const both = await until("both processes to run", MINUTE, async () => {
      await patched.try("/usr/lib/breakwater-agent/current/run-agent", "idle");
      const [agent, executor] = [await memory(patched, "breakwater-agent"), await memory(patched, "breakwater-executor")];
      return agent && executor && { agent, executor };
    });
    await new Promise((go) => setTimeout(go, 4 * MINUTE));
    const afterAnHour = await until("the executor to be gone when idle", 6 * MINUTE, async () => {
      const [agent, executor] = [await memory(patched, "breakwater-agent"), await memory(patched, "breakwater-executor")];
      return executor === undefined ? agent : undefined;
    });
    controller.pace = { health: 15, inventory: 3_600 };
    await controller.kill();
    await controller.restart();
    await connected(patched, controller);
    await new Promise((go) => setTimeout(go, MINUTE));
    const [before, writtenBefore, since] = [await cpuSeconds(patched), await written(patched), Date.now()];
    await new Promise((go) => setTimeout(go, 3 * MINUTE));
    const seconds = (Date.now() - since) / 1000;
    const corePercent = (100 * ((await cpuSeconds(patched)) - before)) / seconds;
    const writtenADay = (((await written(patched)) - writtenBefore) / seconds) * 86_400;
    const bothPss = both.agent.pss + both.executor.pss;
    console.log(
      [
        `agent's package: ${(statSync(agentPackage()).size / 1e6).toFixed(1)} MB`,
        `agent after an hour's worth of samples: ${tell(afterAnHour)} (aim 75); executor not running`,
        `while both run: agent ${tell(both.agent)}; executor ${tell(both.executor)}; each page once ${bothPss.toFixed(0)} MB (aim 75)`,
        `agent idle at a sample every 15 s: ${corePercent.toFixed(2)} % of a core over ${seconds.toFixed(0)} s (aim 0.5 %), ${(writtenADay / 1e6).toFixed(1)} MB a day written`,
        execaSync("sh", [join(import.meta.dirname, "../systemd/scores.sh")]).stdout,
      ].join("\n"),
    );
    expect(afterAnHour.rss).toBeGreaterThan(20);
    expect(afterAnHour.rss).toBeLessThan(LIMITS.agentRss);
    expect(both.executor.pss).toBeGreaterThan(5);
    expect(bothPss).toBeLessThan(LIMITS.bothPss);
    expect(corePercent).toBeLessThan(LIMITS.corePercent);
    expect(writtenADay).toBeLessThan(LIMITS.writtenADay);
  });
});

describe("a rollout to one host", () => {
  it("takes hardly longer than apt-get alone, which is told", async () => {
    const plan = await controller.approvedPlan({
      title: "Timed",
      select: { endpointIds: [fleet.idOf(patched)] },
      bakeMs: 0,
      passOnChecks: ON_CHECKS,
    });
    const wanted = plan.actions[0]?.packages.map((p) => `${p.name}:${p.architecture}=${p.to}`) ?? [];
    expect(wanted.length).toBeGreaterThan(10);
    await plain.exec("systemctl", "stop", "breakwater-agent");
    const timed = async (run: () => Promise<unknown>) => {
      const start = Date.now();
      await run();
      return (Date.now() - start) / 1000;
    };
    // Whoever comes second finds the mirror warm: so both do.
    await plain.sh(`apt-get -q update && apt-get -q -y install -d ${wanted.join(" ")} && apt-get clean`);
    const alone = await timed(() =>
      plain.sh(
        `apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Options::=--force-confold install ${wanted.join(" ")}`,
      ),
    );
    const ours = await timed(async () => controller.deploymentIs(await controller.deploy(plan), ["succeeded"], 10 * MINUTE));
    for (const p of plan.actions[0]?.packages ?? []) expect(await patched.package(`${p.name}:${p.architecture}`)).toBe(`ii ${p.to}`);
    console.log(
      `approval to verified: ${ours.toFixed(0)} s for ${wanted.length} packages; apt-get alone on a host like it: ${alone.toFixed(0)} s; ${(ours / alone).toFixed(2)} x (aim 1.3 x)`,
    );
  });
});
