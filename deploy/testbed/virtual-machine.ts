import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa, execaSync } from "execa";
import { bundle } from "../package/bundle.ts";
import { agentPackage } from "./endpoint.ts";
import type { Ran } from "./testbed.ts";

/** Without KVM the kernel's boot takes a few seconds, LVM and udev some more; on a busy machine several times that. */
const BOOT_MS = 4 * 60_000;
const STOP_MS = 60_000;
const BUILD_MS = 15 * 60_000;
const READY = /The shell is ready\./;
/** Where the agent's package and the driver lie in the machine, and the agent's runtime and program in them. */
const GIVEN = "/run/given";
export const PAYLOAD = `${GIVEN}/usr/lib/breakwater-agent/payload`;
const TOOLS = ["qemu-system-x86_64", "debootstrap", "mkfs.ext4"];

/** Why no virtual machine can be made here; undefined where one can. */
export function whyNoVirtualMachine(): string | undefined {
  const missing = TOOLS.filter((tool) => execaSync("sh", ["-c", `command -v ${tool}`], { reject: false }).exitCode !== 0);
  return missing.length === 0
    ? undefined
    : `${missing.join(", ")} missing; apt-get install --no-install-recommends qemu-system-x86 debootstrap`;
}

/**
 * A machine with a kernel of its own (qemu, by emulation), for what a kernel shared with this one cannot do. Its disks are vda, a
 * throw-away copy of the image that `vm build` makes, vdb, empty at first and kept over reboots, and vdc, what `giveAgent` has put there.
 * Its kernel is given to it, or lies on vdb with a boot loader. There is a shell on its second serial port, and no network.
 */
export class VirtualMachine {
  readonly #directory = mkdtempSync(join(tmpdir(), "breakwater-vm-"));
  readonly #consoleFile = join(this.#directory, "console");
  #image = "";
  #qemu: ChildProcess | undefined;
  #said = "";

