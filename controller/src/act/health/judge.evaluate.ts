import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expectOk } from "@breakwater/shared/core";
import { z } from "zod";
import { judge, readJudgeFile } from "./judge/index.ts";
import { kayentaLike } from "./judge/kayenta.ts";
import { add, row, type Score, score } from "./judge-score.ts";

/** Measures the judge, and a Kayenta-like one beside it, on a directory of cases: `npm run evaluate -- judge DIR`. */
const expectedSchema = z.array(
  z.object({
    file: z.string(),
    class: z.string(),
    expected: z.enum(["harmful", "not harmful"]),
    onsetMinute: z.number().nullable(),
    bakeMinutes: z.number(),
    treated: z.number(),
    control: z.number(),
    noise: z.string(),
    counted: z.boolean(),
  }),
);

const directory = process.argv[2];
if (!directory || !readdirSync(directory).includes("expected.json")) {
  process.stderr.write("Give a directory with expected.json and its case files.\n");
  process.exit(2);
}
const expected = expectedSchema.parse(JSON.parse(readFileSync(join(directory, "expected.json"), "utf8")));
const classes = new Map<string, { ours: Score; kayenta: Score }>();
const total = { ours: score(), kayenta: score() };
let healthy = 0;
let inconsistent = 0;
const started = performance.now();
for (const e of expected) {
  const lines = gunzipSync(readFileSync(join(directory, e.file)))
    .toString("utf8")
    .split("\n");
  const input = expectOk(readJudgeFile(lines));
  const patchedAt = input.treated[0]?.patchedAt ?? 0;
  const minute = (at: number) => (at - patchedAt) / 60_000;
  const verdict = judge(input);
  if (verdict.verdict === "healthy") healthy++;
  const alarm = verdict.verdict === "harmful" ? minute(verdict.decidedAt) : undefined;
  if (alarm !== undefined) {
    const cut = input.series.map((s) => {
      const keep = s.at.filter((at) => at <= verdict.decidedAt).length;
      return { ...s, at: s.at.slice(0, keep), value: s.value.slice(0, keep) };
    });
    const again = judge({ ...input, series: cut });
    if (again.verdict !== "harmful" || again.decidedAt !== verdict.decidedAt) inconsistent++;
  }
  const kayentaAlarm = kayentaLike(input);
  const kayenta = kayentaAlarm === undefined ? undefined : minute(kayentaAlarm);
  const of = classes.get(e.class) ?? { ours: score(), kayenta: score() };
  classes.set(e.class, of);
  add(of.ours, e, alarm);
  add(of.kayenta, e, kayenta);
  const said = add(total.ours, e, alarm);
  const theirs = add(total.kayenta, e, kayenta);
  const worst = [...verdict.metrics].sort((a, b) => (a.evidence.chance ?? 0) - (b.evidence.chance ?? 0))[0];
  process.stdout.write(
    `${e.file.slice(0, 8)} ${e.class.padEnd(10)} ${e.noise.padEnd(9)} ${`${e.treated}/${e.control}`.padEnd(6)} ${verdict.verdict.padEnd(9)} ${said.padEnd(14)} | ${theirs.padEnd(14)} | ${worst?.metric} ${worst?.effect?.toFixed(3)} [${worst?.evidence.interval?.map((x) => x.toFixed(3))}] p=${worst?.evidence.chance?.toExponential(1)}\n`,
  );
}
for (const [name, of] of [...classes].sort()) process.stdout.write(`${row(name, of.ours)}\n${row("  Kayenta-like", of.kayenta)}\n`);
process.stdout.write(`${row("all: ours", total.ours)}\n${row("all: Kayenta-like", total.kayenta)}\n`);
process.stdout.write(
  `healthy where harmless: ${healthy}/${total.ours.harmless}; verdicts that a cut at decidedAt changes: ${inconsistent}; ${((performance.now() - started) / 1000).toFixed(1)} s\n`,
);
