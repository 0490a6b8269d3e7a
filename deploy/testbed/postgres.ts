import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

const PORT = 54_331;

/** A PostgreSQL of the tests' own, which can be stopped as a crash stops it, and started again. Needs root, and Debian's package. */
export class Postgres {
  readonly url = `postgres://postgres@127.0.0.1:${PORT}/postgres`;
  readonly #directory = mkdtempSync(join(tmpdir(), "breakwater-postgres-"));

  async create(): Promise<void> {
    await execa("chown", ["postgres", this.#directory]);
    await this.#run("initdb", ["-D", `${this.#directory}/data`, "-A", "trust", "-U", "postgres"]);
    await this.start();
  }
  async start(): Promise<void> {
    const options = `-p ${PORT} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${this.#directory}`;
    await this.#run("pg_ctl", ["-D", `${this.#directory}/data`, "-w", "-l", `${this.#directory}/log`, "-o", options, "start"]);
  }
  /** At once, without a word to its clients. */
  async crash(): Promise<void> {
    await this.#run("pg_ctl", ["-D", `${this.#directory}/data`, "-w", "-m", "immediate", "stop"]);
  }
  async remove(): Promise<void> {
    await this.crash().catch(() => undefined);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #run(tool: string, args: readonly string[]) {
    const versions = readdirSync("/usr/lib/postgresql").sort((a, b) => Number(a) - Number(b));
    const path = `/usr/lib/postgresql/${versions.at(-1)}/bin/${tool}`;
    return execa("runuser", ["-u", "postgres", "--", path, ...args], { cwd: "/", stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  }
}
