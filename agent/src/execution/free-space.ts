import { statfsSync } from "node:fs";
import type { SpaceNeed } from "../packages/package-manager.ts";

/** What is missing on a file system that a transaction writes to, in words; undefined when there is room. */
export function spaceShort(needs: readonly SpaceNeed[]): string | undefined {
  for (const { path, bytes } of needs) {
    const fs = statfsSync(path);
    if (fs.bavail * fs.bsize < bytes)
      return `${path} has ${Math.floor((fs.bavail * fs.bsize) / 1e6)} MB free; ${Math.ceil(bytes / 1e6)} MB are needed.`;
    if (fs.files > 0 && fs.ffree < 1_000) return `${path} has only ${fs.ffree} inodes free.`;
  }
  return undefined;
}
