import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A run of the tests has a temporary folder of its own, which goes with it, whatever tests, workers that were killed and what they started
 * left there. The name is short: paths of sockets end at 107 bytes.
 */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "bw-"));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
