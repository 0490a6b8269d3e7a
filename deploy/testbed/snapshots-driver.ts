import { runTool } from "../../agent/src/packages/index.ts";
import { createSnapshots } from "../../agent/src/snapshots/index.ts";

/** What the executor does with snapshots, as a program: `take ID` and `keep-only ID...`. Prints what it is told, as JSON. */
const [action, ...ids] = process.argv.slice(2);
const snapshots = createSnapshots(runTool);
const told = action === "take" ? await snapshots.take(ids[0] ?? "") : await snapshots.keepOnly((id) => ids.includes(id));
process.stdout.write(`${JSON.stringify(told)}\n`);
