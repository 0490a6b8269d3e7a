import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { ProblemError } from "@breakwater/shared/core";
import { Command, Option } from "commander";
import { parse } from "yaml";
import { z } from "zod";
import { FEED_KINDS, FeedConfigSchema, isPublicKey } from "./know/intel/index.ts";

const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, "write host:port, or [address]:port for IPv6")
  .transform((text) => ({
    host: text.slice(0, text.lastIndexOf(":")).replace(/^\[|\]$/g, ""),
    port: Number(text.slice(text.lastIndexOf(":") + 1)),
  }))
  .refine((a) => a.port <= 65_535, "a port is at most 65535");

const configSchema = z.strictObject({
  /** Everything that must survive: the embedded database, the authority's key, the local agent. */
  dataDir: z
    .string()
    .default(".breakwater")
    .transform((path) => resolve(path)),
  /** A PostgreSQL URL; without one the embedded database is used. */
  databaseUrl: z.string().optional(),
  /** Console and API. Plain HTTP: keep it on loopback, or put a TLS proxy before it. */
  http: address.default({ host: "127.0.0.1", port: 8480 }),
  /** How browsers reach it; decides whether cookies are marked Secure. */
  consoleUrl: z.url().optional(),
  /** Where agents enrol (server TLS), and where they hold their sessions (mutual TLS). */
  enrollment: address.default({ host: "127.0.0.1", port: 8481 }),
  sessions: address.default({ host: "127.0.0.1", port: 8482 }),
  /** Names and addresses of this controller as agents see it; the first is the one that they are told. */
  advertise: z.array(z.string().min(1).max(253)).default([]),
  /** "default": the public feeds. A list replaces them; an empty list means the endpoints' own repositories alone. */
  feeds: z.union([z.literal("default"), z.array(FeedConfigSchema)]).default("default"),
  /** A proxy for feeds, and hosts that need none; without it HTTPS_PROXY, HTTP_PROXY and NO_PROXY count. */
  feedProxy: z.url().optional(),
  feedNoProxy: z.string().optional(),
  /** Public keys of sites whose bundles of intelligence are taken, as `breakwater intel key` prints them there. */
  bundleKeys: z.array(z.string().refine(isPublicKey, "it is no Ed25519 public key")).default([]),
  /** The agent's package (breakwater-agent_VERSION_amd64.deb) that new machines may fetch here; a package of the controller brings one. */
  agentPackage: z
    .string()
    .transform((path) => resolve(path))
    .optional(),
  /** How often agents sample their health, seconds. */
  healthIntervalSeconds: z.number().int().min(1).max(300).default(15),
  inventoryIntervalSeconds: z.number().int().min(30).max(86_400).default(900),
  /** How long an endpoint whose turn it is may be away before its execution counts as unreachable. */
  unreachableAfterSeconds: z.number().int().min(10).max(86_400).default(600),
  logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  /** Runs an agent in observe mode on this machine, beside the controller. */
  localAgent: z.boolean().default(false),
  /** Adds the simulated fleet. */
  demo: z.boolean().default(false),
});
export type Config = z.infer<typeof configSchema>;

