import type { Clock } from "@breakwater/shared/core";
import { certificateLife, type EnrolledIdentity, parseAddress, readIdentity } from "../session/index.ts";
import type { Configuration } from "./configuration.ts";
import { examineExecutor, examineLists, examinePermissions, examinePolicy } from "./doctor-local.ts";
import { probeAuthentication, probeName, probeTcp, probeTls } from "./doctor-network.ts";
import { broken, doubtful, type Finding, good, skipped } from "./finding.ts";
import { isAlive, readStatus } from "./status-file.ts";

/** A controller's certificates are checked against its clock, so minutes matter. */
const MAX_CLOCK_OFFSET_MS = 60_000;

/** Walks the way hop by hop; behind a broken one the network's others are not tried, since they would only repeat it. */
export async function diagnose(configuration: Configuration, clock: Clock): Promise<Finding[]> {
  const findings: Finding[] = [await examinePermissions(configuration.stateDir)];
  const identity = await readIdentity(configuration.stateDir).catch((error: Error) => error);
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
    findings.push(good("identity", `${identity.endpointId}, enrolled ${identity.enrolledAt}`), examineCertificate(identity, clock.now()));
    findings.push(...(await examineNetwork(identity)));
  }
  findings.push(await examineRunning(configuration.stateDir));
  findings.push(...(await examinePolicy(configuration.configDir)));
  findings.push(await examineExecutor(configuration.executorSocket));
  findings.push(...(await examineLists(clock.now())));
  return findings;
}

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

async function examineNetwork(identity: EnrolledIdentity): Promise<Finding[]> {
  const address = parseAddress(identity.sessionAddress);
  if (!address) return [broken("name resolution", `"${identity.sessionAddress}" is no address`, "Enroll again.")];
  const probes: [string, () => Promise<Finding[]>][] = [
    ["name resolution", () => probeName(address.host)],
    ["tcp", () => probeTcp(address)],
    ["tls", () => probeTls(address, identity)],
    ["authentication", () => probeAuthentication(address, identity)],
  ];
  const findings: Finding[] = [];
  for (const [hop, probe] of probes) {
    if (findings.some((f) => f.state === "broken")) findings.push(skipped(hop, "not tried: an earlier hop is broken"));
    else findings.push(...(await probe()));
  }
  return findings;
}

async function examineRunning(stateDir: string): Promise<Finding> {
  const status = await readStatus(stateDir);
  if (!status || status.connection.kind === "stopped" || !isAlive(status.pid))
    return doubtful("agent", "it is not running, so the clock could not be compared", "systemctl start breakwater-agent");
  const { kind, detail, clockOffsetMs } = status.connection;
  if (kind !== "connected") return doubtful("agent", `it runs, and is ${kind}: ${detail}`, "The broken hop above says why.");
  if (clockOffsetMs !== null && Math.abs(clockOffsetMs) > MAX_CLOCK_OFFSET_MS)
    return broken(
      "clock",
      `it is ${Math.round(clockOffsetMs / 1000)} s off the controller's`,
      "Set up time synchronisation (systemd-timesyncd, chrony).",
    );
  return good("agent", `connected, clock within ${Math.abs(clockOffsetMs ?? 0)} ms of the controller's`);
}
