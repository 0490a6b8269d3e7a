import { createHash } from "node:crypto";
import { closeSync, fchmodSync, fsyncSync, openSync, writeSync } from "node:fs";
import { link, lstat, mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Run } from "../packages/run.ts";
import { syncDirectory } from "./journal.ts";

/** Asked by invoke-rc.d(8) and deb-systemd-invoke before a package's script starts or stops a service; the administrator's own where there is one. */
export const POLICY_RC_D = "/usr/sbin/policy-rc.d";
/** Gone with a boot, as what it tells: who was to be started in this one. */
const REQUESTS_DIR = "/run/breakwater-starts";
const ENV = { LC_ALL: "C.UTF-8", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
const ASK_MS = 30_000;
/** policy-rc.d's word for "not now"; 0 and 104 let it be done. */
const FORBIDDEN = 101;
const MARK = "# Laid by Breakwater";
const SEAL = /\n# seal ([0-9a-f]{64})\n$/;
/** A start that a script asked for and did not get. */
const REFUSED = /policy-rc\.d returned 101, not running '(\S+) ([^']+)'/g;

const sealOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Whether a file of this text was laid by us and nobody changed it since: a seal over all before it ends it. */
export function isOurs(text: string): boolean {
  const seal = SEAL.exec(text);
  return seal !== null && text.split("\n")[1]?.startsWith(MARK) === true && seal[1] === sealOf(text.slice(0, seal.index + 1));
}

/**
 * The file itself. It forbids what starts a service that the owner's patterns name, writes down who was asked for, and lets
 * everything else be done, stopping included: what a script stops before it replaces files has to be stopped.
 * @param services Patterns of the owner's, made of letters, digits and @_.:*- alone (policy.ts sees to it), so that sh reads them as they stand.
 */
export function policyText(executionId: string, services: readonly string[], requests: string): string {
  const patterns = services.map((s) => s.replace(/\.service$/, "")).join(" | ");
  const text = `#!/bin/sh
${MARK} while a transaction of ${executionId} runs, and taken away when it has ended (deferStarts in policy.yaml).
while :; do case "$1" in --quiet) shift ;; --list) exit 0 ;; *) break ;; esac; done
case "$1" in *.socket | *.timer | *.path | *.target | *.mount) exit 104 ;; esac
case "\${1%.service}" in ${patterns}) ;; *) exit 104 ;; esac
case "$2" in *start* | *reload*) ;; *) exit 104 ;; esac
{ printf '%s %s\\n' "$1" "$2" >>'${requests}'; } 2>/dev/null || :
exit ${FORBIDDEN}
`;
  return `${text}# seal ${sealOf(text)}\n`;
}

/** Services, as unit names, that scripts wanted to start: by our own file's notes, and by deb-systemd-invoke, which drops all that one call names for one of them. */
export function askedFor(requests: string, output: string): Set<string> {
  const told = requests.split("\n").map((line) => line.split(" ")[0] ?? "");
  const dropped = [...output.matchAll(REFUSED)].flatMap(([, action = "", units = ""]) =>
    /start|reload/.test(action) ? units.split(/\s+/) : [],
  );
  const names = [...told, ...dropped].filter((n) => n !== "");
  return new Set(names.map((n) => (/\.[a-z]+$/.test(n) ? n : `${n}.service`)));
}

export interface Starts {
  /** Whose policy-rc.d is there. */
  look(): Promise<"none" | "ours" | "other">;
  /** Lays ours, where no other is. Never over an owner's, also if he lays his this very moment. */
  lay(executionId: string, services: readonly string[]): Promise<"laid" | "other">;
  /** Takes ours away, whichever execution laid it. Anything else stays. */
  release(): Promise<void>;
  /** Whether the policy-rc.d that is there forbids to start and to restart a service. */
  forbids(unit: string): Promise<boolean>;
  /** What scripts asked for since ours was laid, a line each. */
  requests(executionId: string): Promise<string>;
  forget(executionId: string): Promise<void>;
}

/** @param place where the files are; a test names its own */
export function createStarts(run: Run, place = { policy: POLICY_RC_D, requests: REQUESTS_DIR }): Starts {
  const part = `${place.policy}.breakwater`;
  const requestsOf = (id: string) => join(place.requests, id);
  const look = async () => {
    const seen = await lstat(place.policy).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (!seen) return "none";
    return seen.isFile() && isOurs(await readFile(place.policy, "utf8")) ? "ours" : "other";
  };
  const release = async () => {
    await rm(part, { force: true });
    if ((await look()) !== "ours") return;
    await rm(place.policy);
    syncDirectory(dirname(place.policy));
  };
  return {
    look,
    release,
    async lay(executionId, services) {
      // One of an earlier transaction, which ended without anybody to see it.
      await release();
      await mkdir(place.requests, { recursive: true, mode: 0o700 });
      const fd = openSync(part, "wx", 0o700);
      try {
        writeSync(fd, policyText(executionId, services, requestsOf(executionId)));
        fchmodSync(fd, 0o755);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      try {
        // A link takes nobody's place, which a rename would.
        await link(part, place.policy);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return "other";
        throw error;
      } finally {
        await rm(part, { force: true });
        syncDirectory(dirname(place.policy));
      }
      return "laid";
    },
    async forbids(unit) {
      for (const action of ["start", "restart"]) {
        const ran = await run([place.policy, unit, action], { env: ENV, timeoutMs: ASK_MS });
        if (ran.exitCode !== FORBIDDEN) return false;
      }
      return true;
    },
    requests: (executionId) => readFile(requestsOf(executionId), "utf8").catch(() => ""),
    forget: (executionId) => rm(requestsOf(executionId), { force: true }),
  };
}
