import { systemClock, systemRandom } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { type ConfigurationFlags, readConfiguration } from "./configuration.ts";
import { runAgent } from "./run-agent.ts";

/** `breakwater-agent run`: connects and stays until it is told to stop. */
export async function stay(flags: ConfigurationFlags): Promise<void> {
  const configuration = await readConfiguration(flags);
  const log = createLogger("breakwater-agent", configuration.logLevel);
  const agent = await runAgent({ ...configuration, log, clock: systemClock, random: systemRandom });
  const stop = () => void agent.stop().then(() => process.exit(0));
  process.once("SIGTERM", stop).once("SIGINT", stop);
  process.on("SIGHUP", () => void agent.reload());
}
