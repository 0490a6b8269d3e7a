import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { formatInstant, type Instant, ok, type Result } from "@breakwater/shared/core";
import type { WireInventory } from "@breakwater/shared/wire";
import { paragraphs } from "./deb822.ts";
import { runText } from "./run-tool.ts";

export type Repository = NonNullable<WireInventory["repositories"]>[number];

/** What the last `apt-get update` found out about one repository, by `uri suite`; known only when the executor did it. */
export type RefreshOutcome = ReadonlyMap<string, { readonly state: string; readonly detail: string }>;

const LISTS_DIR = "/var/lib/apt/lists";
const FIELDS = new Set(["Origin", "Label", "Suite", "Codename", "Date", "Valid-Until"]);
/** The fields stand at the top; the lists of hashes after them can be 150 kB. */
const HEAD_BYTES = 8 * 1024;

/** A package list that apt is configured to have. */
export interface ConfiguredList {
  readonly uri: string;
  readonly suite: string;
  /** Where apt keeps it, whether it is there or not. */
  readonly file: string;
}

/** `apt-get indextargets` with the format below, one line each. */
export const parseTargets = (text: string): ConfiguredList[] =>
  text.split("\n").flatMap((line) => {
    const [uri, suite, file] = line.split("|");
    return uri && suite && file ? [{ uri: uri.replace(/\/$/, ""), suite, file }] : [];
  });

/** Every repository that is configured, also those that were never reached. */
export async function repositories(now: Instant, outcome: RefreshOutcome): Promise<Result<Repository[]>> {
  const targets = await runText(
    "apt-get",
    ["indextargets", "--no-release-info", "--format", "$(REPO_URI)|$(RELEASE)|$(FILENAME)", "Created-By: Packages"],
    { timeoutMs: 60_000 },
  );
  if (!targets.ok) return targets;
  const releaseFiles = (await readdir(LISTS_DIR).catch(() => [] as string[])).filter((n) => /_(In)?Release$/.test(n));
  const found = new Map<string, Repository>();
  for (const list of parseTargets(targets.value)) {
    const key = `${list.uri} ${list.suite}`;
    if (found.has(key)) continue;
    const base = list.file.slice(list.file.lastIndexOf("/") + 1);
    const release = releaseFiles.filter((n) => base.startsWith(n.replace(/(In)?Release$/, ""))).sort((a, b) => b.length - a.length)[0];
    found.set(
      key,
      describeRepository(list, release === undefined ? undefined : await head(join(LISTS_DIR, release)), now, outcome.get(key)),
    );
  }
  return ok([...found.values()].sort((a, b) => ((a.uri ?? "") + a.suite < (b.uri ?? "") + b.suite ? -1 : 1)));
}

export function describeRepository(
  list: ConfiguredList,
  releaseHead: string | undefined,
  now: Instant,
  outcome?: { state: string; detail: string },
): Repository {
  // The first paragraph of an InRelease file is the signature's header.
  const release = [...paragraphs(releaseHead ?? "", FIELDS)].find((p) => p.Date || p.Origin || p.Codename);
  const isoOf = (text: string | undefined) => {
    const at = Date.parse(text ?? "");
    return Number.isNaN(at) ? "" : formatInstant(at as Instant);
  };
  const validUntil = isoOf(release?.["Valid-Until"]);
  const state = (): { state: string; detail: string } => {
    if (outcome && outcome.state !== "fresh") return outcome;
    if (!release) return { state: "unreachable", detail: "There is no Release file of it: it has never been fetched." };
    if (validUntil !== "" && Date.parse(validUntil) < now)
      return { state: "expired", detail: `Its Release file was valid until ${validUntil}.` };
    return { state: "trusted", detail: "" };
  };
  return {
    uri: list.uri,
    suite: list.suite,
    origin: release?.Origin ?? "",
    label: release?.Label ?? "",
    releaseDate: isoOf(release?.Date),
    validUntil,
    ...state(),
  };
}

async function head(path: string): Promise<string> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead).toString("utf8");
  } finally {
    await file.close();
  }
}
