import { existsSync } from "node:fs";
import { cp, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fail, type Result } from "@breakwater/shared/core";
import type { ManagerFailure, Simulation } from "../package-manager.ts";
import { RPM, RPM_ENVIRONMENT } from "../rpm/environment.ts";
import type { Run } from "../run.ts";
import { laySettings } from "./settings.ts";
import { simulateInstall } from "./simulation.ts";

const TIMEOUT_MS = 10 * 60_000;
/** What the machine is, which packages may require. */
const PRODUCTS = "/etc/products.d";

/** What going back would do, in a copy of rpm's database in which the change has already been made. */
export async function simulateGoingBack(
  run: Run,
  kept: readonly string[],
  installed: readonly string[],
  root: string,
): Promise<Result<Simulation, ManagerFailure>> {
  const broken = (message: string, output: string) => fail<ManagerFailure>({ failureClass: "package-manager-broken", message, output });
  const options = { env: RPM_ENVIRONMENT, timeoutMs: TIMEOUT_MS };
  await rm(root, { recursive: true, force: true });
  try {
    const told = await run([RPM, "--eval", "%_dbpath"], options);
    const database = told.stdout.trim();
    if (told.exitCode !== 0 || !database.startsWith("/")) return broken("rpm does not say where its database is.", told.stderr);
    await mkdir(dirname(join(root, database)), { recursive: true });
    await cp(database, join(root, database), { recursive: true });
    if (existsSync(PRODUCTS)) await cp(PRODUCTS, join(root, PRODUCTS), { recursive: true });
    const change = ["--root", root, "--justdb", "--nodeps", "--noscripts", "--notriggers", "--oldpackage", "--replacepkgs", "-U"];
    const changed = await run([RPM, ...change, "--", ...installed], options);
    if (changed.exitCode !== 0) return broken("The change cannot be made in a copy of rpm's database.", changed.stderr.slice(-4_096));
    const env = laySettings(join(root, "settings"), { lockWaitMs: 0 });
    return await simulateInstall(run, kept, { options: ["--root", root], env, timeoutMs: TIMEOUT_MS }, ["--force"]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
