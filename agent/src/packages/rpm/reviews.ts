import { access } from "node:fs/promises";
import type { Run } from "../run.ts";
import { RPM, RPM_ENVIRONMENT } from "./environment.ts";

const TIMEOUT_MS = 10 * 60_000;

/** Files that rpm laid beside edited configuration: the package's own (.rpmnew), or the edited one (.rpmsave). */
export async function rpmReviews(run: Run): Promise<string[]> {
  const ran = await run([RPM, "-qac"], { env: RPM_ENVIRONMENT, timeoutMs: TIMEOUT_MS });
  const beside = ran.stdout
    .split("\n")
    .filter((f) => f.startsWith("/"))
    .flatMap((f) => [`${f}.rpmnew`, `${f}.rpmsave`]);
  const present = await Promise.all(
    beside.map((f) =>
      access(f).then(
        () => [f],
        () => [],
      ),
    ),
  );
  return present.flat().sort();
}
