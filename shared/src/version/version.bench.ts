import { spawnSync } from "node:child_process";
import { compareVersions } from "./index.ts";

/** Comparisons of Debian versions in a second on one core, beside dpkg's own: `npm run bench -- shared/src/version`. */
const VERSIONS = Array.from(
  { length: 2_000 },
  (_, i) =>
    `${i % 7 === 0 ? "1:" : ""}${i % 23}.${(i * 7) % 61}.${i % 5}${i % 3 === 0 ? "~rc1" : ""}-${i % 4}${i % 2 ? `+deb12u${i % 9}` : ""}`,
);
const ROUNDS = 1_000_000;
const DPKG_RUNS = 100;
const say = (text: string) => process.stdout.write(`${text}\n`);
const pair = (i: number) => [VERSIONS[i % VERSIONS.length] ?? "", VERSIONS[(i * 31 + 7) % VERSIONS.length] ?? ""] as const;

function rate(ecosystem: string, rounds: number): number {
  const started = process.cpuUsage();
  let older = 0;
  for (let i = 0; i < rounds; i++) {
    const [a, b] = pair(i);
    if (compareVersions(ecosystem, a, b) === "<") older++;
  }
  const { user, system } = process.cpuUsage(started);
  if (older === 0 || older === rounds) throw new Error("nothing was compared");
  return rounds / ((user + system) / 1e6);
}

rate("deb", ROUNDS / 10);
say(`deb, ours:                 ${Math.round(rate("deb", ROUNDS)).toLocaleString("en")} comparisons a second of CPU`);
const started = performance.now();
let differ = 0;
let ran = 0;
for (let i = 0; i < DPKG_RUNS; i++) {
  const [a, b] = pair(i * 13);
  const { status, error } = spawnSync("dpkg", ["--compare-versions", a, "lt", b]);
  if (error) break;
  ran++;
  if ((status === 0) !== (compareVersions("deb", a, b) === "<")) differ++;
}
say(
  ran === 0
    ? "dpkg is not on this machine"
    : `dpkg --compare-versions:   ${Math.round(ran / ((performance.now() - started) / 1_000)).toLocaleString("en")} a second (a process each); ${differ} of ${ran} answers differ from ours`,
);
