import { readFile } from "node:fs/promises";
import type { Clock } from "@breakwater/shared/core";
import { certificateLife, type EnrolledIdentity, readIdentity } from "../session/index.ts";
import type { Configuration } from "./configuration.ts";
import { examineExecutor, examineLists, examinePolicy } from "./doctor-local.ts";
import { examineNetwork } from "./doctor-network.ts";
import { agentUser, examinePermissions } from "./doctor-permissions.ts";
import { broken, doubtful, type Finding, good } from "./finding.ts";
import { isAlive, readStatus } from "./status-file.ts";
import { examineUpgrade, readUpgrade } from "./upgrade-result.ts";

/** Walks the way hop by hop, from this machine's own files to the controller, and says of each broken one what to do. */
export async function diagnose(configuration: Configuration, clock: Clock, env = process.env): Promise<Finding[]> {
  const { stateDir } = configuration;
  const user = await agentUser();
  const findings: Finding[] = [await examinePermissions(stateDir, user)];
  const identity = await readIdentity(stateDir).catch((error: Error) => error);
  if (identity instanceof Error) {
    findings.push(
      broken(
        "identity",
        `identity.json cannot be read: ${identity.message}`,
        "Run as the agent's user or root; if it is damaged, enroll again.",
      ),
    );
  } else if (!identity) {
    findings.push(broken("identity", "this machine has not joined a fleet", "breakwater-agent enroll --server HOST:PORT --token TOKEN"));
  } else {
    const network = await examineNetwork(identity, clock, { ...env, ...(await proxiesOfRunning(stateDir)) });
    findings.push(good("identity", `${identity.endpointId}, enrolled ${identity.enrolledAt}`));
    findings.push(examineCertificate(identity, clock.now() - (network.clockAheadMs ?? 0)), ...network.findings);
  }
  findings.push(
    await examineRunning(
      stateDir,
      findings.some((f) => f.state === "broken"),
    ),
  );
  findings.push(...(await examinePolicy(configuration.configDir)));
  findings.push(await examineExecutor(configuration.executorSocket, user));
  findings.push(...examineUpgrade(await readUpgrade()));
  findings.push(...(await examineLists(configuration.configDir, clock.now())));
  return findings;
}

/** @param now The controller's own time where it could be asked: it is what judges. */
function examineCertificate(identity: EnrolledIdentity, now: number): Finding {
  const { notBefore, notAfter } = certificateLife(identity.certificatePem);
  const until = new Date(notAfter).toISOString();
  if (now < notBefore)
    return broken(
      "certificate",
      `it is valid only from ${new Date(notBefore).toISOString()}`,
      "This machine's clock is behind: set it right.",
    );
  if (now > notAfter)
    return broken("certificate", `it expired at ${until}`, "Enroll again with a new join token (and look at the clock first).");
  return good("certificate", `valid until ${until}`);
}

/** Proxies are set in the agent's unit, not in the shell of whoever looks. Only root and the agent's user may read them. */
async function proxiesOfRunning(stateDir: string): Promise<NodeJS.ProcessEnv> {
  const status = await readStatus(stateDir);
  if (!status || !isAlive(status.pid)) return {};
  const environment = await readFile(`/proc/${status.pid}/environ`, "utf8").catch(() => "");
  return Object.fromEntries(
    environment
      .split("\0")
      .map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)] as const)
      .filter(([name]) => /^(no_)?(grpc_|https?_)?proxy$/.test(name)),
  );
}

/** @param explained Another hop is broken, which says why it is not connected. */
async function examineRunning(stateDir: string, explained: boolean): Promise<Finding> {
  const status = await readStatus(stateDir);
  if (!status || status.connection.kind === "stopped" || !isAlive(status.pid))
    return doubtful("agent", "it is not running", "systemctl start breakwater-agent");
  const { kind, detail } = status.connection;
  if (kind !== "connected")
    return doubtful(
      "agent",
      `it runs, and is ${kind}: ${detail}`,
      explained
        ? "The broken hop above says why."
        : "No hop is broken now: wait for its next try, then look at its log (journalctl -u breakwater-agent).",
    );
  return good("agent", "it runs and is connected");
}
