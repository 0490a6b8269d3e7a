import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { UpdateDescription } from "@breakwater/shared/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeApart } from "./describe-apart.ts";

const update = (name: string) => ({ ecosystem: "deb", name, architecture: "amd64", fromVersion: "1", toVersion: "2" });
const request = { updates: ["one", "two", "three"].map(update) };

const program = process.argv[1] as string;
let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "breakwater-describe-"));
});
afterEach(() => {
  process.argv[1] = program;
  rmSync(dir, { recursive: true });
});

/** A program in the agent's place that reads the request and then does as told. */
function standIn(does: string): void {
  process.argv[1] = join(dir, "stand-in.mjs");
  writeFileSync(
    process.argv[1],
    `import { text } from "node:stream/consumers";
     const { request, cacheDir } = JSON.parse(await text(process.stdin));
     const tell = (update) => process.stdout.write(JSON.stringify({ update, changelog: cacheDir }) + "\\n");
     ${does}`,
  );
}
async function told(stopped = new AbortController().signal): Promise<UpdateDescription[]> {
  const descriptions: UpdateDescription[] = [];
  await describeApart(request, "/cache", (d) => descriptions.push(d), stopped);
  return descriptions;
}

describe("updates described in a process of its own", () => {
  it("are told one by one", async () => {
    standIn("for (const update of request.updates) tell(update);");
    expect(await told()).toEqual(request.updates.map((u) => ({ update: u, changelog: "/cache" })));
  });

  it("name the one that ended the process, and leave the rest to be asked for again", async () => {
    standIn("tell(request.updates[0]); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 100);");
    const [first, second, ...rest] = await told();
    expect(first?.update?.name).toBe("one");
    expect(second).toMatchObject({ update: update("two"), problem: expect.stringMatching(/^description-failed: .*SIGKILL/) });
    expect(rest).toEqual([]);
  });

  it("are no longer described once the agent stops", async () => {
    standIn("tell(request.updates[0]); setInterval(() => {}, 1000);");
    const stopping = new AbortController();
    const descriptions: UpdateDescription[] = [];
    await describeApart(
      request,
      "/cache",
      (d) => {
        descriptions.push(d);
        stopping.abort();
      },
      stopping.signal,
    );
    expect(descriptions).toHaveLength(1);
  });
});
