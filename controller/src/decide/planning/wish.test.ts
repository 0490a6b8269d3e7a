import { describe, expect, it } from "vitest";
import { approvalBefore, rulesFileSchema, rulesOf } from "./wish.ts";

const read = (value: unknown) => rulesOf(rulesFileSchema.parse(value));
const said = (value: unknown): string => {
  const result = read(value);
  return result.ok ? "fine" : `${result.problem.message} ${result.problem.next}`;
};
const refused = (value: unknown) => rulesFileSchema.safeParse(value).error?.issues[0]?.message;

describe("triggers and a tree that an operator writes", () => {
  it("become what the engine acts on, in its own units", () => {
    const result = read({
      triggers: [
        { metric: "check_latency_ms", percent: 40, forMinutes: 10 },
        { metric: "units_failed", count: 2 },
      ],
      tree: [
        { when: { trigger: 2 }, action: "halt", ask: "on-call" },
        { when: "harmful", action: "rollback-deployment", order: "newest-first" },
        { when: { trigger: 1 }, action: "pause" },
      ],
    });
    expect(result).toEqual({
      ok: true,
      value: {
        triggers: [
          { metric: "check_latency_ms", kind: "change-permille", threshold: 400, forMs: 600_000, action: "pause" },
          { metric: "units_failed", kind: "count", threshold: 2, forMs: 0, action: "halt" },
        ],
        tree: [
          { when: { kind: "trigger", trigger: 1 }, action: "halt", order: "harmed-first", ask: "on-call" },
          { when: { kind: "harmful" }, action: "rollback-deployment", order: "newest-first", ask: "operator" },
          { when: { kind: "trigger", trigger: 0 }, action: "pause", order: "harmed-first", ask: "operator" },
        ],
      },
    });
  });

  it("need no tree where each trigger says what it leads to", () => {
    expect(said({ triggers: [{ metric: "cpu_percent", percent: 50, action: "pause" }] })).toBe("fine");
    expect(said({ triggers: [{ metric: "cpu_percent", percent: 50 }] })).toBe(
      "Trigger 1 (cpu_percent) does not say what it leads to. Give it an action (pause, rollback-wave, rollback-deployment, halt), or write a tree with a branch for it.",
    );
  });

  it("are refused with a plain sentence and the way out where they do not fit together", () => {
    const harmful = { when: "harmful", action: "pause" };
    const cpu = { metric: "cpu_percent", percent: 50 };
    expect(said({ triggers: [cpu], tree: [harmful] })).toMatch(
      /^Trigger 1 .* leads to nothing: the tree has no branch for it\. Add a branch/,
    );
    expect(said({ tree: [harmful, { when: { trigger: 1 }, action: "pause" }] })).toMatch(
      /^The tree waits for trigger 1; no trigger is given\./,
    );
    expect(said({ tree: [harmful, harmful] })).toMatch(/^The tree has two branches for "harmful"; the second could never be taken\./);
    expect(said({ tree: [{ when: "undecided", action: "pause" }] })).toMatch(
      /^The tree does not say what is done when the judge has proven harm\./,
    );
    expect(said({ triggers: [{ ...cpu, action: "halt" }], tree: [harmful, { when: { trigger: 1 }, action: "pause" }] })).toMatch(
      /says halt, its branch in the tree says pause\./,
    );
    const details = (value: unknown) => {
      const result = read(value);
      return result.ok ? undefined : (result.problem as { details?: unknown }).details;
    };
    // By what it is as well as by where, so that a form can say it in its own words.
    expect(details({ triggers: [cpu], tree: [harmful] })).toMatchObject([{ at: "triggers.0", fault: "trigger-idle" }]);
    expect(details({ triggers: [cpu] })).toMatchObject([{ at: "triggers.0.action", fault: "trigger-silent" }]);
    expect(details({ tree: [harmful, { when: { trigger: 1 }, action: "pause" }] })).toMatchObject([
      { at: "tree.1.when", fault: "trigger-missing" },
    ]);
    expect(details({ tree: [harmful, harmful] })).toMatchObject([{ at: "tree.1.when", fault: "branch-twice" }]);
    expect(details({ tree: [{ when: "undecided", action: "pause" }] })).toMatchObject([{ at: "tree", fault: "harm-unanswered" }]);
    expect(refused({ triggers: [{ metric: "cpu_percent" }] })).toBe("a trigger has either `percent` or `count`");
    expect(refused({ triggers: [{ ...cpu, count: 1 }] })).toBe("a trigger has either `percent` or `count`");
    expect(refused({ triggers: [{ metric: "units_failed", count: 0 }] })).toBe("a count of 0 would hold from the start");
  });
});

describe("an approval before a wave", () => {
  it("is asked for where the plan says so, by name where it names somebody", () => {
    const wish = { waveApprovals: [{ before: 3, by: ["ada", "bo"] }, { before: 3, by: ["bo"] }, { before: 4 }] };
    expect(approvalBefore(wish, 2)).toEqual({ approval: false });
    expect(approvalBefore(wish, 3)).toEqual({ approval: true, approvers: ["ada", "bo"] });
    expect(approvalBefore({ ...wish, approveEachWave: true }, 2)).toEqual({ approval: true });
  });
});
