import { compareVersions } from "@breakwater/shared/version";
import type { AffectedRange } from "../records.ts";
import { readRelease } from "../release.ts";

/** What the tracker says of one source package in one release and one pocket of it. */
export interface PocketState {
  readonly release: string;
  /** The state is of what Ubuntu Pro builds, which others do not get. */
  readonly esm: boolean;
  readonly package: string;
  /** The tracker's word: "released", "needed", "DNE" ... */
  readonly status: string;
  /** Its note: a version, a reason, or a day. */
  readonly note: string;
}

/** Pockets of Ubuntu Pro's long support; "trusty/esm" is what the first of them was called. FIPS, real-time kernels and snaps are other builds of the same names. */
const ESM_POCKETS = new Set(["esm", "esm-infra", "esm-apps", "esm-infra-legacy", "esm-apps-legacy"]);
const OWN_POCKETS = new Set(["", "security", "updates", "release", "none"]);

/** The release and the channel that "jammy", "esm-apps/jammy", "trusty/esm" or a code name with its pocket name; undefined for what is no such build. */
export function placeOfPocket(name: string, pocket = ""): Pick<PocketState, "release" | "esm"> | undefined {
  const [first = "", second] = name.split("/");
  const [codename, within] = second === undefined ? [first, pocket] : second === "esm" ? [first, "esm"] : [second, first];
  const release = readRelease(codename);
  if (!release.startsWith("ubuntu:")) return undefined;
  if (ESM_POCKETS.has(within)) return { release, esm: true };
  return OWN_POCKETS.has(within) ? { release, esm: false } : undefined;
}

type Kind = "released" | "not-affected" | "affected" | "unknown" | "nothing";

/**
 * What a state means. "needs-triage": the package is there, and nobody has looked yet; also where support ended before anybody did. "ignored", "deferred", "needed",
 * "pending" and "in-progress" (or a day's note): affected, and no fix is out. "DNE": the release has no such package.
 */
function kindOf({ status, note }: PocketState): Kind {
  switch (status) {
    case "released":
      return "released";
    case "not-affected":
      return "not-affected";
    case "needed":
    case "pending":
    case "deferred":
    case "in-progress":
    case "active":
      return "affected";
    case "ignored":
      return /\bneeds-triage\b/.test(note) ? "unknown" : "affected";
    case "needs-triage":
    case "untriaged":
      return "unknown";
    default:
      return "nothing";
  }
}

/** Weightiest first, of several pockets of a release: what is out counts, then what is said for certain. */
const WEIGHT: readonly Kind[] = ["released", "not-affected", "affected", "unknown", "nothing"];

/**
 * What all pockets of one release together say of a package. A fix in the release's own pockets is everybody's; one in Ubuntu Pro's alone is for those who have it.
 * @returns the reason where a fix is out and its version cannot be read; undefined where nothing is said
 */
export function rangeOfPockets(states: readonly PocketState[]): AffectedRange | string | undefined {
  const ranked = [...states].sort((a, b) => WEIGHT.indexOf(kindOf(a)) - WEIGHT.indexOf(kindOf(b)) || Number(a.esm) - Number(b.esm));
  const [said] = ranked;
  if (!said) return undefined;
  const kind = kindOf(said);
  const base = { distribution: said.release, ecosystem: "deb", package: said.package, introduced: "0", lastAffected: null };
  switch (kind) {
    case "released":
      if (said.note === "" || compareVersions("deb", said.note, said.note) !== "=")
        return `${said.package} in ${said.release}: released, and ${JSON.stringify(said.note.slice(0, 80))} is no version`;
      return { ...base, fixed: said.note, urgency: "", ...(said.esm ? { channel: "esm" } : {}) };
    case "not-affected":
      return { ...base, fixed: "0", urgency: "not-affected" };
    case "affected":
      return { ...base, fixed: null, urgency: wordOf(said) };
    case "unknown":
      return { ...base, fixed: null, urgency: "under-investigation" };
    case "nothing":
      return undefined;
  }
}

/** Why there is no fix: the note of what is ignored, else the state. */
const wordOf = ({ status, note }: PocketState): string =>
  status === "ignored" && /end of (life|standard support)|end-of-life/.test(note)
    ? "end-of-life"
    : status === "ignored" && note !== ""
      ? `ignored: ${note.slice(0, 50)}`
      : status;
