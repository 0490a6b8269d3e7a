import type { AdvisedName, MatchPackage } from "./source.ts";
import { restated, type Vote } from "./vote.ts";

/** Whether a name is asked of a stream of longer support. */
export const isOfStream = ({ distribution }: AdvisedName): boolean => distribution.includes("-");

/**
 * What counts of the statements on a point of Red Hat Enterprise Linux, "9.2". An endpoint that gets longer support (EUS, AUS, TUS, E4S) gets other builds than the main stream's:
 * where its stream has a word, that counts alone; where only the main stream has one, its fix is not to be had here, and a higher build does not prove it.
 * @param stream what the endpoint gets; undefined where its repositories do not tell
 */
export function ofStreams(pkg: MatchPackage, stream: string | undefined, main: readonly Vote[], longer: readonly Vote[]): readonly Vote[] {
  if (stream === "main") return main;
  if (stream !== undefined) return longer.length > 0 ? longer : main.map((v) => elsewhere(pkg, stream, v));
  if (longer.length === 0)
    return main.map((v) => (v.state === "fixed" ? unproven(pkg, "this endpoint may get longer support, and its", v) : v));
  const all = [...main, ...longer];
  const states = new Set(all.map((v) => (v.state === "no-fix" ? "open" : v.state)));
  if (states.size === 1) return main.length > 0 ? main : longer;
  return all.map((v) => restated(v, "unknown", "which of the streams this endpoint gets is not known, and they differ"));
}

function elsewhere(pkg: MatchPackage, stream: string, given: Vote): Vote {
  if (given.state === "open")
    return restated(given, "no-fix", `that build is of the main stream, and this endpoint gets ${stream.toUpperCase()}`, "fixed-elsewhere");
  return given.state === "fixed" ? unproven(pkg, `this endpoint gets ${stream.toUpperCase()}, and its`, given) : given;
}

/** A build of a point, "18.el9_2", has what the main stream fixed up to that point; a build without a mark is the main stream's own. */
function unproven(pkg: MatchPackage, whose: string, given: Vote): Vote {
  const own = pointOf(pkg.version);
  const fixedIn = pointOf(given.fixed ?? "");
  if (own === undefined || (fixedIn !== undefined && fixedIn <= own)) return given;
  return restated(given, "unknown", `${whose} higher builds need not have the main stream's fix`);
}

const pointOf = (evr: string): number | undefined => {
  const point = /\.el\d+_(\d+)(?:\D|$)/.exec(evr)?.[1];
  return point === undefined ? undefined : Number(point);
};
