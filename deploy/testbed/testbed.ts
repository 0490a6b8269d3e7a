import { execa } from "execa";

/** What a command inside a host, or of the testbed, came to. */
export interface Ran {
  readonly exitCode: number;
  readonly out: string;
}

const here = import.meta.dirname;
const script = async (
  name: "hosts" | "repo" | "repo-rpm",
  args: readonly string[],
  options: { input?: string; timeoutMs?: number } = {},
): Promise<Ran> => {
  const run = await execa(`${here}/${name}`, args, {
    reject: false,
    all: true,
    timeout: options.timeoutMs ?? 300_000,
    ...(options.input === undefined ? { stdin: "ignore" } : { input: options.input }),
  });
  return { exitCode: run.exitCode ?? -1, out: String(run.all ?? "") };
};

const must = async (what: Promise<Ran>, doing: string): Promise<string> => {
  const { exitCode, out } = await what;
  if (exitCode !== 0) throw new Error(`${doing} failed (${exitCode}):\n${out.slice(-4_000)}`);
  return out;
};

/** One booted host of the testbed, by its number. */
export class Host {
  readonly k: number;
  constructor(k: number) {
    this.k = k;
  }
  get name(): string {
    return `host${this.k}`;
  }
  /** Runs a command inside and returns its output, both streams together. @throws when it fails */
  exec(...command: string[]): Promise<string> {
    return must(this.try(...command), `${this.name}: ${command.join(" ")}`);
  }
  /** The same, but a failure is an answer too. */
  try(...command: string[]): Promise<Ran> {
    return script("hosts", ["exec", String(this.k), ...command]);
  }
  sh(text: string): Promise<string> {
    return this.exec("sh", "-c", text);
  }
  write(path: string, text: string): Promise<string> {
    return must(
      script("hosts", ["exec", String(this.k), "sh", "-c", `cat >'${path}'`], { input: text }),
      `writing ${path} on ${this.name}`,
    );
  }
  push(source: string, target: string): Promise<string> {
    return must(script("hosts", ["push", String(this.k), source, target]), `copying ${source} to ${this.name}`);
  }
  /** The number that its PID 1 has on this machine, another one after each boot. */
  async leader(): Promise<number> {
    return Number(await must(script("hosts", ["leader", String(this.k)]), `looking for PID 1 of ${this.name}`));
  }
  reboot(): Promise<string> {
    return must(script("hosts", ["reboot", String(this.k)]), `restart of ${this.name}`);
  }
  /** Power loss: all stops at once, what was not synced is gone. */
  kill(): Promise<string> {
    return must(script("hosts", ["kill", String(this.k)]), `power loss of ${this.name}`);
  }
  start(): Promise<string> {
    return must(script("hosts", ["start", String(this.k)]), `start of ${this.name}`);
  }
  /** Stops it and forgets everything it wrote; `start` brings it back fresh. */
  reset(): Promise<string> {
    return must(script("hosts", ["reset", String(this.k)]), `reset of ${this.name}`);
  }
  /** Drops all packets both ways, link up. */
  blackhole(): Promise<string> {
    return must(script("hosts", ["loss", String(this.k), "100"]), `cutting ${this.name} off`);
  }
  heal(): Promise<string> {
    return must(script("hosts", ["heal", String(this.k)]), `healing ${this.name}`);
  }
  /** dpkg's word on one package: "ii 1.2-3", or "" when it does not know it. By its path, since a row may put a wrapper before it. */
  async package(name: string): Promise<string> {
    const { out } = await this.try("/usr/bin/dpkg-query", "-W", "-f=${db:Status-Abbrev} ${Version}\\n", name);
    return /^\S+ .*$/m.test(out) && !out.includes("no packages found") ? out.trim().replace(/\s+/g, " ") : "";
  }
  /** rpm's word on one package: its versions as "1.2-3", all of them; none when rpm does not know it. */
  async rpms(name: string): Promise<string[]> {
    const { exitCode, out } = await this.try("rpm", "-q", "--qf", "%{VERSION}-%{RELEASE}\\n", name);
    return exitCode === 0 ? out.trim().split("\n").sort() : [];
  }
}

export const testbed = {
  up: (count: number) => must(script("hosts", ["up", String(count)], { timeoutMs: 600_000 }), "booting the hosts"),
  down: () => must(script("hosts", ["down"]), "stopping the hosts"),
  repo: (...args: string[]) => must(script("repo", args), `repo ${args.join(" ")}`),
  repoRpm: (...args: string[]) => must(script("repo-rpm", args), `repo-rpm ${args.join(" ")}`),
};

/** Waits until a condition gives a value. @throws after the limit, with what was last seen */
export async function until<T>(what: string, limitMs: number, look: () => Promise<T | undefined | false>, everyMs = 1_000): Promise<T> {
  const end = Date.now() + limitMs;
  let last: unknown = "nothing";
  for (;;) {
    try {
      const seen = await look();
      if (seen) return seen;
      last = seen;
    } catch (cause) {
      last = cause instanceof Error ? cause.message : cause;
    }
    if (Date.now() > end)
      throw new Error(`waited ${Math.round(limitMs / 1000)} s in vain for ${what}; last: ${String(last).slice(0, 2_000)}`);
    await new Promise((go) => setTimeout(go, everyMs));
  }
}
