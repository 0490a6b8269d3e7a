import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { viewProc } from "./proc-view.ts";

const LISTENS = "00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0";
const tableOf = (inode: number) => `  sl  local_address\n   0: ${LISTENS} ${inode} 1\n`;

/** A process as /proc shows it: it runs and maps a program of its own, and listens on port 22 by a socket of its own number. */
interface Fake {
  readonly pid: number;
  readonly start?: number;
  readonly netns?: string;
}
const UNREAD = "some processes could not be read";
let proc: string;
const programOf = (pid: number) => `/usr/sbin/daemon-${pid}`;

async function put({ pid, start = pid * 10, netns = "1" }: Fake): Promise<void> {
  const dir = join(proc, String(pid));
  await mkdir(join(dir, "fd"), { recursive: true });
  await mkdir(join(dir, "ns"));
  await mkdir(join(dir, "net"));
  await writeFile(join(dir, "status"), `Name:\tdaemon-${pid}\nUid:\t0\t0\t0\t0\nVmSize:\t  100 kB\n`);
  await writeFile(join(dir, "stat"), `${pid} (daemon ) x) S ${Array.from({ length: 18 }, () => "0").join(" ")} ${start} 0 0\n`);
  await writeFile(join(dir, "cgroup"), `0::/system.slice/daemon-${pid}.service\n`);
  await writeFile(join(dir, "maps"), `55d0-55d1 r-xp 0 fe:00 12 ${programOf(pid)}\n7f00-7f01 r-xp 0 fe:00 13 /usr/lib/libc.so.6\n`);
  await writeFile(join(dir, "cmdline"), `${programOf(pid)}\0`);
  await writeFile(join(dir, "net", "tcp"), tableOf(1_000 + Number(netns)));
  await symlink(programOf(pid), join(dir, "exe"));
  await symlink("/", join(dir, "root"));
  await symlink("/", join(dir, "cwd"));
  await symlink(`net:[${netns}]`, join(dir, "ns", "net"));
  await symlink(`socket:[${1_000 + Number(netns)}]`, join(dir, "fd", "3"));
}
const end = (pid: number) => rm(join(proc, String(pid)), { recursive: true });

/**
 * Makes one file of a process a pipe: whoever reads it waits there, so that what happens meanwhile happens for certain in the middle. What was read until then
 * is what the pipe is given before.
 */
async function holdAt(pid: number, file: string, said = ""): Promise<{ reached: Promise<void>; goOn: () => Promise<void> }> {
  const path = join(proc, String(pid), file);
  await rm(path);
  execFileSync("mkfifo", [path]);
  // Opening to write waits for a reader.
  const writer = open(path, "w");
  return {
    reached: writer.then(() => {}),
    goOn: async () => {
      const handle = await writer;
      if (said) await handle.write(said);
      await handle.close();
    },
  };
}

beforeEach(async () => {
  proc = await mkdtemp(join(tmpdir(), "breakwater-proc-"));
  await put({ pid: 1 });
  await symlink("1", join(proc, "self"));
});
afterEach(() => rm(proc, { recursive: true, force: true }));

