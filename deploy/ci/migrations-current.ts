// Fails when the schema in code and the committed migrations say different things: generating once more must give nothing.
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execaSync } from "execa";

const committed = "controller/src/store/migrations";
// Beside the original, because drizzle-kit takes paths relative to its working folder only.
const scratch = mkdtempSync("controller/.migrations-");
try {
  cpSync(committed, scratch, { recursive: true });
  const before = readdirSync(scratch).length;
  const run = execaSync(
    "drizzle-kit",
    ["generate", "--dialect", "postgresql", "--schema", "./src/store/schema/index.ts", "--out", `./${scratch.slice("controller/".length)}`],
    {
      cwd: "controller",
      preferLocal: true,
      localDir: join(import.meta.dirname, "../.."),
      reject: false,
      all: true,
      stdin: "ignore",
    },
  );
  if (run.exitCode !== 0 || readdirSync(scratch).length !== before) {
    console.log(`${run.all}\nThe schema has changed since the last migration: run \`npm run db:generate\`.`);
    process.exitCode = 1;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
