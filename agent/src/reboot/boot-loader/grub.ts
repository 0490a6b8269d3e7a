import { readFile } from "node:fs/promises";
import type { Run } from "../../packages/index.ts";
import type { BootLoader, BootView } from "./boot-loader.ts";
import { cannotForget, parseGrubMenu, savedEntryOf } from "./grub-menu.ts";

const MENU = "/boot/grub/grub.cfg";
const ENVIRONMENT = "/boot/grub/grubenv";
const EDITENV = "/usr/bin/grub-editenv";
const ENV = { LC_ALL: "C.UTF-8", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
const LIMIT_MS = 60_000;

/** grub as Debian and Ubuntu set it up. */
export function createGrub(run: Run): BootLoader {
  const tool = async (argv: readonly [string, ...string[]]): Promise<string | undefined> => {
    const ran = await run(argv, { env: ENV, timeoutMs: LIMIT_MS });
    return ran.exitCode === 0 ? undefined : `${argv[0]} failed: ${(ran.stderr.trim() || "no answer").slice(0, 300)}`;
  };
  const probe = async (target: string): Promise<string | undefined> => {
    const ran = await run(["/usr/sbin/grub-probe", `--target=${target}`, ENVIRONMENT], { env: ENV, timeoutMs: LIMIT_MS });
    return ran.exitCode === 0 ? ran.stdout.trim() : undefined;
  };
  return {
    async look(): Promise<BootView> {
      let text: string;
      try {
        text = await readFile(MENU, "utf8");
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        return {
          kind: "none",
          why: code === "ENOENT" ? `there is no grub here (${MENU} does not exist)` : `${MENU} cannot be read (${code})`,
        };
      }
      const [abstraction, fileSystem] = [await probe("abstraction"), await probe("fs")];
      const untold = abstraction === undefined || fileSystem === undefined;
      return {
        kind: "grub",
        ...parseGrubMenu(text),
        savedEntry: savedEntryOf((await run([EDITENV, ENVIRONMENT, "list"], { env: ENV, timeoutMs: LIMIT_MS })).stdout),
        cannotForget: untold ? `grub-probe cannot tell where ${ENVIRONMENT} lies` : cannotForget(abstraction, fileSystem),
      };
    },
    setDefault: (entry) => tool(["/usr/sbin/grub-set-default", entry]),
    forgetOnce: () => tool([EDITENV, ENVIRONMENT, "unset", "next_entry"]),
    bootOnce: (entry) => tool(["/usr/sbin/grub-reboot", entry]),
  };
}
