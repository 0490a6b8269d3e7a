import type { PackageChange } from "@breakwater/shared/command";
import { ok } from "@breakwater/shared/core";
import { expect, it } from "vitest";
import type { Run } from "../run.ts";
import type { askDnf } from "./ask.ts";
import { askingBeforehand } from "./beforehand.ts";

const change = (name: string): PackageChange[] => [{ manager: "dnf", name, architecture: "noarch", from: "1-1", to: "2-1" }];
const neverRun: Run = async () => {
  throw new Error("nothing runs here");
};

function asking() {
  const asked: unknown[] = [];
  const ask = (async (_run: Run, op: string, question: object) => {
    asked.push([op, question]);
    const number = asked.length;
    return ok({
      pinned: { value: [{ name: "a", candidate: String(number) }] },
      origins: { value: [] },
      sizes: { value: { download: number, growth: 0 } },
      simulate: { problem: "solver: \n Problem: conflicting requests\n  - nothing provides b needed by a-2-1.noarch" },
    });
  }) as unknown as typeof askDnf;
  return { asked, beforehand: askingBeforehand(neverRun, ask) };
}

it("one run answers all that a plan is judged by", async () => {
  const { asked, beforehand } = asking();
  expect(await beforehand("pinned", change("a"))).toEqual(ok([{ name: "a", candidate: "1" }]));
  expect(await beforehand("sizes", change("a"))).toEqual(ok({ download: 1, growth: 0 }));
  expect(await beforehand("origins", change("a"))).toEqual(ok([]));
  expect(asked).toEqual([["beforehand", { changes: change("a") }]]);
});

it("one question without an answer says why, and leaves the others theirs", async () => {
  const { beforehand } = asking();
  const told = await beforehand("simulate", change("a"));
  expect(told).toMatchObject({
    ok: false,
    problem: { failureClass: "simulation-differs", message: "nothing provides b needed by a-2-1.noarch" },
  });
  expect((await beforehand("sizes", change("a"))).ok).toBe(true);
});

it("the same question again, or one for other changes, gets no answer of before", async () => {
  const { asked, beforehand } = asking();
  await beforehand("pinned", change("a"));
  await beforehand("sizes", change("a"));
  expect(await beforehand("pinned", change("a"))).toEqual(ok([{ name: "a", candidate: "2" }]));
  expect(await beforehand("sizes", change("a"))).toEqual(ok({ download: 2, growth: 0 }));
  expect(await beforehand("sizes", change("b"))).toEqual(ok({ download: 3, growth: 0 }));
  expect(asked).toHaveLength(3);
});
