import { describe, expect, it } from "vitest";
import { brokenServices, parseUnits, restartOrder, unsteadyServices } from "./units.ts";

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
