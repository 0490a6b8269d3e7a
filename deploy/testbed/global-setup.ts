import { existsSync } from "node:fs";
import { execaSync } from "execa";
import { takeLock } from "../ci/run-lock.ts";
import { testbed } from "./testbed.ts";

const TOOLS = ["debootstrap", "systemd-nspawn", "ip", "nft", "apt-ftparchive", "gpg", "python3", "rpmbuild", "createrepo_c"];

/** One run at a time on a machine: hosts, bridge and repository have fixed names. */
const LOCK = "/run/breakwater-test-hosts.lock";
/** A whole run of the catalogue takes about half an hour. */
const LOCK_WAIT_MS = 45 * 60_000;

/** Boots what the tests need, once; says why when that cannot be. */
export default async function setup(): Promise<() => Promise<void>> {
  if (process.getuid?.() !== 0) throw new Error("The tests on real hosts boot machines and need root: run `sudo npm run test:hosts`.");
  if (!existsSync("/etc/debian_version")) throw new Error("The tests on real hosts need Debian 12 (debootstrap, systemd-nspawn).");
  const missing = TOOLS.filter((tool) => execaSync("sh", ["-c", `command -v ${tool}`], { reject: false }).exitCode !== 0);
  if (missing.length > 0)
    throw new Error(
      `Missing: ${missing.join(", ")}. Run: apt-get update && apt-get install --no-install-recommends debootstrap systemd-container iproute2 nftables apt-utils gpg python3 rpm createrepo-c`,
    );
  const free = await takeLock(LOCK, LOCK_WAIT_MS);
  try {
    console.log("Building the agent's package ...");
    execaSync("npm", ["run", "-s", "package", "--", "agent", "--fast"], { stdio: "inherit" });
    // What an earlier run left behind, however it ended, must not be met again.
    await testbed.repo("stop");
    await testbed.down();
    console.log("Booting five hosts (the first time builds their base image) ...");
    await testbed.up(5);
    await testbed.repo("build");
    await testbed.repo("serve");
    return async () => {
      try {
        await testbed.repo("stop");
        await testbed.down();
      } finally {
        free();
      }
    };
  } catch (cause) {
    free();
    throw cause;
  }
}
