import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AgentPackage } from "./agent-package.ts";

export const SCRIPT_PATH = "/install/agent.sh";
export const PACKAGE_PATH = "/install/agent.deb";

/** Ends with one line feed: a shell that keeps it in a variable cuts off those at the end. */
export const INSTALL_SCRIPT = `${readFileSync(join(import.meta.dirname, "agent.sh"), "utf8").trimEnd()}\n`;
export const SCRIPT_SHA256 = createHash("sha256").update(INSTALL_SCRIPT).digest("hex");

/**
 * One line for a machine that has nothing yet. Everything that comes over the line is pinned in it: the script by its digest,
 * before a shell sees it, the package by its own, the controller's authority by its fingerprint. So it may come by plain HTTP.
 */
export function installCommand(parts: {
  /** How endpoints reach console and API. */
  readonly base: string;
  readonly server: string;
  readonly caFingerprint: string;
  readonly token: string;
  readonly agentPackage: AgentPackage;
}): string {
  const base = parts.base.replace(/\/+$/, "");
  const args = [
    ...["--package", `${base}${PACKAGE_PATH}`, "--package-sha256", parts.agentPackage.sha256],
    ...["--server", parts.server, "--ca-fingerprint", parts.caFingerprint, "--token", parts.token],
  ];
  return [
    `s="$(curl -fsSL ${quoted(`${base}${SCRIPT_PATH}`)})"`,
    `{ printf '%s\\n' "$s" | sha256sum | grep -q '^${SCRIPT_SHA256} ' || { echo 'breakwater: the script is not the one that this line pins; nothing was run' >&2; false; }; }`,
    `printf '%s\\n' "$s" | $(command -v sudo) sh -s -- ${args.map(quoted).join(" ")}`,
  ].join(" && ");
}

const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
