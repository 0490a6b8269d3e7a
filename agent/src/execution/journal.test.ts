import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execaSync } from "execa";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openJournal, parseJournal } from "./journal.ts";
import type { JournalRecord } from "./records.ts";

const cancel = (reason: string): JournalRecord => ({ kind: "cancel-asked", at: "2026-01-01T00:00:00.000Z", reason });
let directory = "";
const path = () => join(directory, "journal");
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "journal-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function written(reasons: readonly string[]): Buffer {
  const journal = openJournal(path());
  for (const reason of reasons) journal.append(cancel(reason));
  journal.close();
  return readFileSync(path());
}

describe("journal", () => {
  it("gives back what was appended, with the same digest, after it is opened anew", () => {
    const first = openJournal(path());
    first.append(cancel("one"));
    first.append(cancel("two"));
    const again = openJournal(path());
    expect(again.records).toEqual(first.records);
    expect(again.digest).toBe(first.digest);
    expect(again.tail).toBe("clean");
  });

  it("reads a rollback of before, which brought nothing new", () => {
    const action = {
      ...{
        version: 1,
        planId: "pl_1",
        endpointId: "ep_1",
        packages: [],
        checks: [],
        restartServices: false,
        reboot: "never",
        rollback: true,
      },
      packages: [{ manager: "apt", name: "shop", architecture: "all", from: "1.0", to: "1.1" }],
      limits: { commitConfirmMs: 0, lockWaitMs: 0, checkGraceMs: 0, downloadBytesPerSecond: 0 },
    };
    const journal = openJournal(path());
    const of = { executionId: "ex_1_rb", ofExecutionId: "ex_1", reason: "", action, kept: [], before: [] };
    journal.append({ kind: "rollback-received", at: "2026-01-01T00:00:00.000Z", ...of } as unknown as JournalRecord);
    journal.close();
    expect(parseJournal(readFileSync(path()))).toMatchObject({ tail: "clean", records: [{ kind: "rollback-received", brought: [] }] });
  });

  it("cuts off a record that a power cut tore, wherever it tore it, and goes on after the last whole one", () => {
    const whole = written(["one", "two", "three"]);
    const second = whole.indexOf(10, whole.indexOf(10) + 1) + 1;
    fc.assert(
      fc.property(fc.integer({ min: second + 1, max: whole.length - 1 }), (length) => {
        writeFileSync(path(), whole);
        truncateSync(path(), length);
        const journal = openJournal(path());
        expect(journal.tail).toBe("torn");
        expect(journal.records.map((r) => r.kind === "cancel-asked" && r.reason)).toEqual(["one", "two"]);
        journal.append(cancel("four"));
        journal.close();
        expect(parseJournal(readFileSync(path()))).toMatchObject({ tail: "clean", records: [{}, {}, { reason: "four" }] });
      }),
      { numRuns: 30 },
    );
  });

  it("leaves no half record where the space ended in the middle of one, and goes on when there is room", () => {
    // A limit of the process on a file's size stands in for a full disk: the kernel writes up to it, then says no.
    const program = `const { openJournal } = await import(${JSON.stringify(join(import.meta.dirname, "journal.ts"))});
      const journal = openJournal(process.argv[1]);
      try { for (;;) journal.append({ kind: "cancel-asked", at: "2026-01-01T00:00:00.000Z", reason: "x".repeat(500) }); }
      catch (error) { process.stdout.write(error.code + " " + journal.records.length); }`;
    const limited = "trap '' XFSZ; ulimit -f 8; exec \"$@\"";
    const run = execaSync("sh", ["-c", limited, "sh", process.execPath, "--import", "tsx", "--input-type=module", "-e", program, path()]);
    const [code, count] = run.stdout.split(" ");
    expect([code, Number(count)]).toEqual(["EFBIG", 6]);
    const journal = openJournal(path());
    expect(journal).toMatchObject({ tail: "clean" });
    journal.append(cancel("after"));
    expect(openJournal(path()).records.length).toBe(7);
  });

  it("takes zeros that a file system left at the end for a torn write", () => {
    written(["one"]);
    appendFileSync(path(), Buffer.alloc(4096));
    expect(openJournal(path())).toMatchObject({ tail: "torn", records: [{ reason: "one" }] });
  });

  it("tells damage in the middle from a torn end, and keeps a copy", () => {
    const bytes = written(["one", "two", "three"]);
    bytes[bytes.indexOf("two") + 1] = 0x58;
    writeFileSync(path(), bytes);
    expect(openJournal(path())).toMatchObject({ tail: "damaged", records: [{ reason: "one" }] });
    expect(existsSync(`${path()}.damaged`)).toBe(true);
  });

  it("never takes a changed byte for a sound record", () => {
    const bytes = written(["one", "two"]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const spoiled = Buffer.from(bytes);
        spoiled[at] = (spoiled[at] as number) ^ flip;
        expect(parseJournal(spoiled).records.length).toBeLessThan(2);
      }),
      { numRuns: 200 },
    );
  });
});
