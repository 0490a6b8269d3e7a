import { describe, expect, it } from "vitest";
import { readJudgeFile } from "./read-judge-file.ts";

const header =
  '{"patchedAt":"2025-07-08T03:12:00Z","bakeMinutes":60,"alpha":0.01,"metrics":{"latency_ms":{"harmfulWhen":"up","tolerance":0.1}}}';
const sample = (over: object = {}) =>
  JSON.stringify({ endpoint: "n1", group: "treated", metric: "latency_ms", at: "2025-07-08T03:13:00Z", value: 41.2, ...over });
const codeOf = (lines: string[]) => {
  const result = readJudgeFile(lines);
  return result.ok ? "ok" : `${result.problem.code}: ${result.problem.message}`;
};

describe("judge file", () => {
  it("is a header and samples", () => {
    const result = readJudgeFile([header, sample(), sample({ endpoint: "n2", group: "control", at: "2025-07-08T05:13:00+02:00" }), ""]);
    expect(result).toMatchObject({ ok: true, value: { bakeMs: 3_600_000, control: ["n2"], treated: [{ endpoint: "n1" }] } });
    if (result.ok) expect(result.value.series[1]?.at[0]).toBe(result.value.series[0]?.at[0]);
  });
  it("puts samples in order of time", () => {
    const result = readJudgeFile([header, sample({ value: 2 }), sample({ at: "2025-07-08T03:12:00Z", value: 1 })]);
    expect(result.ok && result.value.series[0]?.value).toEqual([1, 2]);
  });
  it("passes over metrics that the header does not name", () => {
    const result = readJudgeFile([header, sample(), sample({ metric: "other" })]);
    expect(result.ok && result.value.series.length).toBe(1);
  });
  it.each([
    [[], "judge-input-empty"],
    [["nonsense"], "judge-input-malformed: Line 1"],
    [
      ['{"patchedAt":"2025-07-08T03:12:00Z","bakeMinutes":60,"alpha":0.01}'],
      "judge-header-malformed: The header (line 1) cannot be used: metrics",
    ],
    [['{"patchedAt":"yesterday","bakeMinutes":60,"metrics":{"a":{"harmfulWhen":"up","tolerance":0}}}'], "patchedAt: is no ISO 8601 time"],
    [['{"patchedAt":"2025-07-08T03:12:00Z","bakeMinutes":60,"metrics":{}}'], "names no metric"],
    [[header, "{"], "judge-input-malformed: Line 2"],
    [[header, sample({ value: "41" })], "judge-sample-malformed: Line 2 is no sample: value"],
    [[header, sample(), sample({ group: "control" })], "judge-group-contradiction: Line 3"],
    [[header, sample({ group: "control" })], "judge-no-treated"],
  ])("says what is wrong with %j", (lines, expected) => {
    expect(codeOf(lines)).toContain(expected);
  });
});
