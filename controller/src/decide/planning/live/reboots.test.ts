import { describe, expect, it } from "vitest";
import { rebootSentence } from "../reboots.ts";
import { rebootOf } from "./reboots.ts";
import type { EndpointRow, UpdateRow } from "./rows.ts";

type Facts = NonNullable<EndpointRow["facts"]>;
const row = (facts: Partial<Facts> = {}, capabilities = ["apt", "reboot"]): EndpointRow =>
  ({
    hostname: "web1",
    simulated: false,
    capabilities,
    facts: { services: [], loadedPackages: [], listeners: [], kernel: undefined, reboot: undefined, ...facts },
  }) as unknown as EndpointRow;
const update = (...names: string[]): UpdateRow[] => names.map((name) => ({ update: { name }, brings: [] }) as unknown as UpdateRow);
const intent = (reboot?: "never" | "when-needed") => ({ select: {}, ...(reboot ? { reboot } : {}) });
const kernel = (newestInstalled: string) => ({ running: "6.1.0-18-amd64", newestInstalled, package: "linux-image-6.1.0-18-amd64" });
const wants = (kernelFallback = "") => ({
  needed: true,
  reasons: ["kernel 6.1.0-18-amd64 runs, 6.1.0-20-amd64 is installed"],
  kernelFallback,
});

describe("what a plan says of reboots", () => {
  it("is nothing where nothing reboots and nothing needs to", () => {
    expect(rebootOf(row(), update("nginx"), intent())).toBeUndefined();
    expect(rebootOf(row(), update("nginx"), intent("never"))).toBeUndefined();
  });

  it("names a need that the plan leaves open", () => {
    expect(rebootOf(row({ reboot: wants() }), update("nginx"), intent())).toMatchObject({
      mode: "never",
      expected: "yes",
      why: expect.stringContaining("6.1.0-20-amd64 is installed"),
    });
  });

  it("names kernels, microcode, and what a service has loaded that cannot be restarted", () => {
    const loadedPackages = [{ name: "libdbus-1-3", units: ["dbus.service", "nginx.service"] }];
    const why = (facts: Partial<Facts>, ...names: string[]) => rebootOf(row(facts), update(...names), intent("when-needed"))?.why;
    expect(why({}, "linux-image-6.1.0-18-amd64")).toBe("a kernel is changed (linux-image-6.1.0-18-amd64)");
    expect(why({}, "linux-image-6.1.0-18-amd64-dbg")).toContain("nothing known calls for it");
    expect(why({}, "intel-microcode")).toContain("is loaded at boot");
    expect(why({ loadedPackages }, "libdbus-1-3")).toBe(
      "dbus.service has libdbus-1-3 loaded and cannot be restarted under a running machine",
    );
    expect(why({ loadedPackages }, "nginx")).toContain("the change may (/run/reboot-required)");
  });

  it("leaves the machine up whose owner allows no reboots, and says so", () => {
    expect(rebootOf(row({}, ["apt"]), update("nginx"), intent("when-needed"))).toMatchObject({
      mode: "never",
      expected: "if-asked",
      why: expect.stringContaining("its owner's policy allows no reboots"),
    });
  });

  it("never keeps silent about the way back from a kernel", () => {
    const back = (kernelFallback: string) =>
      rebootOf(row({ kernel: kernel("6.1.0-20-amd64"), reboot: wants(kernelFallback) }), update("nginx"), intent("when-needed"))?.wayBack;
    expect(back("yes")).toContain("the old one stays the default until the machine proves well");
    expect(back("there is no grub here")).toContain("No kernel fallback here: there is no grub here.");
    expect(back("")).toContain("is not known");
  });

  it("is summed up in one sentence", () => {
    const known = rebootOf(row({ reboot: wants() }), update("nginx"), intent("when-needed"));
    const asked = rebootOf(row(), update("nginx"), intent("when-needed"));
    const left = rebootOf(row({ reboot: wants() }), update("nginx"), intent());
    const all = [known, asked, asked, left].flatMap((r) => r ?? []);
    expect(rebootSentence(all)).toBe(
      "1 endpoint will be rebooted, 2 endpoints only if the change asks for it, 1 endpoint will need a reboot that this plan does not do.",
    );
    expect(rebootSentence(all.slice(1, 2))).toBe("1 endpoint will be rebooted only if the change asks for it.");
    expect(rebootSentence([])).toBe("");
  });
});
