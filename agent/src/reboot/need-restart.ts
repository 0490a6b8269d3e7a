import { access } from "node:fs/promises";
import type { Run } from "../packages/index.ts";

const NEEDRESTART = "/usr/sbin/needrestart";
const ENV = { LC_ALL: "C.UTF-8", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
const LIMIT_MS = 120_000;

/** needrestart's batch answer (its README.batch.md). */
export interface NeedRestart {
  readonly services: readonly string[];
  /** A newer kernel is installed than the one that runs (KSTA 2: same interfaces, 3: another version). */
  readonly kernel?: { readonly running: string; readonly expected: string };
  readonly microcodeObsolete: boolean;
}

/** @returns undefined for what is no batch answer */
export function parseNeedRestart(output: string): NeedRestart | undefined {
  const lines = output.split("\n").flatMap((line) => {
    const match = /^NEEDRESTART-([A-Z]+): ?(.*)$/.exec(line.trim());
    return match ? [{ key: match[1] ?? "", value: match[2] ?? "" }] : [];
  });
  const of = (key: string) => lines.find((l) => l.key === key)?.value ?? "";
  if (of("VER") === "") return undefined;
  const kernel = ["2", "3"].includes(of("KSTA")) ? { running: of("KCUR"), expected: of("KEXP") } : undefined;
  return {
    services: lines.filter((l) => l.key === "SVC" && l.value !== "").map((l) => l.value),
    ...(kernel ? { kernel } : {}),
    microcodeObsolete: of("UCSTA") === "2",
  };
}

/** Asks needrestart, which in batch mode neither prompts nor restarts. @returns undefined where it is not installed or fails */
export async function askNeedRestart(run: Run): Promise<NeedRestart | undefined> {
  const there = await access(NEEDRESTART).then(
    () => true,
    () => false,
  );
  if (!there) return undefined;
  const ran = await run([NEEDRESTART, "-b", "-r", "l"], { env: ENV, timeoutMs: LIMIT_MS });
  return ran.exitCode === 0 ? parseNeedRestart(ran.stdout) : undefined;
}
