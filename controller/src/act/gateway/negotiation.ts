import { fail, ok, type Result } from "@breakwater/shared/core";

/** The generations of the protocol that one side speaks, both inclusive. */
export interface ProtocolRange {
  readonly lowest: number;
  readonly highest: number;
}

/** The highest generation that both speak. The problem says which side has to be upgraded. */
export function negotiate(ours: ProtocolRange, theirs: ProtocolRange | null | undefined): Result<number> {
  if (!theirs || theirs.lowest < 1 || theirs.highest < theirs.lowest)
    return fail({
      code: "protocol-unsaid",
      message: "The agent does not say which protocol it speaks.",
      next: "Install the agent package that this controller offers.",
    });
  const common = Math.min(ours.highest, theirs.highest);
  if (common >= ours.lowest && common >= theirs.lowest) return ok(common);
  return theirs.highest < ours.lowest
    ? fail({
        code: "agent-too-old",
        message: `The agent speaks protocol ${theirs.highest} at most; this controller speaks ${ours.lowest} to ${ours.highest}.`,
        next: "Upgrade the agent.",
      })
    : fail({
        code: "controller-too-old",
        message: `The agent speaks protocol ${theirs.lowest} at least; this controller speaks ${ours.lowest} to ${ours.highest}.`,
        next: "Upgrade the controller before its agents.",
      });
}
