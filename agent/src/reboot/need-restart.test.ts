import { describe, expect, it } from "vitest";
import { parseNeedRestart } from "./need-restart.ts";
import { rebootReasons } from "./needs.ts";

const answer = (ksta: number, ucsta: number) => `NEEDRESTART-VER: 3.6
NEEDRESTART-KCUR: 6.1.0-18-amd64
NEEDRESTART-KEXP: 6.1.0-20-amd64
NEEDRESTART-KSTA: ${ksta}
NEEDRESTART-UCSTA: ${ucsta}
NEEDRESTART-SVC: cron.service
NEEDRESTART-SVC: dbus.service
NEEDRESTART-SESS: root @ session #4
`;

describe("needrestart's batch answer", () => {
  it("names services, a kernel that is not the one expected, and microcode", () => {
    expect(parseNeedRestart(answer(3, 2))).toEqual({
      services: ["cron.service", "dbus.service"],
      kernel: { running: "6.1.0-18-amd64", expected: "6.1.0-20-amd64" },
      microcodeObsolete: true,
    });
    expect(parseNeedRestart(answer(1, 1))).toEqual({ services: ["cron.service", "dbus.service"], microcodeObsolete: false });
  });
  it("is no answer where it says nothing of itself", () => {
    expect(parseNeedRestart("")).toBeUndefined();
    expect(parseNeedRestart("NEEDRESTART-SVC: cron.service\n")).toBeUndefined();
  });
});

describe("the reasons for a reboot", () => {
  const needRestart = parseNeedRestart(answer(3, 2));
  it("are each told once, whoever found them", () => {
    const kernel = "kernel 6.1.0-18-amd64 runs, 6.1.0-20-amd64 is installed";
    expect(rebootReasons({ reasons: [kernel], needRestart, waitingUnits: ["dbus.service"] })).toEqual([
      kernel,
      "newer microcode is installed than the processor has loaded",
      "dbus.service runs replaced files and cannot be restarted under a running machine",
    ]);
    expect(rebootReasons({ reasons: [], needRestart, waitingUnits: [] })).toContain(kernel);
  });
  it("are none where nothing asks for one", () => {
    expect(rebootReasons({ reasons: [], waitingUnits: [] })).toEqual([]);
    expect(rebootReasons({ reasons: [], needRestart: parseNeedRestart(answer(1, 0)), waitingUnits: [] })).toEqual([]);
  });
});
