import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { fail, ok, type Problem, type Result } from "@breakwater/shared/core";
import type { DescribeUpdates, UpdateDescription, UpdateDescription__Output } from "@breakwater/shared/wire";
import type { ManagerId } from "../packages/index.ts";
import { changelogSince, withoutRebuild } from "./changelog.ts";
import { paragraphs } from "./deb822.ts";
import { askUpdates, describeAdvisories } from "./rpm-pending-updates.ts";
import { runText, runTool } from "./run-tool.ts";

type Update = NonNullable<UpdateDescription__Output["update"]>;

const NAME = /^[a-z0-9][a-z0-9+.-]{0,199}$/;
const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+:~-]{0,199}$/;
const ARCHITECTURE = /^[a-z0-9][a-z0-9-]{0,31}$/;
/** One request; the controller asks again for the rest. */
const MAX_UPDATES = 200;
/** However generous the controller is. */
const MAX_DOWNLOAD_BYTES = 1024 * 1024 * 1024;
const MAX_CHANGELOG_BYTES = 16 * 1024 * 1024;
const DOWNLOAD_TIMEOUT_MS = 300_000;
const SCRIPTS = ["preinst", "postinst", "prerm", "postrm"];

/**
 * Reads out of the new packages themselves what they say they fix: each is fetched from the machine's own signed
 * repositories, opened, never installed, and thrown away. Calls `done` after each, so that answers do not wait for the slowest.
 */
