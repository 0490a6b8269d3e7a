import { fail, ok, type Result } from "@breakwater/shared/core";
import { and, inArray, isNull } from "drizzle-orm";
import { type Db, schema } from "../../store/index.ts";
import type { ReadIntent } from "./intent.ts";
import { type RulesWish, rulesOf } from "./wish.ts";

/** Roles whose word opens a wave. */
const APPROVERS = ["approver", "admin"];

/** What the intent asks of gates, triggers, trees and growth, with every name in it known. */
export async function rulesOfIntent(db: Db, intent: ReadIntent): Promise<Result<RulesWish>> {
  const written = rulesOf(intent);
  if (!written.ok) return written;
  const names = [...new Set(intent.waveApprovals?.flatMap((a) => a.by ?? []))];
  const found =
    names.length === 0
      ? []
      : await db
          .select({ name: schema.user.name, role: schema.user.role })
          .from(schema.user)
          .where(and(inArray(schema.user.name, names), isNull(schema.user.disabledAt)));
  const stranger = names.find((name) => !found.some((u) => u.name === name));
  if (stranger !== undefined)
    return fail({
      code: "unknown-approver",
      message: `${stranger} is to open a wave, and nobody of that name can sign in.`,
      next: "Correct the name, or have an administrator add the person first.",
    });
  const powerless = found.find((u) => !APPROVERS.includes(u.role));
  if (powerless)
    return fail({
      code: "approver-may-not",
      message: `${powerless.name} is to open a wave, and has the role ${powerless.role}, which may not approve.`,
      next: "Name an approver or an administrator, or change that person's role.",
    });
  const { bakeLimitMs, approveEachWave, waveApprovals, growth } = intent;
  return ok({ ...written.value, bakeLimitMs, checksAlone: intent.passOnChecks?.reason, approveEachWave, waveApprovals, growth });
}
