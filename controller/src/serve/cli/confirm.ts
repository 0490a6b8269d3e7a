import type { Io } from "./io.ts";
import { notConfirmed } from "./problems.ts";

/** Says what a command will do to how many, and goes on only after a yes. @throws not-confirmed */
export async function confirm(io: Io, consequence: string, yes: boolean): Promise<void> {
  io.err(`${consequence}\n`);
  if (yes) return;
  const answer = await io.ask("Go on? Type yes: ", false);
  if (answer?.trim().toLowerCase() !== "yes") throw notConfirmed(consequence);
}