/**
 * Configuration from a YAML file, then the environment (BREAKWATER_DATA_DIR, DATABASE_URL), then the command line; the later wins.
 * @throws ProblemError that names the setting that cannot be used
 */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Config {
  const program = new Command("breakwater-controller")
    .description("The controller of Breakwater: gateway for agents, planner, rollout engine, API and console")
    .option("--config <file>", "YAML file with the settings below, in camel case")
    .option("--data-dir <dir>", "where everything lies that must survive")
    .option("--http <host:port>", "console and API")
    .option("--console-url <url>", "how browsers reach the console")
    .option("--enrollment <host:port>", "where agents enrol")
    .option("--sessions <host:port>", "where agents hold their sessions")
    .option(
      "--advertise <name>",
      "name or address of this controller as agents see it; repeat for more",
      (value, all: string[]) => [...all, value],
      [] as string[],
    )
    .option(
      "--feed <id=kind:source>",
      `a feed instead of the public ones (kinds ${FEED_KINDS.join(", ")}); repeat for more, "none" for none`,
      (value, all: string[]) => [...all, value],
      [] as string[],
    )
    .option(
      "--bundle-key <key>",
      "public key of a site whose bundles of intelligence are taken; repeat for more",
      (value, all: string[]) => [...all, value],
      [] as string[],
    )
    .option("--feed-proxy <url>", "a proxy for feeds, instead of HTTPS_PROXY of the environment")
    .option("--agent-package <file>", "the agent's .deb, which `join-token create --install` lets new machines fetch")
    .option("--health-interval <seconds>", "how often agents sample their health")
    .option("--inventory-interval <seconds>", "how often agents look at their packages")
    .option("--unreachable-after <seconds>", "how long an endpoint whose turn it is may be away")
    .addOption(new Option("--log-level <level>").choices(["debug", "info", "warn", "error", "silent"]))
    .option("--local-agent", "run an agent in observe mode on this machine")
    .option("--demo", "add a simulated fleet, clearly marked")
    .parse([...argv], { from: "user" });
  const flags = program.opts<Record<string, string | boolean | string[]>>();
  const file = typeof flags.config === "string" ? readFile(flags.config) : {};
  const advertise = flags.advertise as string[];
  const feeds = flags.feed as string[];
  const merged = {
    ...file,
    ...(env.BREAKWATER_DATA_DIR ? { dataDir: env.BREAKWATER_DATA_DIR } : {}),
    ...(env.DATABASE_URL ? { databaseUrl: env.DATABASE_URL } : {}),
    ...(flags.dataDir ? { dataDir: flags.dataDir } : {}),
    ...(flags.http ? { http: flags.http } : {}),
    ...(flags.consoleUrl ? { consoleUrl: flags.consoleUrl } : {}),
    ...(flags.enrollment ? { enrollment: flags.enrollment } : {}),
    ...(flags.sessions ? { sessions: flags.sessions } : {}),
    ...(advertise.length > 0 ? { advertise } : {}),
    ...(feeds.length > 0 ? { feeds: feeds.filter((f) => f !== "none").map(feedFromFlag) } : {}),
    ...((flags.bundleKey as string[]).length > 0 ? { bundleKeys: flags.bundleKey } : {}),
    ...(flags.feedProxy ? { feedProxy: flags.feedProxy } : {}),
    ...(flags.agentPackage ? { agentPackage: flags.agentPackage } : {}),
    ...(flags.healthInterval ? { healthIntervalSeconds: Number(flags.healthInterval) } : {}),
    ...(flags.inventoryInterval ? { inventoryIntervalSeconds: Number(flags.inventoryInterval) } : {}),
    ...(flags.unreachableAfter ? { unreachableAfterSeconds: Number(flags.unreachableAfter) } : {}),
    ...(flags.logLevel ? { logLevel: flags.logLevel } : {}),
    ...(flags.localAgent ? { localAgent: true } : {}),
    ...(flags.demo ? { demo: true } : {}),
  };
  const parsed = configSchema.safeParse(merged);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ProblemError({
      code: "bad-configuration",
      message: `The setting ${issue?.path.join(".") || "(top level)"} cannot be used: ${issue?.message}.`,
      next: "`--help` lists the settings with their forms.",
    });
  }
  const own = [hostname(), "localhost", "127.0.0.1"];
  return { ...parsed.data, advertise: parsed.data.advertise.length > 0 ? parsed.data.advertise : loopbackFirst(parsed.data, own) };
}

/** A controller that listens on loopback only is reached by that address and no other name. */
const loopbackFirst = (config: Config, own: readonly string[]): string[] =>
  config.sessions.host === "127.0.0.1" ? ["127.0.0.1", "localhost"] : [...own];

function readFile(path: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(parse(readFileSync(path, "utf8")) ?? {});
  } catch (cause) {
    throw new ProblemError({
      code: "bad-configuration",
      message: `The configuration file ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      next: "Mend it, or start without --config.",
    });
  }
}

function feedFromFlag(text: string): { id: string; kind: string; source: string } {
  const match = /^([\w-]+)=(\w+):(.+)$/.exec(text);
  if (!match)
    throw new ProblemError({
      code: "bad-configuration",
      message: `"${text}" is no feed.`,
      next: "Write id=kind:source, as in debian=osv:/srv/osv/Debian/all.zip.",
    });
  return { id: match[1] ?? "", kind: match[2] ?? "", source: match[3] ?? "" };
}
