import { ProblemError } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import type { Client } from "../client.ts";
import type { Io } from "../io.ts";
import { unreachableServer } from "../problems.ts";
import { follow } from "./deployment-watch.ts";

type Deployment = Awaited<ReturnType<Parameters<typeof follow>[3]>>;
const deployment = (over: Partial<Deployment>) =>
  ({
    ...{ state: "running", wave: null, waves: 1, endpoints: 5, succeeded: 0, failed: 0, inFlight: 1, finishedAt: null },
    ...{ budget: { left: 1, threshold: 1 }, waveList: [], waits: [], forecast: { sentence: "Ends soon." } },
    ...over,
  }) as unknown as Deployment;

/** A terminal, and a controller whose stream tells one event of the deployment whenever it is opened. */
function watched(reads: readonly (() => Deployment)[]) {
  const said: string[] = [];
  const io = { clock: { now: () => 0 }, err: (text: string) => said.push(text) } as unknown as Io;
  const client = {
    async *events() {
      yield { position: "7", event: { type: "execution.reported", subject: "deployment:dp_1", data: {} } };
    },
  } as unknown as Client;
  let next = 0;
  const read = async () => (reads[next++] as () => Deployment)();
  return { said, end: follow(io, client, "dp_1", read, 1), looks: () => next };
}
const away = () => {
  throw unreachableServer("http://controller", "connect ECONNREFUSED");
};

describe("a watch", () => {
  it("outlives a controller that is started anew, says so once, and ends with the deployment", async () => {
    const { said, end, looks } = watched([
      () => deployment({}),
      away,
      away,
      () => deployment({ succeeded: 3 }),
      () => deployment({ state: "succeeded", succeeded: 5, finishedAt: "2026-01-01T00:00:00Z" }),
    ]);
    expect((await end).succeeded).toBe(5);
    expect(looks()).toBe(5);
    expect(said.filter((line) => line.includes("does not answer"))).toHaveLength(1);
    expect(said.some((line) => line.includes("3/5 succeeded"))).toBe(true);
  });

  it("ends with the problem when the controller was never there, or refuses", async () => {
    await expect(watched([away]).end).rejects.toThrow(ProblemError);
    const refuses = () => {
      throw new ProblemError({ code: "unknown-deployment", message: "There is no deployment dp_1." });
    };
    await expect(watched([() => deployment({}), refuses]).end).rejects.toThrow("There is no deployment dp_1.");
  });
});
