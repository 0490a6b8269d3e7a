import { type CaseClass, CLASSES, generateCase } from "./judge/generated-cases.ts";
import { type JudgeInput, judge } from "./judge/index.ts";
import { kayentaLike } from "./judge/kayenta.ts";
import { seeded } from "./judge/sample-fleet.ts";
import { thresholdJudge } from "./judge/threshold.ts";
import { add, row, type Score, score } from "./judge-score.ts";

/**
 * Measures the judge on generated cases of all classes, and two common ones beside it:
 * `npm run evaluate -- judge-generated [CASES] [FIRST_SEED] [KAYENTA_EVERY]`. A case is its seed, so another first seed
 * gives other cases. The Kayenta-like judge takes a second a case, so it sees every tenth only, unless told otherwise.
 */
const [cases, first, kayentaEvery] = [Number(process.argv[2] ?? 330), Number(process.argv[3] ?? 1), Number(process.argv[4] ?? 10)];
const JUDGES = ["ours", "threshold 1.2x", "Kayenta-like"] as const;
type Judge = (typeof JUDGES)[number];
/** When each of them gives its first alarm. */
const ALARMS: Readonly<Record<Judge, (input: JudgeInput) => number | undefined>> = {
  ours: (input) => {
    const { verdict, decidedAt } = judge(input);
    return verdict === "harmful" ? decidedAt : undefined;
  },
  "threshold 1.2x": thresholdJudge,
  "Kayenta-like": kayentaLike,
};
const scores = new Map<string, Score>();
const of = (judged: Judge, kind: CaseClass | "all"): Score => {
  const key = `${judged} ${kind}`;
  const known = scores.get(key) ?? score();
  scores.set(key, known);
  return known;
};

function measure(seed: number, kind: CaseClass, judges: readonly Judge[], where: readonly (CaseClass | "all")[]): void {
  const made = generateCase(seeded(seed), kind);
  const patchedAt = made.input.treated[0]?.patchedAt ?? 0;
  const minute = (at: number | undefined) => (at === undefined ? undefined : (at - patchedAt) / 60_000);
  for (const name of judges) {
    const alarm = minute(ALARMS[name](made.input));
    const said = where.map((group) => add(of(name, group), made, alarm))[0] ?? "";
    if (name === "ours" && ["MISSED", "FALSE ALARM", "TOO EARLY"].includes(said))
      process.stdout.write(`seed ${seed}: ${kind}, ${made.input.treated.length} against ${made.input.control.length}: ${said}\n`);
  }
}

for (let seed = first; seed < first + cases; seed += 1) {
  const kind = CLASSES[seed % CLASSES.length] as CaseClass;
  const slow = Math.floor(seed / CLASSES.length) % kayentaEvery === 0;
  measure(seed, kind, slow ? JUDGES : ["ours", "threshold 1.2x"], [kind, "all"]);
}
// Apart from the rest: at the edge of the tolerance alpha is all that holds alarms down.
for (let seed = first; seed < first + cases / 4; seed += 1) measure(seed, "edge", ["ours", "threshold 1.2x"], ["edge"]);
for (const kind of [...CLASSES, "all", "edge"] as const)
  for (const name of JUDGES) {
    const found = scores.get(`${name} ${kind}`);
    if (found) process.stdout.write(`${row(`${kind}: ${name}`, found)}\n`);
  }
