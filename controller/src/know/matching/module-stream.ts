import type { ModuleStream } from "../intel/index.ts";
import type { AdvisoryOnPackage } from "./advisory-index.ts";

/** Release of an rpm that a module's build made: "1.module_el8.6.0+2791+af9a2484", "2.module+el8.4.0+597+ddf0ddea". */
const MODULE_TAG = /\.(module[_+]\S+)$/;

/** The module build that made an rpm; undefined for an ordinary one. */
export const moduleTag = (evr: string): string | undefined => MODULE_TAG.exec(evr)?.[1];

export const streamName = (module: ModuleStream) => `${module.name}:${module.stream}`;

/** What an advisory of a module may say of an installed rpm. */
export interface Installed {
  readonly version: string;
  readonly module?: ModuleStream | undefined;
  /** The package as the advisory names it. */
  readonly source: string;
}

/**
 * Why an advisory says nothing about an installed rpm, though it names it: the one was built by a module and the other was not, or
 * they are of two streams of it. Undefined where it speaks of it. The stream is known from the inventory, from the
 * module build in the release (`streamsOf`: the streams in which advisories name that build), or from a version that begins with
 * the stream's name, as nodejs 16.x is of nodejs:16.
 */
export function otherStream(
  installed: Installed,
  advisory: AdvisoryOnPackage,
  fixed: string | null,
  streamsOf: (tag: string) => ReadonlySet<string> | undefined,
): string | undefined {
  const tag = moduleTag(installed.version);
  // Where no build is named, an advisory of a module is about its builds.
  const ofModule = fixed === null ? advisory.module !== undefined : moduleTag(fixed) !== undefined;
  if ((tag === undefined) === ofModule)
    return tag === undefined
      ? "the advisory is about a module's build, the installed one is none"
      : "the installed one is a module's build, the advisory is not about it";
  const { module } = advisory;
  if (tag === undefined || !module) return undefined;
  const wanted = streamName(module);
  if (installed.module)
    return installed.module.name === module.name && installed.module.stream !== module.stream
      ? `installed from ${streamName(installed.module)}, the advisory is about ${wanted}`
      : undefined;
  const byBuild = streamsOf(tag);
  if (byBuild?.has(wanted)) return undefined;
  const sibling = byBuild && [...byBuild].find((s) => s.startsWith(`${module.name}:`));
  if (sibling) return `built for ${sibling}, the advisory is about ${wanted}`;
  // That versions follow the stream's name is seen from the fixed one, else supposed of the package that the module is named after.
  const follows = fixed === null ? installed.source === module.name : begins(fixed, module.stream);
  if (/^\d/.test(module.stream) && follows && !begins(installed.version, module.stream))
    return `the installed version is of another stream than ${wanted}`;
  return undefined;
}

/** Whether the upstream version is of the stream: 16.19.1 is of 16, 1.60 is not. */
function begins(evr: string, stream: string): boolean {
  const upstream = evr.replace(/^\d+:/, "");
  return upstream.startsWith(stream) && !/^\d/.test(upstream.slice(stream.length));
}
