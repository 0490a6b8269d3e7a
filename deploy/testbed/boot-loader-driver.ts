import { runTool } from "../../agent/src/packages/index.ts";
import { createGrub, decideFallback } from "../../agent/src/reboot/index.ts";

/**
 * What the executor does with the boot loader around a reboot, as a program: `try RUNNING NEXT` before it, `keep ENTRY` once the
 * machine is well with the new kernel. Prints what was decided, and what went wrong, as JSON.
 */
const [action, one = "", next = ""] = process.argv.slice(2);
const loader = createGrub(runTool);
const told: { decided?: unknown; problem?: string | undefined } = {};
if (action === "try") {
  const decided = decideFallback(await loader.look(), one, next, false);
  told.decided = decided;
  if (decided.kind === "once") told.problem = (await loader.setDefault(decided.keep)) ?? (await loader.bootOnce(decided.once));
} else told.problem = await loader.setDefault(one);
process.stdout.write(`${JSON.stringify(told)}\n`);
