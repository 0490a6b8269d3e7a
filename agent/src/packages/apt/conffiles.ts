import { access } from "node:fs/promises";
import type { Run } from "../run.ts";
import { APT_ENVIRONMENT, DPKG_QUERY } from "./environment.ts";

/** What dpkg and ucf lay beside a configuration file that a person edited. */
const BESIDE = [".dpkg-dist", ".dpkg-new", ".ucf-dist"];

/** Configuration files as ${Conffiles} lists them: ` /etc/bw-shop.conf 3f0c... [obsolete]`. */
export const parseConffiles = (output: string): string[] =>
  output.split("\n").flatMap((line) => /^ (\/.+) (?:[0-9a-f]{32}|newconffile)(?: .*)?$/.exec(line)?.[1] ?? []);

export async function configurationReviews(run: Run): Promise<string[]> {
  const ran = await run([DPKG_QUERY, "-W", "-f", "${Conffiles}\n"], { env: APT_ENVIRONMENT, timeoutMs: 120_000 });
  const found: string[] = [];
  for (const file of parseConffiles(ran.stdout))
    for (const suffix of BESIDE) {
      const there = await access(file + suffix).then(
        () => true,
        () => false,
      );
      if (there) found.push(file + suffix);
    }
  return found.sort();
}
