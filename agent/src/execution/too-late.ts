import type { Surroundings } from "./perform.ts";
import type { Standing } from "./standing.ts";

/**
 * Why a change that was let in is not begun any more: a lock, a download and draining may take hours. What was interrupted in the middle
 * goes on all the same, since a machine between two versions is nobody's wish.
 */
export async function tooLate(s: Standing, w: Pick<Surroundings, "clock" | "mayBegin">): Promise<string | undefined> {
  if (s.transactions.some((t) => t.began.purpose === "apply")) return undefined;
  const until = s.origin.kind === "apply-received" ? s.origin.planExpiresAt : "";
  if (w.clock.now() > Date.parse(until)) return `The plan expired at ${until}, before the change could begin.`;
  const allowed = await w.mayBegin(s.action);
  return allowed.ok ? undefined : allowed.problem.message;
}
