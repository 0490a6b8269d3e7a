// Runs every `*.bench.ts` (or `*.evaluate.ts`) of the project one after the other, each in a process of its own, so that
// one cannot warm up or starve the next. `npm run bench -- gateway` runs those whose path contains the word.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { execaSync } from "execa";

const [kind, ...rest] = process.argv.slice(2);
if (kind !== "bench" && kind !== "evaluate") throw new Error("usage: run-all bench|evaluate [WORD] [ARGUMENTS...]");
const word = rest[0]?.startsWith("-") ? undefined : rest.shift();
const files = ["shared", "agent", "controller", "deploy"]
  .flatMap((dir) => readdirSync(join(dir, "."), { recursive: true, encoding: "utf8" }).map((file) => join(dir, file)))
  .filter((file) => file.endsWith(`.${kind}.ts`) && !file.includes("node_modules") && (!word || file.includes(word)))
  .sort();
if (files.length === 0) {
  console.error(`No ${kind} has "${word}" in its path.`);
  process.exitCode = 2;
}
for (const file of files) {
  console.log(`\n# ${file}`);
  const { exitCode } = execaSync("tsx", [file, ...rest], { preferLocal: true, reject: false, stdio: "inherit" });
  if (exitCode !== 0) process.exitCode = 1;
}
