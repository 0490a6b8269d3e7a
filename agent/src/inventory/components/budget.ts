import type { ScanSettings } from "./settings.ts";

/** What a look has used of what it may, and which limit it has reached. */
export interface Budget {
  files: number;
  directories: number;
  bytes: number;
  components: number;
  /** The limit that is reached, in words; undefined while there is room. */
  over(): string | undefined;
}

export function createBudget(
  limits: Pick<ScanSettings, "maxFiles" | "maxSeconds" | "maxMebibytes" | "maxComponents">,
  nowMs: () => number,
): Budget {
  const deadline = nowMs() + limits.maxSeconds * 1000;
  return {
    files: 0,
    directories: 0,
    bytes: 0,
    components: 0,
    over() {
      if (this.files >= limits.maxFiles) return `the limit of ${limits.maxFiles} files was reached`;
      if (this.bytes >= limits.maxMebibytes * 1024 * 1024) return `the limit of ${limits.maxMebibytes} MiB read was reached`;
      if (this.components >= limits.maxComponents) return `the limit of ${limits.maxComponents} components was reached`;
      if (nowMs() >= deadline) return `the limit of ${limits.maxSeconds} s was reached`;
      return undefined;
    },
  };
}
