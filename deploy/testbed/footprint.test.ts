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

/** What the agent's processes take, by the kernel's own books. `PSS` counts a page that others map too by its share. */
const memory = async (host: Host) => {
  const text = await host.sh(
    "for p in $(pgrep -f ^/usr/lib/breakwater-agent/versions/); do grep -E '^(VmRSS|RssAnon)' /proc/$p/status; grep -E '^Pss:' /proc/$p/smaps_rollup; done; echo processes $(pgrep -cf ^/usr/lib/breakwater-agent/versions/)",
  );
  const mb = (key: string) => [...text.matchAll(new RegExp(`^${key}:\\s+(\\d+)`, "gm"))].reduce((sum, m) => sum + Number(m[1]), 0) / 1024;
  return { processes: Number(/processes (\d+)/.exec(text)?.[1]), rss: mb("VmRSS"), own: mb("RssAnon"), pss: mb("Pss") };
};
/** Processor time of the agent and of what it started, in seconds (proc(5): utime, stime, cutime, cstime). */
const cpuSeconds = async (host: Host) => {
  const stat = await host.sh("cat /proc/$(systemctl show -p MainPID --value breakwater-agent)/stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0) / 100;
};

describe("the agent at rest", () => {
  it("is one process, whose memory and processor time are told", async () => {
    await new Promise((go) => setTimeout(go, 4 * MINUTE));
    const afterAnHour = await until("the executor to be gone when idle", 6 * MINUTE, async () => {
      const now = await memory(patched);
      return now.processes === 1 && now;
    });
    controller.pace = { health: 15, inventory: 3_600 };
    await controller.kill();
    await controller.restart();
    await connected(patched, controller);
    await new Promise((go) => setTimeout(go, MINUTE));
    const [before, since] = [await cpuSeconds(patched), Date.now()];
    await new Promise((go) => setTimeout(go, 3 * MINUTE));
    const share = (await cpuSeconds(patched)) - before;
    const seconds = (Date.now() - since) / 1000;
    expect(afterAnHour.rss).toBeGreaterThan(0);
    console.log(
      [
        `agent's package: ${(statSync(agentPackage()).size / 1e6).toFixed(1)} MB`,
        `agent after an hour's worth of samples: RSS ${afterAnHour.rss.toFixed(0)} MB (aim 75), of it its own ${afterAnHour.own.toFixed(0)} MB, PSS ${afterAnHour.pss.toFixed(0)} MB; executor not running`,
        `agent idle at a sample every 15 s: ${((100 * share) / seconds).toFixed(2)} % of a core over ${seconds.toFixed(0)} s (aim 0.5 %)`,
        execaSync("sh", [join(import.meta.dirname, "../systemd/scores.sh")]).stdout,
      ].join("\n"),
    );
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
