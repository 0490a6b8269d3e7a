import { stat } from "node:fs/promises";
import { repositories } from "../inventory/index.ts";
import { loadOperatorKeys, loadPolicy } from "../policy/index.ts";
import { createExecutorLink } from "../session/index.ts";
import { socketObstacle, type User } from "./doctor-permissions.ts";
import { broken, doubtful, type Finding, good } from "./finding.ts";

const DAY_MS = 86_400_000;

export async function examinePolicy(configDir: string): Promise<Finding[]> {
  const [loaded, pinned] = [await loadPolicy(configDir), await loadOperatorKeys(configDir)];
  const findings: Finding[] = [
    loaded.problem
      ? broken("policy", loaded.problem.message, loaded.problem.next ?? "Correct the file.")
      : good("policy", `mode ${loaded.policy.mode}, time zone ${loaded.policy.timezone}`),
  ];
  for (const problem of pinned.problems) findings.push(broken("approval keys", problem.message, "Replace or remove the file."));
  const { mode, requiredApprovals } = loaded.policy;
  if (mode === "patch" && pinned.keys.length < requiredApprovals)
    findings.push(
      broken(
        "approval keys",
        `${pinned.keys.length} are pinned, ${requiredApprovals} must sign: no plan can be accepted`,
        "Lay down keys in operators.d/.",
      ),
    );
  else findings.push(good("approval keys", `${pinned.keys.length} pinned (${pinned.source})`));
  return findings;
}

export async function examineExecutor(socketPath: string, user: User): Promise<Finding> {
  const obstacle = await socketObstacle(socketPath, user);
  if (obstacle) return obstacle;
  const link = createExecutorLink({ socketPath, onEvent: () => {}, onClosed: () => {} });
  const answer = await link.request("status", {});
  link.close();
  if (answer.ok)
    return good("executor", `version ${answer.value.version}, policy ${answer.value.policyMode}, ${answer.value.running ?? "idle"}`);
  return doubtful(
    "executor",
    answer.problem.message,
    "This machine can be looked at but not patched. systemctl status breakwater-executor.socket",
  );
}

export async function examineLists(now: number): Promise<Finding[]> {
  const list = await repositories(now as never, new Map());
  if (!list.ok) return [broken("apt lists", list.problem.message, "Look at /etc/apt/sources.list and sources.list.d.")];
  if (list.value.length === 0) return [broken("apt lists", "apt has no repositories", "Without them pending updates are unknown.")];
  const findings: Finding[] = list.value
    .filter((r) => r.state !== "trusted")
    .map((r) => doubtful("apt lists", `${r.uri} ${r.suite}: ${r.detail || r.state}`, "apt-get update says why."));
  const fetchedAt = (await stat("/var/lib/apt/lists/partial").catch(() => undefined))?.mtimeMs ?? 0;
  const days = Math.floor((now - fetchedAt) / DAY_MS);
  findings.push(
    days > 2
      ? doubtful("apt lists", `they were fetched ${days} days ago`, "apt-get update, or let apt-daily.timer do it.")
      : good("apt lists", `${list.value.length} repositories, fetched within the last ${days + 1} days`),
  );
  return findings;
}
