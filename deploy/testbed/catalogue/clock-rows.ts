import { describe, expect } from "vitest";
import { timesUpgraded } from "../endpoint.ts";
import { MINUTE } from "../fleet.ts";
import { type Host, until } from "../testbed.ts";
import { nameOf, watchNext } from "./eyes.ts";
import { agree, began, dpkgIsSound, type Lab, said } from "./lab.ts";
import { fault } from "./record.ts";

const FAKE = "/run/faketime.rc";
const RATE = "rateFuse: { perHour: 500, perDay: 5000 }\n";
const HOUR = 60 * MINUTE;

const clockOf = (at: number): string => new Date(at).toISOString().slice(11, 16);
/** A window around now by UTC's clock, which in Tokyo, nine hours ahead, is not open. */
const windowNow = (): string => {
  const [from, to] = [clockOf(Date.now() - 30 * MINUTE), clockOf(Date.now() + 2 * HOUR)];
  return `windows: [{ days: [mon, tue, wed, thu, fri, sat, sun], from: "${from}", to: "${to}" }]\n`;
};

interface Told {
  timezone: string;
  clockOffsetMs: number;
  connected: boolean;
}

/** Clocks and time zones that change under the agent. @param hosts for the zone and for the clock */
export function clockRows(lab: Lab, [zoned, clocked]: readonly [Host, Host]): void {
  const endpoint = (host: Host) => lab.controller.client.get<Told>(`/endpoints/${lab.fleet.idOf(host)}`);
  /** Waits until the transaction of the next execution is at work, then does something. */
  const inTheMiddle = async (host: Host, act: () => Promise<unknown>) => {
    const watch = await watchNext(
      host,
      () => true,
      (records) => records.some((r) => nameOf(r) === "began apply"),
    );
    return async () => {
      await watch.done;
      await act();
    };
  };

  describe.concurrent("on a host whose time zone is changed", () => {
    fault(
      "A20a",
      [zoned],
      "The owner's windows name no zone and are open by UTC; while the postinst of bw-slow runs, the zone becomes Asia/Tokyo (timedatectl), and later UTC again.",
      async () => {
        await zoned.write("/etc/breakwater-agent/policy.yaml", `mode: patch\n${RATE}${windowNow()}`);
        const next = await lab.approved(zoned, { "bw-conffile": "1.1" });
        const tokyo = await inTheMiddle(zoned, () => zoned.exec("timedatectl", "set-timezone", "Asia/Tokyo"));
        const { execution, executionId } = await lab.deployed(zoned, await lab.approved(zoned, { "bw-slow": "1.1" }), tokyo);
        expect(execution.state, said(execution)).toBe("succeeded");
        await agree(zoned, executionId, "succeeded");
        expect(await timesUpgraded(zoned, "bw-slow", "1.1")).toBe(1);
        await until("the controller to know the new zone", 3 * MINUTE, async () => (await endpoint(zoned)).timezone === "Asia/Tokyo");
        const refused = await lab.deployed(zoned, next);
        expect(refused.execution).toMatchObject({ state: "refused", failureClass: "policy-window" });
        expect(refused.execution.message).toContain("Asia/Tokyo");
        expect(await zoned.package("bw-conffile")).toBe("ii 1.0");
        await zoned.exec("timedatectl", "set-timezone", "Etc/UTC");
        await until("the controller to know the zone of before", 3 * MINUTE, async () => /UTC$/.test((await endpoint(zoned)).timezone));
        const again = await lab.run(zoned, { "bw-conffile": "1.1" });
        expect(again.execution.state, said(again.execution)).toBe("succeeded");
        await dpkgIsSound(zoned);
        return `What had begun went on to its end: ${execution.state}. In the new zone: ${said(refused.execution)} In the old one again: ${again.execution.state}.`;
      },
      async () => {
        await zoned.exec("timedatectl", "set-timezone", "Etc/UTC");
        await zoned.write("/etc/breakwater-agent/policy.yaml", `mode: patch\n${RATE}`);
        await lab.reset(zoned, "bw-conffile", "bw-slow");
      },
    );
  });

  describe.concurrent("on a host whose clock is wrong", () => {
    /** Its agent and executor live by this clock from now on; the package manager, the kernel and the other hosts do not. */
    const clockIs = (offset: string) => clocked.write(FAKE, `${offset}\n`);
    const fake = async () => {
      await clocked.sh("test -e /usr/lib/x86_64-linux-gnu/faketime || DEBIAN_FRONTEND=noninteractive apt-get install -q -y faketime");
      await clockIs("+0");
      for (const unit of ["breakwater-agent", "breakwater-executor"]) {
        await clocked.sh(`mkdir -p /run/systemd/system/${unit}.service.d`);
        await clocked.write(
          `/run/systemd/system/${unit}.service.d/clock.conf`,
          `[Service]\nEnvironment=LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1 FAKETIME_TIMESTAMP_FILE=${FAKE} FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1\n`,
        );
      }
      await clocked.sh("systemctl daemon-reload && systemctl restart breakwater-executor.service breakwater-agent.service");
      await connected();
    };
    const connected = () => until(`${clocked.name} to be connected`, 4 * MINUTE, async () => (await endpoint(clocked)).connected);
    const right = async () => {
      await clockIs("+0");
      await clocked.sh(
        "rm -rf /run/systemd/system/breakwater-*.service.d && systemctl daemon-reload && systemctl restart breakwater-executor.service breakwater-agent.service",
      );
      await connected();
      await lab.reset(clocked, "bw-conffile", "bw-slow");
    };
    const skew = (wantedMs: number) =>
      until(
        `the controller to see a clock that is off by ${wantedMs / HOUR} h`,
        4 * MINUTE,
        async () => {
          const { clockOffsetMs } = await endpoint(clocked);
          if (Math.abs(clockOffsetMs - wantedMs) < MINUTE) return `${Math.round(clockOffsetMs / 1000)} s`;
          throw new Error(`${clockOffsetMs} ms`);
        },
        2_000,
      );

    fault(
      "A20b",
      [clocked],
      "libfaketime under agent and executor: a year forward while the postinst of bw-slow runs, the executor killed (SIGKILL) then, and a year back once the execution has ended.",
      async () => {
        await fake();
        const plan = await lab.approved(clocked, { "bw-slow": "1.1" });
        const jump = await inTheMiddle(clocked, async () => {
          await clockIs("+365d");
          await clocked.sh("systemctl kill -s KILL breakwater-executor.service");
        });
        const { execution, executionId } = await lab.deployed(clocked, plan, jump);
        expect(execution.state, said(execution)).toBe("succeeded");
        await agree(clocked, executionId, "succeeded");
        expect(await began(clocked, executionId)).toEqual(["apply"]);
        expect(await timesUpgraded(clocked, "bw-slow", "1.1")).toBe(1);
        const warned = await clocked.sh(
          "journalctl -q -u breakwater-executor --since -10min | grep -c 'the clock was set by more than an hour'",
        );
        expect(Number(warned.trim())).toBeGreaterThan(0);
        await clockIs("+0");
        await clocked.try("systemctl", "kill", "-s", "KILL", "breakwater-executor.service");
        // The journal is still what says that the plan ran.
        expect((await clocked.sh(`test -s /var/lib/breakwater-executor/executions/${executionId}/journal && echo kept`)).trim()).toBe(
          "kept",
        );
        await connected();
        const next = await lab.run(clocked, { "bw-conffile": "1.1" });
        expect(next.execution.state, said(next.execution)).toBe("succeeded");
        expect([await timesUpgraded(clocked, "bw-slow", "1.1"), await timesUpgraded(clocked, "bw-conffile", "1.1")]).toEqual([1, 1]);
        await dpkgIsSound(clocked);
        return `Applied once and verified across the jump: ${said(execution)} Nothing was forgotten by the word of that clock, and with it right again the next plan went through: ${next.execution.state}.`;
      },
      right,
    );

    fault(
      "A20c",
      [clocked],
      "libfaketime under agent and executor: three hours forward, a year forward and a year back before a command comes; then right again.",
      async () => {
        await fake();
        const told: string[] = [];
        await clockIs("+3h");
        told.push(`three hours ahead: the controller sees ${await skew(3 * HOUR)}`);
        for (const [offset, words] of [
          ["+365d", "a year ahead"],
          ["-365d", "a year behind"],
        ] as const) {
          await clockIs("+0");
          await clocked.sh("systemctl restart breakwater-agent.service");
          await connected();
          await skew(0);
          const plan = await lab.approved(clocked, { "bw-conffile": "1.1" });
          await clockIs(offset);
          const refused = await lab.deployed(clocked, plan);
          expect(refused.execution.state, said(refused.execution)).toBe("refused");
          expect(["expired", "too-early"]).toContain(refused.execution.failureClass);
          expect(await clocked.package("bw-conffile")).toBe("ii 1.0");
          const doctor = await clocked.try(
            "env",
            "LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
            `FAKETIME=${offset}`,
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
            "breakwater-agent",
            "doctor",
          );
          expect(doctor.out).toMatch(/clock is \d+ s (ahead of|behind) the controller's/);
          told.push(
            `${words}: ${said(refused.execution)} doctor: “${/this machine's clock is \d+ s (?:ahead of|behind) the controller's/.exec(doctor.out)?.[0]}”`,
          );
        }
        await clockIs("+0");
        await clocked.sh("systemctl restart breakwater-agent.service");
        await connected();
        const next = await lab.run(clocked, { "bw-conffile": "1.1" });
        expect(next.execution.state, said(next.execution)).toBe("succeeded");
        expect(await timesUpgraded(clocked, "bw-conffile", "1.1")).toBeGreaterThan(0);
        await dpkgIsSound(clocked);
        return `${told.join("; ")}. Nothing began; with the clock right a plan went through: ${next.execution.state}.`;
      },
      right,
    );
  });
}
