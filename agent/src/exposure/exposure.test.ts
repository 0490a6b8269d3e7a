import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ok } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import type { InspectedProcess } from "../executor/protocol.ts";
import { describeExposure, relate } from "./exposure.ts";
import { apkFiles, dpkgFiles } from "./owner-sources.ts";
import { packageOwners } from "./package-owners.ts";
import { viewProc } from "./proc-view.ts";
import { mappedFiles, unitOf } from "./process-view.ts";
import { addressReach, listenerReach } from "./reach.ts";
import { addressOf, parseSockets } from "./sockets.ts";

describe("sockets of the kernel's tables", () => {
  it("are read in the machine's byte order", () => {
    expect(addressOf("0100007F")).toBe("127.0.0.1");
    expect(addressOf("00000000000000000000000000000000")).toBe("::");
    expect(addressOf("00000000000000000000000001000000")).toBe("::1");
    expect(addressOf("0000000000000000FFFF00000100007F")).toBe("127.0.0.1");
    expect(addressOf("B80D0120000000000000000001000000")).toBe("2001:db8::1");
  });

  it("count when they wait for peers; a client's passing UDP port does not", () => {
    const table = (rows: string[]) => `  sl  local_address rem_address   st\n${rows.join("\n")}\n`;
    const row = (local: string, state: string, inode: number) =>
      `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1`;
    expect(parseSockets(table([row("00000000:0016", "0A", 5), row("0100007F:1F90", "01", 6)]), "tcp", [32_768, 60_999])).toEqual([
      { protocol: "tcp", address: "0.0.0.0", port: 22, inode: "5" },
    ]);
    expect(
      parseSockets(table([row("00000000:0035", "07", 7), row("00000000:9C40", "07", 8)]), "udp", [32_768, 60_999]).map((s) => s.port),
    ).toEqual([53]);
  });
});

describe("reach", () => {
  it("follows the address ranges", () => {
    expect(["127.0.0.53", "::1", "10.1.2.3", "100.64.0.1", "fe80::1", "fd00::1", "8.8.8.8", "2001:db8::1"].map(addressReach)).toEqual([
      "loopback",
      "loopback",
      "private",
      "private",
      "private",
      "private",
      "public",
      "public",
    ]);
  });

  it("of a wildcard is as far as the machine's own addresses", () => {
    expect(listenerReach("0.0.0.0", ["127.0.0.1"])).toBe("loopback");
    expect(listenerReach("0.0.0.0", ["127.0.0.1", "192.168.1.2"])).toBe("private");
    expect(listenerReach("0.0.0.0", ["192.168.1.2", "2001:db8::1"])).toBe("private");
    expect(listenerReach("::", ["192.168.1.2", "203.0.113.7"])).toBe("public");
  });
});

