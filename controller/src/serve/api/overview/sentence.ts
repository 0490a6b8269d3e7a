import type { z } from "zod";
import type { overviewSchema } from "../schemas/index.ts";

type Overview = z.infer<typeof overviewSchema>;
const number = (n: number): string => n.toLocaleString("en");
const many = (n: number, one: string, plural = `${one}s`): string => `${number(n)} ${n === 1 ? one : plural}`;

/** The state of the fleet in one sentence; the tone is what colours it. Harm first, then decisions, then motion. */
export function stateSentence(
  counts: Overview["counts"],
  decisions: number,
  freeze: Overview["freeze"],
  feedsNotWell: number,
): Pick<Overview, "sentence" | "tone"> {
  if (counts.endpoints === 0)
    return { tone: "empty", sentence: "No endpoint has joined yet. Make a join token and install the first agent." };
  const harm = counts.harmfulWaves > 0 ? [many(counts.harmfulWaves, "wave is harmful", "waves are harmful")] : [];
  const waiting = decisions > 0 ? [many(decisions, "decision waits for you", "decisions wait for you")] : [];
  const motion = [
    ...(counts.bakingWaves > 0 ? [many(counts.bakingWaves, "wave is watched", "waves are watched")] : []),
    ...(counts.runningDeployments > 0 && counts.bakingWaves === 0
      ? [many(counts.runningDeployments, "deployment runs", "deployments run")]
      : []),
  ];
  const trouble = [
    ...(counts.silent > 0 ? [many(counts.silent, "agent is silent", "agents are silent")] : []),
    ...(feedsNotWell > 0 ? [many(feedsNotWell, "feed is not well", "feeds are not well")] : []),
  ];
  const unread =
    counts.unreadUpdates > 0 ? `what ${many(counts.unreadUpdates, "pending update fixes", "pending updates fix")} is not known yet` : "";
  const unknown = [
    counts.withoutInventory > 0 ? `${many(counts.withoutInventory, "endpoint")} without an inventory` : "",
    counts.endOfLife > 0
      ? `${many(counts.endOfLife, "endpoint")} past the end of life of ${counts.endOfLife === 1 ? "its release" : "their releases"}`
      : "",
    counts.withoutSecuritySource > 0 ? `${many(counts.withoutSecuritySource, "endpoint")} without a source of security updates` : "",
    counts.securitySourceUnknown > 0 ? `${many(counts.securitySourceUnknown, "endpoint")} whose repositories are unknown` : "",
    counts.releaseUnknown > 0 ? `${many(counts.releaseUnknown, "endpoint")} of a release whose support is unknown` : "",
    unread,
  ].filter(Boolean);
  const patched = counts.restartNeeded > 0 ? `, ${number(counts.restartNeeded)} of them patched and waiting for a restart` : "";
  const aside = counts.suppressed > 0 ? `, ${number(counts.suppressed)} suppressed` : "";
  const found = `${many(counts.openFindings, "open finding")} on ${many(counts.withOpenFindings, "endpoint")}${patched}${aside}`;
  const known =
    counts.withoutInventory === counts.endpoints
      ? ["no inventory has arrived yet"]
      : counts.openFindings > 0
        ? [unknown.length > 0 ? `${found} so far` : found, ...unknown]
        : unknown.length > 0
          ? ["whether anything is vulnerable is not known yet", ...unknown]
          : [`no open finding is known${aside}`];
  const parts = [
    ...(freeze ? [`the fleet is frozen by ${freeze.by.replace(/^user:/, "")}`] : []),
    ...harm,
    ...waiting,
    ...motion,
    ...(harm.length === 0 && motion.length > 0 ? ["nothing harmful"] : []),
    ...trouble,
    ...known,
  ];
  const text = parts.join(", ");
  return {
    sentence: `${text.charAt(0).toUpperCase()}${text.slice(1)}.`,
    tone: harm.length > 0 ? "harm" : waiting.length > 0 || trouble.length > 0 || freeze ? "attention" : motion.length > 0 ? "busy" : "calm",
  };
}
