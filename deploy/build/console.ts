// Builds the console into its dist folder. `--if-stale` does so only when a source is newer than what was built, so that
// `npm start` is quick the second time.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { execaSync } from "execa";

const root = join(import.meta.dirname, "../../controller/src/serve/console");
const built = join(root, "dist/index.html");

const newest = (path: string): number =>
  statSync(path).isDirectory() ? Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name)))) : statSync(path).mtimeMs;

const sources = ["src", "public", "index.html", "vite.config.ts", "package.json"].map((name) => join(root, name));
const stale = !existsSync(built) || Math.max(...sources.map(newest)) > statSync(built).mtimeMs;
if (stale || !process.argv.includes("--if-stale")) {
  console.log("Building the console ...");
  execaSync("vite", ["build", "--logLevel", "warn", root], {
    preferLocal: true,
    localDir: join(import.meta.dirname, "../.."),
    stdio: "inherit",
  });
}
