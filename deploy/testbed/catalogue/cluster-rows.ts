import { existsSync, readFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { MINUTE, refresh } from "../fleet.ts";
import { type Host, testbed, until } from "../testbed.ts";
import { journalOf, nameOf, rootOf } from "./eyes.ts";
import { agree, began, dpkgIsSound, type Lab, said } from "./lab.ts";
import { fault } from "./record.ts";

const POLICY_RC_D = "/usr/sbin/policy-rc.d";
const OWNER =
  "mode: patch\nrateFuse: { perHour: 500, perDay: 5000 }\ndeferStarts: { services: [bw-cluster-store, bw-cluster-front], drain: true }\n";
const PLAIN = "mode: patch\nrateFuse: { perHour: 500, perDay: 5000 }\n";
const HOOK = '#!/bin/sh\necho "$BREAKWATER_PHASE $(cat /usr/share/bw-cluster/version) -" >>/var/log/bw-cluster.log\n';

/** Daemons of a cluster that their owner keeps packages' scripts from starting. */
export function clusterRows(lab: Lab, host: Host): void {
  const owned = async () => {
    await host.write("/etc/breakwater-agent/policy.yaml", OWNER);
    for (const phase of ["drain", "undrain"]) {
      await host.write(`/etc/breakwater-agent/hooks/${phase}.d/10-balancer`, HOOK);
      await host.exec("chmod", "755", `/etc/breakwater-agent/hooks/${phase}.d/10-balancer`);
    }
    await host.sh(": >/var/log/bw-cluster.log");
  };
  const over = async () => {
    await host.write("/etc/breakwater-agent/policy.yaml", PLAIN);
    await host.sh("rm -f /etc/breakwater-agent/hooks/*/10-balancer /usr/sbin/policy-rc.d");
    await lab.reset(host, "bw-cluster");
  };
  const told = async () => (await host.sh("cat /var/log/bw-cluster.log")).trim().split("\n");
  const running = async () =>
    (await host.try("systemctl", "is-active", "bw-cluster-store.service", "bw-cluster-front.service")).out.trim().split("\n");

  describe.concurrent("on a host of a cluster", () => {
    fault(
      "A16a",
      [host],
      "bw-cluster's scripts stop one service and start two (deb-systemd-invoke); the owner's policy.yaml defers both and drains. A plan takes it to 1.1 and is taken back.",
      async () => {
        await owned();
        const { execution, executionId, deployment } = await lab.run(host, { "bw-cluster": "1.1" });
        expect(execution.state, said(execution)).toBe("succeeded");
        await agree(host, executionId, "succeeded");
        const there = await told();
        expect(there).toEqual(["drain 1.0 -", "store 1.1 apart", "front 1.1 apart", "undrain 1.1 -"]);
        expect((await host.try("test", "-e", POLICY_RC_D)).exitCode).not.toBe(0);
        expect(execution.message).toContain("bw-cluster-store.service, bw-cluster-front.service");
        expect((await journalOf(host, executionId)).map(nameOf)).toEqual(
          expect.arrayContaining(["hooks-ran", "starts-deferred", "began apply", "deferred-started"]),
        );
        await host.sh(": >/var/log/bw-cluster.log");
        const back = await lab.takenBack(host, deployment.id);
        expect(back.state, said(back)).toBe("rolled-back");
        expect(await told()).toEqual(["drain 1.1 -", "store 1.0 apart", "front 1.0 apart", "undrain 1.0 -"]);
        expect(await running()).toEqual(["active", "active"]);
        expect((await host.try("test", "-e", POLICY_RC_D)).exitCode).not.toBe(0);
        await dpkgIsSound(host);
        return `There: ${there.join(", ")}. ${said(execution)} Back in the same way: ${back.state}. The policy-rc.d was there for the transactions alone.`;
      },
      over,
    );

    fault(
      "A16b",
      [host],
      "The power is lost while bw-cluster 1.2 is configured and our policy-rc.d is on the disk.",
      async () => {
        await testbed.repo("publish", "bw-cluster", "1.2");
        await refresh([host]);
        await owned();
        const plan = await lab.approved(host, { "bw-cluster": "1.2" });
        let laid = "";
        const { execution, executionId } = await lab.deployed(host, plan, async () => {
          const root = await rootOf(host);
          await until("the script to be at work", 5 * MINUTE, async () => (await host.try("pgrep", "-f", "^sleep 15")).exitCode === 0, 200);
          laid = existsSync(`${root}${POLICY_RC_D}`) ? readFileSync(`${root}${POLICY_RC_D}`, "utf8") : "";
          await host.kill();
          await host.start();
        });
        expect(laid).toContain("# Laid by Breakwater");
        expect(["succeeded", "rolled-back"], said(execution)).toContain(execution.state);
        await agree(host, executionId, execution.state);
        expect(await host.package("bw-cluster")).toBe(execution.state === "succeeded" ? "ii 1.2" : "ii 1.0");
        expect((await host.try("test", "-e", POLICY_RC_D)).exitCode).not.toBe(0);
        expect(await running()).toEqual(["active", "active"]);
        // At boot systemd starts them by itself; what the scripts asked for when they ran again was refused.
        const printed = await host.sh(`cat /var/lib/breakwater-executor/executions/${executionId}/output.log`);
        expect(printed.match(/policy-rc\.d returned 101/g)?.length ?? 0).toBeGreaterThanOrEqual(2);
        expect((await told()).at(-1)).toMatch(/^undrain/);
        await dpkgIsSound(host);
        return `${(await began(host, executionId)).join(", ")}: ${said(execution)} Our policy-rc.d went, both services run, no script started one, and the machine serves again.`;
      },
      over,
    );

    fault(
      "A16c",
      [host],
      "The owner's own policy-rc.d ends with 0; a plan comes, and again once it forbids both services.",
      async () => {
        await owned();
        const own = "#!/bin/sh\nexit 0\n";
        await host.write(POLICY_RC_D, own);
        await host.exec("chmod", "755", POLICY_RC_D);
        const refused = await lab.run(host, { "bw-cluster": "1.2" });
        expect(refused.execution).toMatchObject({ state: "failed", failureClass: "hook-failed" });
        expect(refused.execution.message).toMatch(/policy-rc\.d of its own.*Nothing was changed/);
        expect(await began(host, refused.executionId)).toEqual([]);
        expect(await host.package("bw-cluster")).toBe("ii 1.0");
        expect(await host.sh(`cat ${POLICY_RC_D}`)).toBe(own.trimEnd());
        const forbids = '#!/bin/sh\ncase "$1" in bw-cluster-*) [ "$2" = stop ] || exit 101 ;; esac\nexit 0\n';
        await host.write(POLICY_RC_D, forbids);
        const next = await lab.run(host, { "bw-cluster": "1.2" });
        expect(next.execution.state, said(next.execution)).toBe("succeeded");
        expect(await running()).toEqual(["active", "active"]);
        expect(await host.sh(`cat ${POLICY_RC_D}`)).toBe(forbids.trimEnd());
        expect((await told()).filter((line) => line.endsWith("during"))).toEqual([]);
        return `${said(refused.execution)} Then, with one that forbids them: ${next.execution.state}. His file stayed as it was each time.`;
      },
      over,
    );
  });
}
