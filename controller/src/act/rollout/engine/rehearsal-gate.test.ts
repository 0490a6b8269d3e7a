import { describe, expect, it } from "vitest";
import { mayDeploy, type Rehearsed, rehearsalStanding } from "./rehearsal-gate.ts";

const of = (verdict: string, reason = ""): Rehearsed => ({
  endpointId: "ep",
  state: verdict === "" ? "rehearsing" : "ended",
  verdict,
  reason,
});
const standing = (...verdicts: string[]) => rehearsalStanding(verdicts.map((v) => of(v, `${v}.`)));

describe("the gate of rehearsals", () => {
  it("holds a plan of which one rehearsal failed, whatever the others say, unless people signed that it is ignored", () => {
    const failed = standing("passed", "failed", "");
    expect(mayDeploy(undefined, failed)).toMatchObject({ ok: false, problem: { code: "rehearsal-failed" } });
    expect(mayDeploy("heeded", failed).ok).toBe(false);
    expect(mayDeploy("ignored", failed).ok).toBe(true);
  });
  it("asks for one that passed where that was signed: not possible, running and none are no pass", () => {
    for (const s of [standing(), standing(""), standing("not-rehearsable"), standing("passed", "")])
      expect(mayDeploy("required", s), s.sentence).toMatchObject({ ok: false, problem: { code: "rehearsal-missing" } });
    expect(mayDeploy("required", standing("passed", "not-rehearsable")).ok).toBe(true);
  });
  it("never lets a plan through that was made for rehearsing only", () => {
    expect(mayDeploy("only", standing("passed"))).toMatchObject({ ok: false, problem: { code: "rehearsal-only" } });
  });
  it("lets everything else pass, as before there were rehearsals", () => {
    for (const s of [standing(), standing(""), standing("not-rehearsable"), standing("passed")])
      expect(mayDeploy(undefined, s).ok).toBe(true);
  });
  it("says why one was not possible beside those that passed", () => {
    expect(standing("passed", "not-rehearsable").sentence).toBe(
      "Rehearsed on 1 endpoint: no fault was found. Not possible on 1 endpoint, because: not-rehearsable.",
    );
  });
});
