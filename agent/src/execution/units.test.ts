import { describe, expect, it } from "vitest";
import type { Run } from "../packages/run.ts";
import { brokenServices, parseUnits, restartOrder, runningServices, showUnits, unitsUp, unsteadyServices } from "./units.ts";

const block = (unit: string, active: string, sub: string, restarts: number, enabled = true) =>
  `Id=${unit}\nActiveState=${active}\nSubState=${sub}\nNRestarts=${restarts}\nUnitFileState=${enabled ? "enabled" : "static"}\nMainPID=1\nFragmentPath=/lib/systemd/system/${unit}\n`;

describe("services after a change", () => {
  const before = [{ unit: "shop.service", restarts: 0 }];
  it.each([
    ["is well when it runs", block("shop.service", "active", "running", 1), 0],
    ["is broken when it has failed", block("shop.service", "failed", "failed", 5), 1],
    ["is broken while it is started again and again", block("shop.service", "activating", "auto-restart", 3), 1],
    ["is broken when it is enabled and gone", block("shop.service", "inactive", "dead", 0), 1],
    ["may go by itself when a bus call starts it", block("shop.service", "inactive", "dead", 0, false), 0],
  ])("%s", (_, output, broken) => expect(brokenServices(before, parseUnits(output))).toHaveLength(broken));
});

describe("systemd that does not answer", () => {
  const silent: Run = async () => ({ exitCode: 1, stdout: "", stderr: "Failed to connect to bus", timedOut: false });
  it("is no proof that nothing ran before a change, nor that all is well after it", async () => {
    await expect(runningServices(silent)).rejects.toThrow(/Failed to connect to bus/);
    await expect(unitsUp(silent)).rejects.toThrow(/does not say what runs/);
    expect(brokenServices([{ unit: "shop.service", restarts: 0 }], await showUnits(silent, ["shop.service"]))).toHaveLength(1);
    expect(brokenServices([], [])).toEqual([]);
  });
});

describe("restarting", () => {
  it("keeps ourselves for last, leaves out logins, and puts off what would cut people off", () => {
    const units = ["ssh.service", "breakwater-agent.service", "dbus.service", "user@0.service", "ssh.service", "getty@tty1.service"];
    expect(restartOrder(units)).toEqual({ now: ["ssh.service"], later: ["dbus.service"], ourselves: ["breakwater-agent.service"] });
  });
});

describe("two looks apart", () => {
  const look = (active: string, sub: string, restarts: number) => parseUnits(block("shop.service", active, sub, restarts));
  it("see a service that is started again and again, even if it runs at both moments", () => {
    expect(unsteadyServices(look("active", "running", 2), look("active", "running", 4))).toHaveLength(1);
    expect(unsteadyServices(look("active", "running", 0), look("failed", "failed", 0))).toHaveLength(1);
  });
  it("have nothing against one that stays, or that has come up meanwhile", () => {
    expect(unsteadyServices(look("active", "running", 2), look("active", "running", 2))).toEqual([]);
    expect(unsteadyServices(look("activating", "start", 0), look("active", "running", 0))).toEqual([]);
  });
});