describe("a process that ends while it is read", () => {
  for (const file of ["status", "cgroup", "maps", "cmdline"])
    it(`at its ${file} is not told, nor taken for another user's or a container's, and the others are told whole`, async () => {
      await put({ pid: 2 });
      await put({ pid: 3 });
      if (file === "cmdline") {
        // Only an interpreter's command line is read.
        await rm(join(proc, "2", "exe"));
        await symlink("/usr/bin/python3", join(proc, "2", "exe"));
      }
      const { reached, goOn } = await holdAt(2, file);
      const view = viewProc(proc);
      await reached;
      await end(2);
      await goOn();
      const { processes, problems } = await view;
      expect(problems).toEqual([]);
      expect(processes.map((p) => [p.pid, p.exe, p.mapped.length, p.listens.map((l) => l.port)])).toEqual([
        [1, programOf(1), 2, [22]],
        [3, programOf(3), 2, [22]],
      ]);
    });

  it("is not told by the half of its files that came before the end", async () => {
    await put({ pid: 2 });
    const { reached, goOn } = await holdAt(2, "maps", "55d0-55d1 r-xp 0 fe:00 12 /usr/sbin/daemon-2\n");
    const view = viewProc(proc);
    await reached;
    await end(2);
    await goOn();
    expect((await view).processes.map((p) => p.pid)).toEqual([1]);
  });

  it("takes none of the listeners of its network namespace with it", async () => {
    // The first of a namespace is the one whose table of sockets is read.
    await put({ pid: 2, netns: "7" });
    await put({ pid: 3, netns: "7" });
    const { reached, goOn } = await holdAt(2, "net/tcp");
    const view = viewProc(proc);
    await reached;
    await end(2);
    await goOn();
    expect((await view).processes.map((p) => [p.pid, p.netns, p.listens.length])).toEqual([
      [1, "1", 1],
      [3, "7", 1],
    ]);
  });

  it("is followed by what has come in its place meanwhile, with what that listens on", async () => {
    await put({ pid: 2 });
    const { reached, goOn } = await holdAt(2, "maps");
    const view = viewProc(proc);
    await reached;
    await end(2);
    // A restarted service: another number, another socket, which no table held before.
    await put({ pid: 4 });
    await rm(join(proc, "4", "fd", "3"));
    await symlink("socket:[2000]", join(proc, "4", "fd", "3"));
    await writeFile(join(proc, "1", "net", "tcp"), `${tableOf(1_001)}   1: ${LISTENS.replace("0016", "0050")} 2000 1\n`);
    await goOn();
    expect((await view).processes.map((p) => [p.pid, p.listens.map((l) => l.port)])).toEqual([
      [1, [22]],
      [4, [80]],
    ]);
  });

  it("and whose number another one gets is never told as a mixture of both", async () => {
    await put({ pid: 2 });
    const { reached, goOn } = await holdAt(2, "cgroup", "0::/system.slice/old.service\n");
    const view = viewProc(proc);
    await reached;
    await end(2);
    await put({ pid: 2, start: 99 });
    await goOn();
    expect((await view).processes.map((p) => [p.pid, p.unit, p.exe])).toEqual([
      [1, "daemon-1.service", programOf(1)],
      [2, "daemon-2.service", programOf(2)],
    ]);
  });

  it("by becoming another program is read again as that", async () => {
    await put({ pid: 2 });
    const { reached, goOn } = await holdAt(2, "cgroup", "0::/system.slice/daemon-2.service\n");
    const view = viewProc(proc);
    await reached;
    await rm(join(proc, "2", "exe"));
    await symlink("/usr/sbin/other", join(proc, "2", "exe"));
    await rm(join(proc, "2", "cgroup"));
    await writeFile(join(proc, "2", "cgroup"), "0::/system.slice/other.service\n");
    await writeFile(join(proc, "2", "maps"), "55d0-55d1 r-xp 0 fe:00 12 /usr/sbin/other\n");
    await goOn();
    expect((await view).processes.find((p) => p.pid === 2)).toMatchObject({
      ...{ exe: "/usr/sbin/other", unit: "other.service", mapped: [{ path: "/usr/sbin/other" }] },
    });
  });
});

describe("this machine, where processes come and go all the time", () => {
  let churn: ChildProcess[] = [];
  afterEach(async () => {
    const ended = churn.map((c) => once(c, "exit"));
    for (const c of churn) c.kill("SIGKILL");
    await Promise.all(ended);
  });

  it("is told without a process that is half there, and what stays is found each time", async () => {
    // In a sandbox even root may not read some that stay; those that end add nothing to that.
    const { problems: before } = await viewProc();
    // Some hundreds of short lives a second, and one that stays and listens.
    churn = Array.from({ length: 4 }, () => spawn("/bin/sh", ["-c", "while :; do /bin/true; done"], { stdio: "ignore" }));
    await Promise.all(churn.map((c) => once(c, "spawn")));
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    for (let look = 0; look < 10; look++) {
      const { processes, problems } = await viewProc();
      const own = processes.find((p) => p.pid === process.pid);
      expect(own?.listens).toContainEqual({ protocol: "tcp", address: "127.0.0.1", port });
      for (const shell of churn) expect(processes.some((p) => p.pid === shell.pid && p.mapped.length > 0)).toBe(true);
      for (const p of processes) {
        if (p.exe === "") continue;
        // Every program maps at least itself.
        expect([p.name, p.mapped.length > 0]).toEqual([p.name, true]);
      }
      expect(problems.includes(UNREAD)).toBe(before.includes(UNREAD));
    }
    server.close();
  });
});
