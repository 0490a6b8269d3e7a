import { type Command, InvalidArgumentError } from "commander";
import { type Client, createClient } from "../client.ts";
import type { Io } from "../io.ts";
import { printJson } from "../output.ts";

/** Adds a command to a parent with what all have: --json. */
export const sub = (parent: Command, usage: string, description: string): Command =>
  parent.command(usage).description(description).option("--json", "print one JSON value");

/** Runs a command against the controller; with --json its answer is printed as it came. */
export async function answer<T>(
  io: Io,
  options: { json?: boolean },
  ask: (client: Client) => Promise<T>,
  show: (value: T) => void,
): Promise<void> {
  const value = await ask(createClient(io));
  if (options.json) printJson(io, value);
  else show(value);
}

export const collect = (value: string, before: string[] = []): string[] => [...before, value];

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

export const needsReason = (command: Command): Command => command.requiredOption("--reason <text>", "why, for the audit chain");
