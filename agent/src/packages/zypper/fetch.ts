import { copyFile, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fail, ok, type Result } from "@breakwater/shared/core";
import type { ManagerFailure, PackageFile } from "../package-manager.ts";
import { archiveName, RPM, RPM_ENVIRONMENT } from "../rpm/environment.ts";
import type { Run } from "../run.ts";
import { askZypper } from "./ask.ts";
import { exactly } from "./environment.ts";
import { classifyZypperOutput, explainZypperOutput } from "./failure.ts";
import { withSettings } from "./settings.ts";
import { elements, plainText, textOf } from "./xml.ts";

const CHECK_TIMEOUT_MS = 60_000;

interface Wanted {
  readonly name: string;
  readonly architecture: string;
  readonly to: string;
}

/** Pure: the files of `zypper download`, by NAME.ARCH=VERSION. It ends with 0 also where it fetched nothing: what is not here was not fetched. */
export function readDownloads(xml: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const { inside } of elements(xml, "download-result")) {
    const [edition] = elements(inside, "edition");
    const [file] = elements(inside, "localfile");
    const { epoch = "0", version = "", release = "" } = edition?.attributes ?? {};
    const to = `${epoch === "0" ? "" : `${epoch}:`}${version}-${release}`;
    if (file?.attributes.path)
      files.set(exactly({ name: textOf(inside, "name"), architecture: textOf(inside, "arch"), to }), file.attributes.path);
  }
  return files;
}

/** rpm's word on a signature, which it also leaves out of an "OK": "digests OK" is said of a package that nobody signed. */
const SIGNED = /: .*\b(?:signatures|pgp|gpg|rsa|dsa)\b.* OK$/m;

/**
 * Has zypper lay versions into a directory under their archive names. zypper compares each file with its signed list; that the
 * package itself is signed with a key that rpm knows is checked here, since what is installed from files later has no list.
 */
export async function fetchRpms(
  run: Run,
  wanted: readonly Wanted[],
  directory: string,
  limits: { readonly bytesPerSecond?: number; readonly lockWaitMs: number; readonly timeoutMs: number },
): Promise<Result<Omit<PackageFile, "sha256">[], ManagerFailure>> {
  const cache = join(directory, ".download");
  await mkdir(cache, { recursive: true });
  try {
    const told = await withSettings(limits, (env) =>
      askZypper(run, ["download", "--", ...wanted.map(exactly)], { options: ["--pkg-cache-dir", cache], env, timeoutMs: limits.timeoutMs }),
    );
    if (!told.ok) return told;
    const files = readDownloads(told.value);
    const missing = wanted.find((w) => !files.has(exactly(w)));
    if (missing) {
      const output = plainText(told.value).slice(-16_384);
      const message = explainZypperOutput(output) || `zypper did not fetch ${exactly(missing)}`;
      return fail({ failureClass: classifyZypperOutput(output) ?? "download-failed", message, output });
    }
    const fetched: Omit<PackageFile, "sha256">[] = [];
    for (const w of wanted) {
      const from = files.get(exactly(w)) ?? "";
      const ran = await run([RPM, "-K", from], { env: RPM_ENVIRONMENT, timeoutMs: CHECK_TIMEOUT_MS });
      if (ran.exitCode !== 0 || !SIGNED.test(ran.stdout))
        return fail({
          failureClass: "repository-untrusted",
          message: `${exactly(w)} is not signed with a key that rpm knows (${(ran.stdout.trim().split(": ").at(-1) ?? "").slice(0, 200)}).`,
          output: `${ran.stdout}${ran.stderr}`.slice(-4_096),
        });
      const version = { name: w.name, architecture: w.architecture, version: w.to };
      const file = join(directory, archiveName(version));
      await copyFile(from, `${file}.part`);
      await rename(`${file}.part`, file);
      fetched.push({ ...version, file });
    }
    return ok(fetched);
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}