export async function describeUpdates(
  request: DescribeUpdates,
  cacheDir: string,
  done: (description: UpdateDescription) => void,
  driven?: ManagerId,
): Promise<void> {
  let budget = Math.min(Number(request.downloadLimitBytes ?? 0) || MAX_DOWNLOAD_BYTES, MAX_DOWNLOAD_BYTES);
  const spend = (bytes: number): boolean => {
    if (bytes > budget) return false;
    budget -= bytes;
    return true;
  };
  await mkdir(cacheDir, { recursive: true, mode: 0o700 });
  for (const update of (request.updates ?? []).slice(0, MAX_UPDATES)) {
    const dir = await mkdtemp(join(cacheDir, "describe-"));
    try {
      const read = await describeOne(update as Update, dir, spend, driven);
      done(read.ok ? { update, ...read.value, problem: "" } : { update, problem: `${read.problem.code}: ${read.problem.message}` });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }
}

type Description = Pick<UpdateDescription, "cves" | "urgency" | "changelog" | "maintainerScripts">;
type Spend = (bytes: number) => boolean;

async function describeOne(update: Update, dir: string, spend: Spend, driven: ManagerId | undefined): Promise<Result<Description>> {
  const { ecosystem, name, architecture, fromVersion, toVersion } = update;
  if (ecosystem === "rpm") return describeRpm(driven, name, architecture, toVersion);
  if (ecosystem !== "deb") return fail({ code: "ecosystem-unknown", message: `This agent cannot read ${ecosystem} packages.` });
  if (!NAME.test(name) || !ARCHITECTURE.test(architecture) || !VERSION.test(fromVersion) || !VERSION.test(toVersion))
    return fail({ code: "request-malformed", message: "The request names no Debian package." });
  const from = await sourceVersionOf(name, architecture, fromVersion);
  const file = await download(dir, name, architecture, toVersion, spend);
  if (!file.ok) return file;
  const listing = await runText("dpkg-deb", ["--ctrl-tarfile", file.value], { timeoutMs: 60_000, pipeTo: ["tar", "-tf", "-"] });
  if (!listing.ok) return listing;
  const members = new Set(listing.value.split("\n").map((m) => m.replace(/^\.\//, "")));
  const scripts = SCRIPTS.filter((s) => members.has(s));
  const changelog = await changelogOf(dir, file.value, name, architecture, toVersion, spend);
  if (!changelog.ok) return changelog;
  const { cves, urgency, text } = changelogSince(changelog.value, from);
  if (text === "" && withoutRebuild(from) === withoutRebuild(toVersion))
    return ok({ cves: [], urgency: "", changelog: `Rebuilt from the unchanged source ${from}.`, maintainerScripts: scripts });
  if (text === "")
    return fail({ code: "changelog-says-nothing", message: `The changelog of ${name} ${toVersion} has no entry newer than ${from}.` });
  return ok({ cves: [...cves], urgency, changelog: text, maintainerScripts: scripts });
}

/** rpm's repositories carry their advisories: nothing has to be fetched. */
async function describeRpm(
  driven: ManagerId | undefined,
  name: string,
  architecture: string,
  version: string,
): Promise<Result<Description>> {
  const told = await askUpdates(driven);
  if (!told.ok) return told;
  const update = told.value.updates.find((u) => u.name === name && u.architecture === architecture && u.candidate === version);
  if (!update) return fail({ code: "version-gone", message: `no repository offers ${name}-${version}.${architecture} (any more).` });
  if (update.advisories.length === 0)
    return fail({ code: "no-advisory", message: `The repository ${update.repository} has no advisory for ${name} ${version}.` });
  return ok(describeAdvisories(update));
}

/** The source version of what is installed, as dpkg knows it; the binary's own where that is another version by now. */
async function sourceVersionOf(name: string, architecture: string, version: string): Promise<string> {
  const asked = await runText("dpkg-query", ["-W", "-f=${Version} ${source:Version}\n", "--", `${name}:${architecture}`], {
    timeoutMs: 30_000,
  });
  const [installed, source] = asked.ok ? asked.value.trim().split(" ") : [];
  return installed === version && source ? source : version;
}

async function download(dir: string, name: string, architecture: string, version: string, spend: Spend): Promise<Result<string>> {
  // For packages of "all" architectures apt wants the bare name.
  const target = `${name}${architecture === "all" ? "" : `:${architecture}`}=${version}`;
  const shown = await runText("apt-cache", ["show", "--", target], { timeoutMs: 60_000 });
  if (!shown.ok) return fail({ code: "version-gone", message: `The repositories do not offer ${target} (any more).` });
  const record = [...paragraphs(shown.value, new Set(["Size", "Version", "Filename"]))].find((p) => p.Version === version && p.Filename);
  if (!record) return fail({ code: "version-gone", message: `The repositories do not offer ${target} (any more).` });
  const size = Number(record.Size);
  if (!Number.isSafeInteger(size) || !spend(size))
    return fail({ code: "download-limit", message: `${target} has ${record.Size} bytes, more than is left of the limit.` });
  const fetched = await runText(
    "apt-get",
    ["-q", "-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=30", "download", "--", target],
    {
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
      cwd: dir,
    },
  );
  if (!fetched.ok) return fail({ code: "download-failed", message: fetched.problem.message });
  const file = (await readdir(dir)).find((n) => n.startsWith(`${name}_`) && n.endsWith(".deb"));
  return file ? ok(join(dir, file)) : fail({ code: "download-failed", message: `apt-get download ${target} left no file.` });
}

/**
 * The changelog lies in the package's own documentation, or in that of a sibling of the same source to which the
 * directory links (Debian policy 12.5); then the sibling is fetched too.
 */
async function changelogOf(
  dir: string,
  file: string,
  name: string,
  architecture: string,
  version: string,
  spend: Spend,
  depth = 0,
): Promise<Result<string>> {
  const doc = `./usr/share/doc/${name}`;
  const found = await extract(file, [`${doc}/changelog.Debian.gz`]);
  if (found) return unpack(found);
  const native = await extract(file, [`${doc}/changelog.gz`]);
  if (native) return unpack(native);
  const listing = await runText("dpkg-deb", ["--fsys-tarfile", file], { timeoutMs: 120_000, pipeTo: ["tar", "-tvf", "-", doc] });
  const link = listing.ok ? /\.\/usr\/share\/doc\/\S+ -> (\S+)/.exec(listing.value)?.[1] : undefined;
  const sibling = link?.replace(/\/$/, "").split("/").at(-1);
  if (!sibling || !NAME.test(sibling) || depth > 0)
    return fail<Problem>({ code: "changelog-missing", message: `${name} ${version} carries no changelog.` });
  const other = await download(dir, sibling, architecture, version, spend);
  if (!other.ok)
    return fail({ code: "changelog-elsewhere", message: `The changelog of ${name} lies in ${sibling}: ${other.problem.message}` });
  return changelogOf(dir, other.value, sibling, architecture, version, spend, depth + 1);
}

/** @returns undefined when the package has no such member. */
async function extract(file: string, members: readonly string[]): Promise<Buffer | undefined> {
  const bytes = await runTool("dpkg-deb", ["--fsys-tarfile", file], {
    timeoutMs: 120_000,
    maxBytes: 2 * 1024 * 1024 * 1024,
    pipeTo: ["tar", "-xOf", "-", "--", ...members],
  });
  return bytes.ok && bytes.value.length > 0 ? bytes.value : undefined;
}

function unpack(bytes: Buffer): Result<string> {
  try {
    return ok(gunzipSync(bytes, { maxOutputLength: MAX_CHANGELOG_BYTES }).toString("utf8"));
  } catch (error) {
    return fail({ code: "changelog-unreadable", message: `The changelog cannot be unpacked: ${(error as Error).message}.` });
  }
}

/** Left over by a crash. */
export const clearCache = (cacheDir: string): Promise<void> => rm(cacheDir, { recursive: true, force: true });
