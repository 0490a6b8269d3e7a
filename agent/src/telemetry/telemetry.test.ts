import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instant } from "@breakwater/shared/core";
import { METRICS } from "@breakwater/shared/health";
import { describe, expect, it, vi } from "vitest";
import { checkFromWire, runCheck } from "./checks.ts";
import { serveMetrics } from "./metrics-server.ts";
import { parseCpu, parseDiskBytes, parseMemory, parseMounts, parseNetwork, parseOomKills } from "./proc-figures.ts";
import { prometheusText } from "./prometheus.ts";
import { createSampler } from "./sampler.ts";
import { createTelemetry } from "./telemetry.ts";
import { unitProcesses } from "./unit-processes.ts";
import { watchUnits } from "./unit-watch.ts";

describe("figures of /proc", () => {
  it("read processor, memory, disks, interfaces and mounts", () => {
    expect(parseCpu("cpu  100 0 50 800 50 0 0 0 30 0\ncpu0 1 2\n")).toEqual({ total: 1_000, idle: 850 });
    expect(parseMemory("MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 250 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n")).toEqual({
      usedPercent: 75,
      swapUsedPercent: 0,
    });
    const stats = "   8 0 sda 1 0 10 0 1 0 20 0 0 0 0\n   8 1 sda1 1 0 10 0 1 0 20 0 0 0 0\n 253 0 dm-0 1 0 10 0 1 0 20 0 0 0 0\n";
    expect(parseDiskBytes(stats, new Set(["sda", "dm-0"]))).toBe(30 * 512);
    const dev = "Inter-| Receive\n face |bytes\n    lo: 5 0 0 0 0 0 0 0 5 0\n  eth0: 10 0 0 0 0 0 0 0 20 0\nveth1: 1 0 0 0 0 0 0 0 1 0\n";
    expect([...parseNetwork(dev)]).toEqual([["eth0", { received: 10, transmitted: 20 }]]);
    expect(
      parseMounts("overlay / overlay rw 0 0\nproc /proc proc rw 0 0\n/dev/a /srv\\040x ext4 rw 0 0\n/dev/a /again ext4 rw 0 0\n"),
    ).toEqual(["/", "/srv x"]);
    expect(parseOomKills("a 1\noom_kill 3\n")).toBe(3);
    expect(parseOomKills("a 1\n")).toBeUndefined();
  });
});

describe("units", () => {
  it("that stop read 0, jobs that end are not mentioned, and silence is not zero", async () => {
    let answer: string | undefined =
      "Id=web.service\nType=simple\nActiveState=active\nNRestarts=1\n\nId=job.service\nType=oneshot\nActiveState=inactive\nNRestarts=0\n\nId=never.service\nType=simple\nActiveState=inactive\n";
    const watch = watchUnits(
      async () => answer,
      () => undefined,
    );
    expect((await watch.look())?.samples).toEqual([
      { metric: "unit_active", subject: "web.service", value: 1 },
      { metric: "unit_restarts_total", subject: "web.service", value: 1 },
      { metric: "units_failed", subject: "", value: 0 },
    ]);
    answer = "Id=other.service\nType=oneshot\nActiveState=failed\n";
    expect((await watch.look())?.samples).toEqual([
      { metric: "unit_active", subject: "web.service", value: 0 },
      { metric: "units_failed", subject: "", value: 1 },
    ]);
    answer = undefined;
    expect(await watch.look()).toBeUndefined();
  });
});

describe("asking systemd", () => {
  it("is left out while no service's processes changed, for a few looks at most", async () => {
    let asked = 0;
    let running: string | undefined = "web.service 10";
    const watch = watchUnits(
      async () => `Id=web.service\nType=simple\nActiveState=active\nNRestarts=${++asked}\n`,
      () => running,
    );
    for (let look = 0; look < 4; look++)
      expect((await watch.look())?.samples).toContainEqual({ metric: "unit_restarts_total", subject: "web.service", value: 1 });
    await watch.look();
    expect(asked).toBe(2);
    running = "web.service 11";
    await watch.look();
    expect(asked).toBe(3);
    running = undefined;
    await watch.look();
    await watch.look();
    expect(asked).toBe(5);
  });

  it("is guarded by services and the first process of each", () => {
    const root = mkdtempSync(join(tmpdir(), "cgroup-"));
    expect(unitProcesses([root])).toBeUndefined();
    mkdirSync(join(root, "system.slice/web.service"), { recursive: true });
    mkdirSync(join(root, "system.slice/empty.service"));
    writeFileSync(join(root, "system.slice/web.service/cgroup.procs"), "10\n12\n");
    expect(unitProcesses(["/nowhere", root])).toBe("empty.service \nweb.service 10");
    rmSync(root, { recursive: true });
  });
});

