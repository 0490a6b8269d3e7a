import { hostname } from "node:os";
import { ProblemError } from "@breakwater/shared/core";
import type { Command } from "commander";
import { z } from "zod";
import { meSchema, systemSchema, tokenCreatedSchema } from "../../api/schemas/index.ts";
import { createClient } from "../client.ts";
import { readConfig, writeConfig } from "../config.ts";
import type { Io } from "../io.ts";
import { printJson, when } from "../output.ts";
import { unreachableServer } from "../problems.ts";
import { sub } from "./command.ts";

export function addLoginCommands(program: Command, io: Io): void {
  sub(program, "login", "sign in and keep an API token for this machine")
    .requiredOption("--server <url>", "address of the controller's console")
    .option("--user <name>", "who you are there; the password comes from the terminal or standard input")
    .option("--token <token>", "keep this API token instead; - reads it from standard input")
    .action(async (options: { server: string; user?: string; token?: string; json?: boolean }) => {
      const token =
        options.token === undefined
          ? await tokenByPassword(io, options.server, options.user)
          : options.token === "-"
            ? io.readInput().trim()
            : options.token;
      const me = meSchema.parse(await createClient(io, { server: options.server, token }).get("/me"));
      writeConfig(io.configFile, { server: options.server, token, name: me.name });
      const value = { server: options.server, name: me.name, role: me.role, expiresAt: me.expiresAt, file: io.configFile };
      if (options.json) printJson(io, value);
      else io.out(`Signed in as ${me.name} (${me.role}) until ${when(me.expiresAt)}; kept in ${io.configFile}.\n`);
    });

  sub(program, "doctor", "check the way from here to a healthy controller; exit code 1 when something is wrong").action(
    async (options: { json?: boolean }) => {
      const checks = await examine(io);
      if (options.json) printJson(io, { ok: checks.every((c) => c.ok), checks });
      else for (const c of checks) io.out(`${c.ok ? "ok  " : "BAD "} ${c.name}: ${c.detail}\n`);
      const bad = checks.filter((c) => !c.ok);
      if (bad.length > 0)
        throw new ProblemError({
          code: "not-well",
          message: `${bad.length} of ${checks.length} checks failed: ${bad.map((c) => c.name).join(", ")}.`,
          next: "See what each says above.",
        });
    },
  );
}

/** Signs in with the password, and changes the short session for a token of its own, which can be revoked by itself. */
async function tokenByPassword(io: Io, server: string, user: string | undefined): Promise<string> {
  const base = server.replace(/\/+$/, "");
  const name = user ?? (await io.ask("Name: ", false)) ?? "";
  const password = (await io.ask("Password: ", true)) ?? io.readInput().replace(/\r?\n$/, "");
  const post = async (path: string, body: unknown, cookie?: string) => {
    const response = await io
      .fetch(`${base}/api/v1${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-breakwater": "cli", ...(cookie ? { cookie } : {}) },
        body: JSON.stringify(body),
      })
      .catch((cause: unknown) => {
        throw unreachableServer(base, cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause));
      });
    const answer: unknown = await response.json();
    if (!response.ok) throw new ProblemError(z.object({ code: z.string(), message: z.string(), next: z.string() }).parse(answer));
    return { answer, cookie: response.headers.getSetCookie()[0]?.split(";")[0] };
  };
  const { cookie } = await post("/session", { name, password });
  const { answer } = await post("/tokens", { label: `breakwater on ${hostname()}`.slice(0, 100), days: 90 }, cookie);
  return tokenCreatedSchema.parse(answer).token;
}

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

async function examine(io: Io): Promise<Check[]> {
  const { server } = readConfig(io);
  if (!server) return [{ name: "configuration", ok: false, detail: "no controller is named; run `breakwater login --server URL`" }];
  const client = createClient(io);
  const checks: Check[] = [{ name: "configuration", ok: true, detail: server }];
  const check = async (name: string, look: () => Promise<Omit<Check, "name">>) => {
    try {
      checks.push({ name, ...(await look()) });
    } catch (cause) {
      checks.push({ name, ok: false, detail: cause instanceof Error ? cause.message : String(cause) });
    }
  };
  await check("controller", async () => {
    await client.get("/healthz");
    return { ok: true, detail: "answers" };
  });
  await check("store", async () => {
    const ready = z.object({ store: z.string() }).parse(await client.get("/readyz"));
    return { ok: true, detail: ready.store };
  });
  await check("sign-in", async () => {
    const me = meSchema.parse(await client.get("/me"));
    return { ok: true, detail: `${me.name}, ${me.role}, until ${when(me.expiresAt)}` };
  });
  await check("durability", async () => {
    const system = systemSchema.parse(await client.get("/system"));
    const skewMs = Math.abs(Date.parse(system.now) - io.clock.now());
    checks.push({
      name: "clock",
      ok: system.simulatedTime || skewMs < 30_000,
      detail: system.simulatedTime ? "the controller runs on simulated time" : `${Math.round(skewMs / 1000)} s apart`,
    });
    return { ok: true, detail: `${system.store.engine}: ${system.store.durability}` };
  });
  await check("feeds", async () => {
    const { feedsNotWell } = z
      .object({ feedsNotWell: z.array(z.object({ id: z.string(), problem: z.string() })) })
      .parse(await client.get("/overview"));
    return {
      ok: feedsNotWell.length === 0,
      detail: feedsNotWell.length === 0 ? "all well" : feedsNotWell.map((f) => `${f.id}: ${f.problem}`).join("; "),
    };
  });
  return checks;
}
