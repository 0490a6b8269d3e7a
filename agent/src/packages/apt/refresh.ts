import { setTimeout as wait } from "node:timers/promises";
import type { Refresh } from "../../executor/protocol.ts";
import type { Run } from "../run.ts";
import { APT_ENVIRONMENT, APT_GET } from "./environment.ts";

/** `DPkg::Lock::Timeout` does not cover the lock on the lists, so the waiting is ours. */
const LOCK_ATTEMPTS = 6;
const LOCK_BACKOFF_MS = 5_000;
const UPDATE_TIMEOUT_MS = 15 * 60_000;

type Repository = Refresh["repositories"][number];

const withoutSlash = (uri: string): string => uri.replace(/\/+$/, "");

/** Lines of `apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE)'`, each repository once. */
export function parseTargets(output: string): { uri: string; suite: string }[] {
  const seen = new Map<string, { uri: string; suite: string }>();
  for (const line of output.split("\n")) {
    const [uri, suite] = line.trim().split(" ");
    if (uri && suite) seen.set(`${withoutSlash(uri)} ${suite}`, { uri: withoutSlash(uri), suite });
  }
  return [...seen.values()];
}

/**
 * Each repository's outcome from what `apt-get update` printed. The exit status tells nothing: 0 with a dead repository, and 0
 * with a bad signature (apt goes on with the old index). A repository that apt does not mention is not called fresh.
 */
export function parseUpdate(output: string, targets: readonly { uri: string; suite: string }[]): Repository[] {
  const lines = output.split("\n");
  const told = lines.filter((l) => /^[WE]: /.test(l));
  return targets.map(({ uri, suite }) => {
    const about = (l: string) => l.includes(`${uri} ${suite} `) || l.includes(`${uri}/dists/${suite}/`) || l.includes(`${uri}/ ${suite} `);
    const complaint = told.find((l) => about(`${l} `));
    const detail = complaint?.replace(/^[WE]: /, "").slice(0, 500) ?? "";
    if (complaint && /is expired|not valid yet/.test(complaint)) return { uri, suite, state: "expired", detail };
    if (complaint && /GPG error|signature|is not signed|NO_PUBKEY|EXPKEYSIG/.test(complaint))
      return { uri, suite, state: "untrusted", detail };
    if (complaint) return { uri, suite, state: "unreachable", detail };
    const fetched = lines.filter((l) => /^(?:Hit|Get|Ign|Err):\d+ /.test(l) && about(`${l} `));
    const failed = fetched.find((l) => l.startsWith("Err:"));
    if (failed) return { uri, suite, state: "unreachable", detail: failed.slice(0, 500) };
    if (fetched.some((l) => /^(?:Hit|Get):\d+ .*(?:InRelease|Release)(?: |$)/.test(l))) return { uri, suite, state: "fresh", detail: "" };
    return { uri, suite, state: "unreachable", detail: "apt-get update did not say what became of this repository." };
  });
}

export async function refreshApt(run: Run, nowIso: () => string): Promise<Refresh> {
  // With release info apt leaves out what was never fetched, which is just what a dead repository is.
  const listing = [APT_GET, "indextargets", "--no-release-info", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"] as const;
  const targets = await run(listing, { env: APT_ENVIRONMENT, timeoutMs: 60_000 });
  const argv = [APT_GET, "update", "-q", "-o", "APT::Update::Error-Mode=any", "-o", "Acquire::Retries=3"] as const;
  const options = [...argv, "-o", "Acquire::http::Timeout=30", "-o", "Acquire::https::Timeout=30", "-o", "APT::Color=0"] as const;
  for (let attempt = 1; ; attempt++) {
    const ran = await run(options, { env: APT_ENVIRONMENT, timeoutMs: UPDATE_TIMEOUT_MS });
    const output = `${ran.stdout}\n${ran.stderr}`;
    const locked = /^E: (?:Could not get lock|Unable to lock directory) \S*\/lists.*$/m.exec(output)?.[0];
    if (locked && attempt < LOCK_ATTEMPTS) {
      await wait(LOCK_BACKOFF_MS * attempt);
      continue;
    }
    const known = parseTargets(targets.stdout);
    const warnings = output
      .split("\n")
      .filter((l) => /^[WE]: /.test(l))
      .slice(0, 50);
    const repositories: Repository[] =
      locked || ran.timedOut
        ? known.map((t) => ({ ...t, state: "unreachable", detail: locked ?? "apt-get update did not end in time." }))
        : parseUpdate(output, known);
    const complete = targets.exitCode === 0 && repositories.length > 0 && repositories.every((r) => r.state === "fresh");
    return { complete, at: nowIso(), repositories, warnings };
  }
}
