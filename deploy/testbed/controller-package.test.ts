import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execaSync } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client } from "./client.ts";
import { MINUTE } from "./fleet.ts";
import { Host, until } from "./testbed.ts";

const ROOT = join(import.meta.dirname, "../..");
const PASSWORD = "a long enough password";
const ADDRESS = "10.77.0.13";
const host = new Host(3);
const server = new Host(2);
const client = new Client(`http://${ADDRESS}:8480`);
const builds = mkdtempSync(join(tmpdir(), "breakwater-controller-package-"));

const answers = () => until("the controller to answer", 3 * MINUTE, async () => (await fetch(`${client.base}/readyz`)).ok);
const endpoint = () =>
  until("the server to be connected with its inventory", 5 * MINUTE, async () =>
    (await client.endpoints()).find((e) => e.hostname === server.name && e.connected && e.inventoryAt !== null),
  );

beforeAll(async () => {
  execaSync("npx", ["tsx", "deploy/package/build.ts", "--fast", "--out", builds], { cwd: ROOT });
  for (const fresh of [host, server]) {
    await fresh.reset();
    await fresh.start();
  }
  const name = readdirSync(builds).find((f) => /^breakwater-controller_.*_amd64\.deb$/.test(f));
  await host.push(join(builds, String(name)), "/root/controller.deb");
}, 10 * MINUTE);
afterAll(() => rmSync(builds, { recursive: true, force: true }));

describe("a controller from its package", () => {
  it("runs as a service once it is installed, and tells the set-up link in its journal", async () => {
    // Its owner's settings come first: dpkg leaves a configuration file alone that is there already.
    await host.exec("mkdir", "-p", "/etc/breakwater");
    await host.write(
      "/etc/breakwater/controller.yaml",
      `http: ${ADDRESS}:8480\nenrollment: ${ADDRESS}:8481\nsessions: ${ADDRESS}:8482\nadvertise: [${ADDRESS}]\nfeeds: []\nhealthIntervalSeconds: 5\n`,
    );
    await host.sh("apt-get install -q -y adduser && dpkg --force-confold -i /root/controller.deb");
    await answers();
    const journal = await host.exec("journalctl", "--no-pager", "-u", "breakwater-controller");
    await client.setUp(/\/setup#([\w-]+)/.exec(journal)?.[1] ?? "none", "ada", PASSWORD);
    expect(await host.exec("systemctl", "show", "-P", "User", "breakwater-controller")).toBe("breakwater");
    expect(await host.exec("stat", "-c", "%U %a", "/var/lib/breakwater")).toBe("breakwater 700");
    console.log(`    ${(await host.exec("systemd-analyze", "security", "--no-pager", "breakwater-controller")).trim().split("\n").at(-1)}`);
  });

  it("hands its own agent to a server, which joins by one line", async () => {
    const { install } = await client.post<{ install: string }>("/join-tokens", { uses: 1, minutes: 60 });
    await server.sh(install);
    expect((await endpoint()).policyMode).toBe("observe");
  });

  it("is there again after a crash and after its package is installed once more, with all that it knew", async () => {
    const before = await endpoint();
    const started = () => host.exec("systemctl", "show", "-P", "MainPID", "breakwater-controller");
    const first = await started();
    await host.exec("systemctl", "kill", "-s", "KILL", "breakwater-controller");
    await until("another process", MINUTE, async () => !["0", first].includes(await started()));
    await answers();
    await client.signIn("ada", PASSWORD);
    expect((await endpoint()).id).toBe(before.id);
    await host.sh("dpkg --force-confold -i /root/controller.deb");
    await answers();
    expect((await endpoint()).id).toBe(before.id);
  });

  it("has a command line that needs no checkout", async () => {
    expect(await host.exec("breakwater", "version", "compare", "deb", "1.0~rc1", "1.0")).toBe("<");
    const denied = await host.try("breakwater", "queue");
    expect(denied.exitCode).toBe(1);
    expect(denied.out).toContain("breakwater login");
  });

  it("leaves nothing behind when it is purged", async () => {
    await host.exec("dpkg", "--purge", "breakwater-controller");
    const left = await host.try("sh", "-c", "ls -d /usr/lib/breakwater /var/lib/breakwater /etc/breakwater; getent passwd breakwater");
    expect(
      left.out
        .split("\n")
        .filter((line) => !line.includes("No such file"))
        .join(""),
    ).toBe("");
  });
});
