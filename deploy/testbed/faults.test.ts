import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execaSync } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditVerification } from "./client.ts";
import { Controller, ON_CHECKS } from "./controller.ts";
import { timesUpgraded } from "./endpoint.ts";
import { Fleet, MINUTE, refresh } from "./fleet.ts";
import { Postgres } from "./postgres.ts";
import { testbed, until } from "./testbed.ts";

describe("a database that goes away for a minute in the middle of a wave", () => {
  const postgres = new Postgres();
  const fleet = new Fleet({ controller: new Controller({ databaseUrl: postgres.url }), hosts: [1, 2] });
  beforeAll(async () => {
    await postgres.create();
    await fleet.start();
  });
  afterAll(async () => {
    await fleet.stop();
    await postgres.remove();
  });

  it("is said, and what agents did meanwhile is neither lost nor repeated", async () => {
    await testbed.repo("publish", "bw-conffile", "1.1");
    await refresh(fleet.hosts);
    const key = await fleet.pending("bw-conffile", "1.1", fleet.hosts);
    const plan = await fleet.controller.approvedPlan({
      title: "Across an outage",
      select: { patches: [key], endpointIds: fleet.ids },
      bakeMs: 5_000,
      passOnChecks: ON_CHECKS,
    });
    const id = await fleet.controller.deploy(plan);
    await until(
      "an execution to be at work",
      10 * MINUTE,
      async () => (await fleet.controller.deployment(id)).cells.some((c) => !["waiting", "queued"].includes(c.state)),
      100,
    );
    await postgres.crash();
    const gone = Date.now();
    await expect(fleet.controller.deployment(id)).rejects.toThrow(/503 .*store-unavailable.*The database does not answer/s);
    const ready = await fetch(`${fleet.controller.client.base}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([503, { ready: false, store: expect.stringContaining("ECONNREFUSED") }]);
    await until("a minute to pass", 2 * MINUTE, async () => Date.now() - gone > MINUTE);
    await postgres.start();
    await until("the controller to answer again", 120_000, async () => (await fleet.controller.deployment(id)).id === id);
    const done = await fleet.controller.deploymentIs(id, ["succeeded"], 10 * MINUTE);
    expect(done.cells.map((c) => c.state)).toEqual(["succeeded", "succeeded"]);
    for (const host of fleet.hosts) {
      expect(await host.package("bw-conffile")).toBe("ii 1.1");
      expect(await timesUpgraded(host, "bw-conffile", "1.1")).toBe(1);
    }
    const audit = await fleet.controller.client.get<AuditVerification>("/audit/verify");
    expect(audit.broken).toBeNull();
  });
});

describe("a full disk under the data directory", () => {
  const disk = mkdtempSync(join(tmpdir(), "breakwater-disk-"));
  const filler = join(disk, "filler");
  const fill = () => execaSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=64k"], { reject: false, stdio: "ignore" });
  const controller = new Controller({ dataDir: join(disk, "data") });
  beforeAll(() => {
    execaSync("mount", ["-t", "tmpfs", "-o", "size=160m", "tmpfs", disk]);
    mkdirSync(join(disk, "data"));
  });
  afterAll(async () => {
    await controller.stop();
    execaSync("umount", [disk]);
    rmSync(disk, { recursive: true });
  });
  const token = () => controller.joinToken(1);

  it("at the first start is a plain sentence and no start", async () => {
    fill();
    await expect(controller.start()).rejects.toThrow(/cannot be opened: no space left on device/);
    rmSync(filler);
    rmSync(join(disk, "data"), { recursive: true, force: true });
  });

  it("refuses what it would have to write, keeps what is there, and goes on when there is room", async () => {
    await controller.start();
    await controller.setUp();
    await token();
    fill();
    let refused = "";
    for (let attempt = 0; attempt < 500 && refused === ""; attempt++) await token().catch((cause: Error) => (refused = cause.message));
    expect(refused).toMatch(/503 .*the disk under it is full.*Free space/s);
    const before = (await controller.client.get<{ rows: unknown[] }>("/join-tokens")).rows.length;
    rmSync(filler);
    await token();
    await controller.kill();
    await controller.restart();
    expect((await controller.client.get<{ rows: unknown[] }>("/join-tokens")).rows.length).toBe(before + 1);
    expect((await controller.client.get<AuditVerification>("/audit/verify")).broken).toBeNull();
    writeFileSync(filler, "");
  });
});
