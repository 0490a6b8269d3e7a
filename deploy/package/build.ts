import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildAgent } from "./agent.ts";
import { buildController } from "./controller.ts";
import type { Build } from "./tree.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const given = process.argv.slice(2);
const flag = (name: string): string | undefined => (given.includes(name) ? given[given.indexOf(name) + 1] : undefined);

const dist = join(root, "dist");
const build: Build = {
  root,
  dist,
  /** The sources' version, or that of `--version`: the same sources under another name, for tests of the upgrade. */
  version: flag("--version") ?? JSON.parse(readFileSync(join(root, "agent/package.json"), "utf8")).version,
  /** Where the packages go; `--out DIR` keeps them apart from what is shipped. */
  out: flag("--out") ?? dist,
  /** The same sources give the same bytes: every file carries the last commit's time. */
  epoch: Number(execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: root, encoding: "utf8" }).trim()),
  fast: given.includes("--fast"),
};

const tell = (deb: string): void => console.log(`${deb} ${(statSync(deb).size / 1e6).toFixed(1)} MB`);
const agent = await buildAgent(build);
tell(agent);
// `agent` alone builds no controller, which takes the agent's package along.
if (!given.includes("agent")) tell(await buildController(build, agent));
