import type { Command } from "commander";
import { stringify } from "yaml";
import { duePreviewSchema, dueRulesSchema } from "../../api/schemas/index.ts";
import { readYaml } from "../files.ts";
import type { Io } from "../io.ts";
import { printTable, when } from "../output.ts";
import { answer, needsReason, sub } from "./command.ts";

/** How due dates are set, as one file that can be kept under version control. */
export function addDueRulesCommands(program: Command, io: Io): void {
  const rules = program
    .command("due-rules")
    .description("How due dates are set: policies that are followed, and the organisation's own priority matrix");
  sub(rules, "show", "the rules that hold, as YAML").action((options) =>
    answer(
      io,
      options,
      async (client) => dueRulesSchema.parse(await client.get("/due-rules")),
      (held) => io.out(stringify(held)),
    ),
  );
  sub(rules, "preview <file>", "what these rules would do to the due dates of what is open; changes nothing; - for standard input").action(
    (file: string, options) =>
      answer(
        io,
        options,
        async (client) => duePreviewSchema.parse(await client.send("POST", "/due-rules/preview", { rules: readYaml(io, file) })),
        (p) => {
          io.out(
            `Of ${p.lookedAt} open findings${p.all ? "" : " (there are more)"} ${p.earlier} would be due earlier, ${p.later} later, ${p.same} as now. Overdue: ${p.overdueNow} now, ${p.overdueThen} then.\n`,
          );
          printTable(
            io,
            ["finding", "vulnerability", "package", "host", "now", "then"],
            p.examples.map((e) => [e.findingId, e.vulnerabilityId, e.packageName, e.hostname, dayOf(e.before), dayOf(e.after)]),
            "No due date would change.",
          );
        },
      ),
  );
  needsReason(sub(rules, "set <file>", "let these rules hold; - for standard input")).action((file: string, options) =>
    answer(
      io,
      options,
      async (client) => dueRulesSchema.parse(await client.send("PUT", "/due-rules", { rules: readYaml(io, file), reason: options.reason })),
      (held) => io.out(`Due dates follow ${held.follow.join(", ")} from now on.\n`),
    ),
  );
}

const dayOf = (due: { readonly at: string | null; readonly policy: string } | null) =>
  due?.at ? `${when(due.at)} (${due.policy})` : "no day";
