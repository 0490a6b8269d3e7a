import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Controller } from "./controller.ts";
import { agentPackage, connected } from "./endpoint.ts";
import { MINUTE } from "./fleet.ts";
import { Host } from "./testbed.ts";

const host = new Host(2);
const controller = new Controller({ http: "10.77.0.1:18480", more: ["--agent-package", agentPackage()] });

beforeAll(async () => {
  await host.reset();
  await host.start();
  await controller.start();
  await controller.setUp();
}, 5 * MINUTE);
afterAll(() => controller.stop());

describe("a machine that has nothing of ours", () => {
  const line = async () => (await controller.client.post<{ install: string }>("/join-tokens", { uses: 1, minutes: 60 })).install;

  it("is an endpoint after one line, and only looks", async () => {
    const out = await host.sh(await line());
    expect(out).toContain(`The controller's authority is the one you named (sha256 ${controller.fingerprint})`);
    const endpoint = await connected(host, controller);
    expect(endpoint.policyMode).toBe("observe");
    expect(await host.package("breakwater-agent")).toMatch(/^ii /);
  });

  it("stays what it is when the line is given again", async () => {
    const before = await connected(host, controller);
    expect(await host.sh(await line())).toContain("joined a fleet already");
    expect((await connected(host, controller)).id).toBe(before.id);
  });

  it("takes no controller whose authority is another", async () => {
    const wrong = (await line()).replace(controller.fingerprint, "0".repeat(64));
    await host.sh("apt-get purge -q -y breakwater-agent");
    const { exitCode, out } = await host.try("sh", "-c", wrong);
    expect(exitCode).not.toBe(0);
    expect(out).toContain("ca-fingerprint-mismatch");
    expect((await host.try("test", "-e", "/var/lib/breakwater-agent/identity.json")).exitCode).not.toBe(0);
  });
});