describe("process -> file -> package -> address", () => {
  const process_ = (change: Partial<InspectedProcess>): InspectedProcess => ({
    pid: 1,
    name: "web",
    exe: "/usr/sbin/web",
    exeDeleted: false,
    uid: 0,
    unit: "web.service",
    netns: "1",
    mapped: [],
    listens: [],
    archives: [],
    cwd: "/",
    script: "",
    ...change,
  });
  const owners = new Map([
    ["/usr/sbin/web", "web"],
    ["/usr/lib/libssl.so.3", "libssl3"],
  ]);

  it("gives a library the widest reach of those who load it, and says when it was replaced under them", () => {
    const found = relate(
      {
        hostNetns: "1",
        processes: [
          process_({
            mapped: [{ path: "/usr/lib/libssl.so.3", deleted: true }],
            listens: [{ protocol: "tcp", address: "203.0.113.7", port: 443 }],
          }),
          process_({ pid: 2, name: "job", exe: "/usr/bin/job", unit: "", mapped: [{ path: "/usr/lib/libssl.so.3", deleted: false }] }),
        ],
      },
      owners,
      [],
      (p) => p.unit,
    );
    expect(found.loadedPackages).toEqual([
      {
        name: "libssl3",
        pids: [1, 2],
        units: ["web.service"],
        restartNeeded: true,
        reach: "public",
        stale: [{ pid: 1, name: "web", unit: "web.service" }],
        files: [
          { path: "/usr/lib/libssl.so.3", replaced: true, by: [{ pid: 1, name: "web", unit: "web.service" }] },
          { path: "/usr/lib/libssl.so.3", replaced: false, by: [{ pid: 2, name: "job", unit: "" }] },
        ],
      },
      {
        ...{ name: "web", pids: [1], units: ["web.service"], restartNeeded: false, reach: "public", stale: [] },
        files: [{ path: "/usr/sbin/web", replaced: false, by: [{ pid: 1, name: "web", unit: "web.service" }] }],
      },
    ]);
    expect(found.listeners).toMatchObject([{ port: 443, scope: "public", package: "web", unit: "web.service" }]);
  });

  it("names a bounded number of files, those of whoever is reached farthest first, and one worker of each service", () => {
    const parts = Array.from({ length: 9 }, (_, n) => `/usr/lib/part${n}.so`);
    const mapped = parts.map((path) => ({ path, deleted: false }));
    const worker = (pid: number, name: string, unit: string) => process_({ pid, name, unit, exe: "/opt/own", mapped: mapped.slice(0, 3) });
    const found = relate(
      {
        hostNetns: "1",
        processes: [
          ...[worker(5, "job", "job.service"), worker(6, "job", "job.service"), worker(7, "other", ""), worker(8, "third", "")],
          process_({
            pid: 9,
            exe: "/opt/own",
            mapped: mapped.slice(6, 8),
            listens: [{ protocol: "tcp", address: "203.0.113.7", port: 443 }],
          }),
          process_({ pid: 10, exe: "/opt/own", mapped: [{ path: `/usr/lib/${"x".repeat(600)}.so`, deleted: false }] }),
        ],
      },
      new Map(parts.map((path) => [path, "parts"])),
      [],
      (p) => p.unit,
    );
    expect(found.loadedPackages[0]?.files?.map((f) => [f.path, f.by?.map((b) => b.pid)])).toEqual([
      ["/usr/lib/part6.so", [9]],
      ["/usr/lib/part7.so", [9]],
      ["/usr/lib/part0.so", [5, 7]],
      ["/usr/lib/part1.so", [5, 7]],
    ]);
  });

  it("knows the package of a replaced library whose file had the old version in its name", async () => {
    const inspect = async () =>
      ok({
        hostNetns: "1",
        problems: [],
        processes: [process_({ mapped: [{ path: "/usr/lib/libcurl.so.4.8.0", deleted: true }] })],
        smbios: { serialNumber: "", systemUuid: "" },
      });
    const lists = packageOwners([
      async (visit) => {
        visit("/usr/lib/libcurl.so", "libcurl4-dev");
        visit("/usr/lib/libcurl.so.4", "libcurl4");
        visit("/usr/lib/libcurl.so.4.9.0", "libcurl4");
      },
    ]);
    const found = await describeExposure(inspect, lists, []);
    expect(found).toMatchObject({ value: { loadedPackages: [{ name: "libcurl4", restartNeeded: true, stale: [{ name: "web" }] }] } });
  });

  it("tells a socket that workers share once", () => {
    const listens = [{ protocol: "tcp" as const, address: "::", port: 80 }];
    const found = relate({ hostNetns: "1", processes: [process_({ listens }), process_({ pid: 2, listens })] }, owners, [], (p) => p.unit);
    expect(found.listeners).toHaveLength(1);
  });

  it("tells what another network namespace listens on as that one's, and never as the machine's own", () => {
    const listens = [{ protocol: "tcp" as const, address: "0.0.0.0", port: 80 }];
    const host = process_({ listens });
    const container = process_({ pid: 2, exe: "", unit: "", netns: "7", listens });
    const { listeners } = relate({ hostNetns: "1", processes: [host, container] }, owners, ["203.0.113.5"], (p) => p.unit);
    expect(listeners.map((l) => [l.namespace, l.scope, l.package])).toEqual([
      ["", "public", "web"],
      ["7", "private", ""],
    ]);
  });

  it("reads maps and control groups as the kernel writes them", () => {
    const maps =
      "55d0-55d1 r-xp 00000000 fe:00 12 /usr/sbin/web\n7f00-7f01 r--p 0 fe:00 13 /usr/lib/locale/C\n7f02-7f03 r-xp 0 fe:00 14                    /usr/lib/libssl.so.3 (deleted)\n7ffd-7ffe r-xp 0 00:00 0 [vdso]\n";
    expect(mappedFiles(maps)).toEqual([
      { path: "/usr/sbin/web", deleted: false },
      { path: "/usr/lib/libssl.so.3", deleted: true },
    ]);
    expect(unitOf("0::/system.slice/ssh.service\n")).toBe("ssh.service");
    expect(unitOf("0::/user.slice/user-0.slice/session-1.scope\n")).toBe("");
  });

  it("finds this very process and its listener", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const view = await viewProc();
    const own = view.processes.find((p) => p.pid === process.pid);
    expect(own?.exe).toMatch(/node/);
    expect(own?.listens).toContainEqual({ protocol: "tcp", address: "127.0.0.1", port });
    server.close();
  });
});

describe("owners of files", () => {
  it("are found under either name of a merged /usr", async () => {
    const dir = await mkdtemp(join(tmpdir(), "breakwater-info-"));
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, "libc6:amd64.list"), "/.\n/lib/x86_64/libc.so.6\n");
    await writeFile(join(dir, "web.list"), "/usr/sbin/web\n");
    const owners = await packageOwners([dpkgFiles(dir)]).of(["/usr/lib/x86_64/libc.so.6", "/usr/sbin/web", "/opt/own"]);
    expect([...owners]).toEqual([
      ["/usr/lib/x86_64/libc.so.6", "libc6"],
      ["/usr/sbin/web", "web"],
    ]);
    await rm(dir, { recursive: true });
  });

  it("are known of apk by directory and file", async () => {
    const dir = await mkdtemp(join(tmpdir(), "breakwater-apk-"));
    const path = join(dir, "installed");
    await writeFile(path, "P:musl\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\n\nP:busybox\nF:bin\nR:busybox\nF:\nR:top\n\n");
    const owners = await packageOwners([apkFiles(path)]).of(["/lib/ld-musl-x86_64.so.1", "/usr/bin/busybox", "/top", "/bin/sh"]);
    expect([...owners]).toEqual([
      ["/lib/ld-musl-x86_64.so.1", "musl"],
      ["/usr/bin/busybox", "busybox"],
      ["/top", "busybox"],
    ]);
    await rm(dir, { recursive: true });
  });
});
