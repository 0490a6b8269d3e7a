import type { WaveDocument } from "./document.ts";
import type { ScheduledWave } from "./schedule.ts";
import { approvalBefore, type RulesWish } from "./wish.ts";

/** Who has a say before a wave: those whom the engine waits for first, then those who should be asked. */
export function approvalsOf(wave: ScheduledWave, index: number, rules: RulesWish): WaveDocument["approvals"] {
  const list: WaveDocument["approvals"] = [];
  if (index === 0)
    list.push({
      role: "approver (signature over the plan)",
      why: "Nothing reaches any endpoint before a person has signed this revision; a changed plan needs a new signature.",
    });
  const asked = index === 0 ? { approval: false } : approvalBefore(rules, index + 1);
  if (asked.approval)
    list.push({
      role: `${asked.approvers?.join(" or ") ?? "an approver"} (opens this wave)`,
      why: "The wave before has to pass its gate, and then this person says that the next one may begin; nothing of it starts before.",
    });
  if (wave.tier === "development")
    list.push({ role: "owner of the development environment", why: "Developers' machines and test runs are interrupted for minutes." });
  else {
    list.push({
      role: "change manager",
      why: `First sight of the evidence of the wave before, then production is touched (${wave.name}).`,
    });
    for (const event of wave.avoids)
      list.push({
        role: `owner: ${event.name}`,
        why: "Confirms that the times kept free are the right ones, and that the synthetic transaction is the one that counts.",
      });
    if (wave.kind === "exposed")
      list.push({ role: "security lead", why: "Confirms the list of internet-facing endpoints: it is what is hurried." });
  }
  return list;
}
