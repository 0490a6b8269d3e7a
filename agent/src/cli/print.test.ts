import { describe, expect, it } from "vitest";
import { brakesRows, line, printDiagnosis } from "./print.ts";

const ESCAPES = "\u001b]0;owned\u0007\u009b2J\u202egnihton\r";

describe("what is printed of others' words", () => {
  it("says nothing to the terminal, and turns no line round", () => {
    const printed = printDiagnosis([{ hop: "authentication", state: "broken", detail: `refused: ${ESCAPES}\nok   tls`, next: ESCAPES }]);
    expect(printed).toBe(`FAIL authentication     refused: ]0;owned2Jgnihton ok   tls\n     ${" ".repeat(18)} -> ]0;owned2Jgnihton`);
  });

  it("holds for a halt's reason too", () => {
    const fuse = { perHour: 1, perDay: 1, appliesHour: 0, appliesDay: 0, rollbacksHour: 0, rollbacksDay: 0, opensInMs: 0 };
    const halt = {
      digest: "d",
      order: "",
      scope: "all",
      reason: ESCAPES,
      issuedAt: "",
      expiresAt: "",
      keyId: "k",
      via: "hand",
      receivedAt: "",
    };
    const rows = brakesRows({ halts: [halt], lifted: [], refused: [], problem: "", fuse });
    expect(rows.map(([, value]) => line(value)).join()).toContain("d: ]0;owned2Jgnihton,");
  });
});
