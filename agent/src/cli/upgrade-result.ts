import type { Problem } from "@breakwater/shared/core";
import * as z from "zod";
import { EXECUTOR_STATE_DIR } from "../executor/protocol.ts";
import { readJsonFile } from "../session/index.ts";
import { broken, doubtful, type Finding, good } from "./finding.ts";

const schema = z.object({
  state: z.enum(["installed", "pending", "healthy", "switched-back"]),
  from: z.string(),
  to: z.string(),
  reason: z.string(),
  at: z.string(),
});

/** What became of the agent's last upgrade, as the package's scripts left it. */
export type UpgradeResult = z.infer<typeof schema>;

export const readUpgrade = (directory = EXECUTOR_STATE_DIR): Promise<UpgradeResult | undefined> =>
  readJsonFile(`${directory}/upgrade.json`, schema).catch(() => undefined);

/** What the fleet must hear of: dpkg names a version that does not serve. */
export function upgradeProblem(result: UpgradeResult | undefined): Problem | undefined {
  if (result?.state !== "switched-back") return undefined;
  return {
    code: "upgrade-switched-back",
    message:
      `The agent's version ${result.to} was not put into service or did not serve, and ${result.from} goes on (${result.at}): ${result.reason}`.slice(
        0,
        1_000,
      ),
  };
}

export function examineUpgrade(result: UpgradeResult | undefined): Finding[] {
  if (!result) return [];
  const { state, from, to, reason } = result;
  if (state === "switched-back")
    return [
      broken(
        "upgrade",
        `${to} does not serve, ${from} goes on: ${reason}`,
        `Install a version that works, or apt-get install --allow-downgrades breakwater-agent=${from}, so that dpkg says what runs.`,
      ),
    ];
  if (state === "pending") return [doubtful("upgrade", `${to} waits: ${reason}`, "systemctl status breakwater-agent-probe")];
  return [good("upgrade", from === "" ? `${to} installed` : `${from} to ${to}: ${reason}`)];
}
