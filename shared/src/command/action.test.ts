import { describe, expect, it } from "vitest";
import { canonicalJson, endpointActionSchema, isNew, sha256Hex } from "./index.ts";

const action = {
  version: 1,
  planId: "pl_1",
  endpointId: "ep_1",
  packages: [{ manager: "apt", name: "openssl", architecture: "amd64", from: "3.0.1-1", to: "3.0.2-1" }],
  checks: [],
  restartServices: true,
  reboot: "never",
  rollback: true,
  limits: { commitConfirmMs: 0, lockWaitMs: 0, checkGraceMs: 0, downloadBytesPerSecond: 0 },
};
const parsed = (change: object = {}) => endpointActionSchema.safeParse({ ...action, ...change });

describe("an action's word on reboots", () => {
  it("leaves the text of plans as it was where none is asked for", () => {
    const text = canonicalJson(endpointActionSchema.parse(action));
    expect(text).toBe(canonicalJson(action));
    expect(sha256Hex(text)).toBe("06532f9d2b944043eca74d0785aed6bb5094d886ec1921e3dc549469ac39a146");
  });

  it("is never where nothing is said, and the elder word is understood", () => {
    const { reboot: _reboot, ...silent } = action;
    expect(endpointActionSchema.parse(silent).reboot).toBe("never");
    expect(endpointActionSchema.parse({ ...action, reboot: "if-needed" }).reboot).toBe("when-needed");
    expect(parsed({ reboot: "always" }).success).toBe(false);
  });

  it("comes with times that any side can read: integers and strings, a zone that exists", () => {
    const within = { limitMs: 900_000, timezone: "Europe/Berlin", window: { days: ["sat"], from: "22:00", to: "04:00" }, blackouts: [] };
    const full = endpointActionSchema.parse({ ...action, reboot: "when-needed", rebootWithin: within });
    expect(JSON.parse(canonicalJson(full)).rebootWithin).toEqual(within);
    expect(parsed({ rebootWithin: { ...within, timezone: "Mars/Olympus" } }).success).toBe(false);
    expect(parsed({ rebootWithin: { ...within, limitMs: 0.5 } }).success).toBe(false);
    expect(parsed({ rebootWithin: { ...within, command: "rm" } }).success).toBe(false);
  });
});

describe("an action's word on packages", () => {
  const change = { manager: "apt", name: "linux-image-6.1.0-41-amd64", architecture: "amd64", from: "", to: "6.1.158-1" };

  it("lets apt bring one that is not installed, told by an empty version to move from", () => {
    const read = parsed({ packages: [...action.packages, change] });
    expect(read.success && read.data.packages.map(isNew)).toEqual([false, true]);
    expect(parsed({ packages: [{ ...change, to: "" }] }).success).toBe(false);
    expect(parsed({ packages: [{ ...change, from: " " }] }).success).toBe(false);
  });

  it("lets dnf and zypper bring none", () => {
    for (const manager of ["dnf", "zypper"])
      expect(parsed({ packages: [{ ...change, manager, architecture: "x86_64" }] }).success).toBe(false);
  });
});
