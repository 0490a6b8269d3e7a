import { newApprovalKey, signApproval } from "@breakwater/shared/command";
import { type Clock, expectOk, type Instant, minutes } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import type { Rollout } from "../act/rollout/index.ts";
import type { PlanIntent, Planning } from "../decide/planning/index.ts";
import { SHOP } from "./packages.ts";
import { momentOf, type Progress } from "./progress.ts";

const OPERATOR = "user:demo-operator";
const APPROVER = "demo-approver";

/** One deployment of the story: when it is proposed, and what is wanted. */
interface Chapter {
  readonly key: string;
  readonly proposeAfterMs: number;
  readonly intent: PlanIntent;
}

const CHAPTERS: readonly Chapter[] = [
  {
    key: "openssl",
    proposeAfterMs: minutes(60),
    intent: {
      title: "Demo (simulated): close CVE-2024-6119 in openssl on the back ends",
      select: { simulated: true, tags: ["backend"], patches: [{ sourceName: "openssl" }] },
      bakeMinutes: 45,
    },
  },
  {
    key: "shop",
    proposeAfterMs: minutes(120),
    intent: {
      title: `Demo (simulated): ${SHOP.name} ${SHOP.to} on the web servers`,
      select: { simulated: true, tags: ["web"], patches: [{ sourceName: SHOP.name }] },
      bakeMinutes: 60,
      onHarmful: "rollback-wave",
    },
  },
];
/** A person reads a plan before signing it. */
const READING_MS = minutes(25);

/**
 * The demo's two deployments, one good and one harmful: proposed by the real planner, signed with a key made for the demo,
 * driven by the real engine. What happens to them nobody has written down in advance.
 */
export function createStory(parts: { planning: Planning; rollout: Rollout; clock: Clock; log: Logger }) {
  const { planning, rollout, clock, log } = parts;
  const key = newApprovalKey();
  const given = new Set<string>();
  let registered = false;

  async function register(): Promise<void> {
    if (registered) return;
    const added = await planning.addApprovalKey(
      { publicKey: key.publicKey, owner: APPROVER, label: "made by the demo, kept in memory only" },
      "simulation",
    );
    if (!added.ok) log.warn({ problem: added.problem }, "the demo's approval key was not taken");
    registered = true;
  }

  async function propose(chapter: Chapter, progress: Progress): Promise<boolean> {
    const proposed = await planning.propose(chapter.intent, OPERATOR);
    if (!proposed.ok) {
      log.warn({ chapter: chapter.key, problem: proposed.problem }, "a plan of the demo could not be made; its story goes on without it");
      given.add(chapter.key);
      return false;
    }
    progress.deployments[chapter.key] = { planId: proposed.value.planId, revision: proposed.value.revision };
    return true;
  }

  async function deploy(chapter: Chapter, progress: Progress): Promise<boolean> {
    const at = progress.deployments[chapter.key];
    if (!at) return false;
    const plan = expectOk(await planning.get(at.planId, at.revision));
    if (plan.state === "draft") {
      await register();
      expectOk(await planning.approve(at.planId, at.revision, signApproval(plan.digest, key.privateKeyPem, APPROVER, clock.now())));
    }
    const made = await rollout.deploy(at.planId, at.revision, OPERATOR);
    if (!made.ok) {
      log.warn({ chapter: chapter.key, problem: made.problem }, "a deployment of the demo could not be made; its story goes on without it");
      given.add(chapter.key);
      return false;
    }
    progress.deployments[chapter.key] = { ...at, deploymentId: made.value };
    return true;
  }

  return {
    /** Does what is due. @returns whether the progress changed */
    async advance(progress: Progress): Promise<boolean> {
      const since = (clock.now() - momentOf(progress.beganAt)) as Instant;
      let changed = false;
      for (const chapter of CHAPTERS) {
        if (given.has(chapter.key)) continue;
        const known = progress.deployments[chapter.key];
        if (!known && since >= chapter.proposeAfterMs) changed = (await propose(chapter, progress)) || changed;
        else if (known && !known.deploymentId && since >= chapter.proposeAfterMs + READING_MS)
          changed = (await deploy(chapter, progress)) || changed;
      }
      return changed;
    },
  };
}