  /** @param diskBytes size of vdb */
  async make(diskBytes: number): Promise<void> {
    const { stdout } = await execa(join(import.meta.dirname, "vm"), ["build"], { timeout: BUILD_MS });
    this.#image = stdout.trim();
    for (const [name, bytes] of [
      ["vdb", diskBytes],
      ["vdc", 0],
    ] as const) {
      writeFileSync(join(this.#directory, name), "");
      truncateSync(join(this.#directory, name), bytes);
    }
  }

  /** Makes vdc an ext4 file system that holds the agent's package, unpacked, and a driver of a part of it, for the next boot. */
  async giveAgent(driver: string): Promise<void> {
    const folder = join(this.#directory, "given");
    await execa("dpkg-deb", ["-x", agentPackage(), folder]);
    await bundle({ driver }, folder, "0.0.0");
    const disk = join(this.#directory, "vdc");
    rmSync(disk, { force: true });
    await execa("mkfs.ext4", ["-q", "-d", folder, disk, "512M"], { timeout: 60_000 });
    rmSync(folder, { recursive: true });
  }

  /** Mounts what was given, to be done after each boot. */
  async mountGiven(): Promise<void> {
    await this.sh(`mkdir -p ${GIVEN} && mount -o ro /dev/vdc ${GIVEN}`);
  }

  /** Runs the driver with these words. @returns what its last line says, as JSON */
  async drive(words: string): Promise<unknown> {
    return JSON.parse((await this.sh(`${PAYLOAD}/node ${GIVEN}/driver.mjs ${words}`)).split("\n").at(-1) ?? "");
  }

  /** Boots the image's kernel with this root and waits for its shell. @throws with the console's end when there is none in time */
  boot(root: string): Promise<void> {
    return this.#start([
      ...["-no-reboot", "-kernel", join(this.#image, "vmlinuz"), "-initrd", join(this.#image, "initrd.img")],
      ...["-append", `root=${root} rw console=ttyS0 panic=1 init=/sbin/serial-init`],
    ]);
  }

  /** Switches it on as a computer is: by the boot loader on vdb, again and again where a kernel gives up. @throws like `boot` */
  bootByLoader(): Promise<void> {
    return this.#start([]);
  }

  async #start(how: readonly string[]): Promise<void> {
    const disk = (file: string, boots: number, more = "") => [
      ...["-drive", `file=${file},format=raw,if=none,id=disk${boots},cache=unsafe${more}`],
      ...["-device", `virtio-blk-pci,drive=disk${boots},bootindex=${boots}`],
    ];
    this.#said = "";
    const qemu = spawn(
      "qemu-system-x86_64",
      [
        ...["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1536", "-display", "none", "-nic", "none", ...how],
        ...disk(join(this.#image, "root.img"), 3, ",snapshot=on"),
        ...disk(join(this.#directory, "vdb"), 1),
        ...disk(join(this.#directory, "vdc"), 2),
        ...["-serial", `file:${this.#consoleFile}`, "-serial", "stdio", "-monitor", "none"],
      ],
      { stdio: ["pipe", "pipe", "pipe"], env: { PATH: process.env.PATH ?? "", TMPDIR: this.#directory } },
    );
    this.#qemu = qemu;
    process.once("exit", () => qemu.kill("SIGKILL"));
    const hear = (bytes: Buffer): void => {
      this.#said += bytes.toString("utf8");
    };
    qemu.stdout.on("data", hear);
    qemu.stderr.on("data", hear);
    // What is typed before somebody has opened the port is lost.
    await this.#heard("The virtual machine's boot", READY, 0, BOOT_MS);
  }

  /** Restarts it, all synced before, and waits for the shell of whatever its boot loader boots in the end. @throws like `boot` */
  async restart(): Promise<void> {
    const from = this.#said.length;
    this.#write("sync; mount -o remount,ro /; sync; echo b >/proc/sysrq-trigger\n");
    await this.#heard("The virtual machine's restart", READY, from, 2 * BOOT_MS);
  }

  /** Runs a line of shell inside, both outputs together. @throws when it fails or does not end in time */
  async sh(line: string, timeoutMs = 120_000): Promise<string> {
    const { exitCode, out } = await this.try(line, timeoutMs);
    if (exitCode !== 0) throw new Error(`In the virtual machine \`${line}\` failed (${exitCode}):\n${out.slice(-4_000)}`);
    return out;
  }

  async try(line: string, timeoutMs = 120_000): Promise<Ran> {
    const mark = randomUUID();
    const from = this.#said.length;
    // In two parts, so that an echo of the line is not taken for its end.
    this.#write(`{ ${line}\n} </dev/null 2>&1; printf '\\n%s%s %s.\\n' ${mark.slice(0, 18)} ${mark.slice(18)} $?\n`);
    const { said, found } = await this.#heard(`\`${line}\``, new RegExp(`\\n${mark} (\\d+)\\.`), from, timeoutMs);
    return { exitCode: Number(found[1]), out: said.slice(0, found.index).replaceAll("\r\n", "\n").trim() };
  }

  /** Stops it as `reboot` does: all is synced, nothing of the memory stays. */
  async stop(): Promise<void> {
    this.#write("sync; mount -o remount,ro /; sync; echo o >/proc/sysrq-trigger\n");
    const until = Date.now() + STOP_MS;
    while (!this.#ended()) {
      if (Date.now() > until) throw new Error(`The virtual machine did not stop within ${STOP_MS / 1_000} s.\n${this.#consoleEnd()}`);
      await sleep(100);
    }
  }

  /** Ends it, whatever it does, and forgets its disks. */
  remove(): void {
    this.#qemu?.kill("SIGKILL");
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #heard(what: string, end: RegExp, from: number, timeoutMs: number): Promise<{ said: string; found: RegExpExecArray }> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const said = this.#said.slice(from);
      const found = end.exec(said);
      if (found) return { said, found };
      if (this.#ended()) throw new Error(`${what}: the virtual machine ended before.\n${said}\n${this.#consoleEnd()}`);
      if (Date.now() > until) throw new Error(`${what}: not done within ${timeoutMs / 1_000} s.\n${said}\n${this.#consoleEnd()}`);
      await sleep(100);
    }
  }

  readonly #ended = (): boolean => this.#qemu === undefined || this.#qemu.exitCode !== null || this.#qemu.signalCode !== null;
  #write(text: string): void {
    this.#qemu?.stdin?.write(text);
  }
  /** What its kernels and boot loaders said since it was switched on. */
  console(): string {
    return readFileSync(this.#consoleFile, "utf8");
  }
  #consoleEnd(): string {
    try {
      return this.console().slice(-4_000);
    } catch {
      return "It has no console.";
    }
  }
}
