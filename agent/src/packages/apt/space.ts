import type { SpaceNeed } from "../package-manager.ts";

/** Unpacking writes the new files beside the old ones before it renames them. */
export const UNPACK_FACTOR = 1.5;
/** Left over for dpkg's database, logs and what scripts write. */
const RESERVE_BYTES = 300 * 1024 * 1024;

/** `'http://host/pool/x.deb' x_1.1_all.deb 1234 SHA256:...` */
const URI_LINE = /^'[^']+' \S+ (\d+)(?: |$)/;
/** `After this operation, 2,306 MB of additional disk space will be used.` apt's units are powers of 1000. */
const AFTER = /^After this operation, ([\d,.]+) (B|kB|MB|GB) of additional disk space will be used/m;
const UNIT: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

/** What `apt-get --print-uris install` says of download and growth, as a need for each directory that is written to. */
export function parseSizes(output: string): SpaceNeed[] {
  let download = 0;
  for (const line of output.split("\n")) download += Number(URI_LINE.exec(line)?.[1] ?? 0);
  const after = AFTER.exec(output);
  const growth = after?.[1] && after[2] ? Number(after[1].replaceAll(",", "")) * (UNIT[after[2]] ?? 1) : 0;
  return [
    { path: "/usr", bytes: Math.ceil(growth * UNPACK_FACTOR) + RESERVE_BYTES },
    { path: "/var/lib", bytes: download * 2 + RESERVE_BYTES },
  ];
}