describe("checks", () => {
  const wire = { name: "c", timeoutMs: 1_000 };
  it("of a port, a page, a process and a unit", async () => {
    const tcp = createServer();
    const http = createHttpServer((request, response) => response.writeHead(request.url === "/ok" ? 200 : 500).end());
    await Promise.all([tcp, http].map((s) => new Promise<void>((resolve) => s.listen(0, "127.0.0.1", resolve))));
    const port = (s: { address(): unknown }) => (s.address() as AddressInfo).port;
    const passes = async (kind: object, units?: ReadonlyMap<string, boolean>) => {
      const check = checkFromWire({ ...wire, ...kind } as never);
      if (!check) throw new Error("unreadable");
      return (await runCheck(check, units)).passed;
    };
    expect(await passes({ tcp: { host: "127.0.0.1", port: port(tcp) } })).toBe(true);
    expect(await passes({ http: { url: `http://127.0.0.1:${port(http)}/ok`, expectStatus: 0 } })).toBe(true);
    expect(await passes({ http: { url: `http://127.0.0.1:${port(http)}/bad`, expectStatus: 0 } })).toBe(false);
    expect(await passes({ http: { url: `http://127.0.0.1:${port(http)}/bad`, expectStatus: 500 } })).toBe(true);
    expect(await passes({ process: { name: "no-such-process" } })).toBe(false);
    expect(await passes({ unit: { unit: "web" } }, new Map([["web.service", true]]))).toBe(true);
    expect(await passes({ unit: { unit: "web" } })).toBe(false);
    const closed = port(tcp);
    tcp.close();
    http.close();
    expect(await passes({ tcp: { host: "127.0.0.1", port: closed } })).toBe(false);
  });

  it("that cannot be read are none", () => {
    expect(checkFromWire({ ...wire, http: { url: "file:///etc/passwd", expectStatus: 0 } })).toBeUndefined();
    expect(checkFromWire(wire)).toBeUndefined();
  });
});

describe("samples", () => {
  it("have catalogued names, and rates from the second look on", async () => {
    let now = 0;
    const sampler = createSampler(
      {
        now() {
          now += 1_000;
          return instant(now);
        },
      },
      { look: async () => undefined },
    );
    const first = await sampler.take([]);
    expect(first.samples.map((s) => s.metric)).not.toContain("disk_io_bytes_per_second");
    const second = await sampler.take([]);
    expect(second.samples.map((s) => s.metric)).toContain("disk_io_bytes_per_second");
    for (const sample of second.samples) expect(Object.keys(METRICS)).toContain(sample.metric);
  });

  it("has rates by the time that passed, whatever the clock was set to meanwhile", async () => {
    let wall = Date.parse("2026-01-01T00:00:00Z");
    const sampler = createSampler({ now: () => instant(wall) }, { look: async () => undefined });
    await sampler.take([]);
    wall -= 3_600_000;
    const { at, samples } = await sampler.take([]);
    expect(at).toBe("2025-12-31T23:00:00.000Z");
    expect(samples.map((s) => s.metric)).toContain("disk_io_bytes_per_second");
  });

  it("goes on at its pace after the clock was set back in the middle of a look", async () => {
    vi.useFakeTimers({ now: Date.parse("2026-01-01T00:00:00Z") });
    try {
      let looks = 0;
      const telemetry = createTelemetry({
        clock: { now: () => instant(Date.now()) },
        taken: () => void looks++,
        sampler: {
          async take() {
            if (looks === 1) vi.setSystemTime(Date.now() - 86_400_000);
            return { at: "", samples: [] };
          },
        },
      });
      telemetry.start();
      await vi.advanceTimersByTimeAsync(60_000);
      telemetry.stop();
      expect(looks).toBe(5);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("the local metrics", () => {
  const text = prometheusText(
    [
      { metric: "cpu_percent", subject: "", value: 50 },
      { metric: "unit_restarts_total", subject: 'a"b\\c', value: 2 },
      { metric: "check_latency_ms", subject: "web", value: 20 },
    ],
    [{ name: "connected", help: "1 while connected", type: "gauge", value: 1 }],
  );
  it("are in base units, each family once, labels escaped", () => {
    expect(text).toContain("# TYPE breakwater_cpu_ratio gauge\nbreakwater_cpu_ratio 0.5\n");
    expect(text).toContain('# TYPE breakwater_unit_restarts_total counter\nbreakwater_unit_restarts_total{unit="a\\"b\\\\c"} 2\n');
    expect(text).toContain('breakwater_check_latency_seconds{check="web"} 0.02\n');
    expect(text).toContain("breakwater_agent_connected 1\n");
    const families = text.match(/^# TYPE \S+/gm) ?? [];
    expect(new Set(families).size).toBe(families.length);
  });

  it("are served on loopback at one path only; a taken port is told", async () => {
    const served = await serveMetrics(0, () => text);
    if (!served.ok) throw new Error(served.problem.message);
    const { port, address } = served.value.address() as AddressInfo;
    expect(address).toBe("127.0.0.1");
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toBe(text);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    expect(await serveMetrics(port, () => "")).toMatchObject({ ok: false, problem: { code: "metrics-port" } });
    served.value.close();
  });
});
