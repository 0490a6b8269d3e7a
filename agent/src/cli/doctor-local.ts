import { RPM_PLACES, repositories, rpmRepositories } from "../inventory/index.ts";
import { drivenManager, listsFetchedAt } from "../packages/index.ts";
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
  for (const problem of pinned.problems)
    findings.push(broken("approval keys", problem.message, problem.next ?? "Replace or remove the file."));
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

const LISTS = {
  apt: {
    where: "/etc/apt/sources.list and sources.list.d",
    says: "apt-get update says why.",
    fetch: "apt-get update, or let apt-daily.timer do it.",
  },
  dnf: {
    where: "/etc/yum.repos.d",
    says: "dnf makecache --refresh says why.",
    fetch: "dnf makecache --refresh, or let dnf-makecache.timer do it.",
  },
  zypper: { where: "/etc/zypp/repos.d", says: "zypper refresh says why.", fetch: "zypper refresh." },
} as const;

/** The package lists of what this machine is patched with; apt's where its package manager cannot be driven. */
export async function examineLists(configDir: string, now: number): Promise<Finding[]> {
  const manager = (await drivenManager(configDir)) ?? "apt";
  const title = `${manager} lists`;
  const { where, says, fetch } = LISTS[manager];
  const list = manager === "apt" ? await repositories(now as never, new Map()) : await rpmRepositories(new Map(), RPM_PLACES[manager]);
  if (!list.ok) return [broken(title, list.problem.message, `Look at ${where}.`)];
  if (list.value.length === 0) return [broken(title, `${manager} has no repositories`, "Without them pending updates are unknown.")];
  const findings: Finding[] = list.value
    .filter((r) => r.state !== "trusted")
    .map((r) => doubtful(title, `${r.uri} ${r.suite}: ${r.detail || r.state}`, says));
  const fetchedAt = await listsFetchedAt(manager);
  if (fetchedAt === 0) return [...findings, doubtful(title, "they were never fetched", fetch)];
  const days = Math.floor((now - fetchedAt) / DAY_MS);
  findings.push(
    days > 2
      ? doubtful(title, `they were fetched ${days} days ago`, fetch)
      : good(title, `${list.value.length} repositories, fetched within the last ${days + 1} days`),
  );
  return findings;
}
