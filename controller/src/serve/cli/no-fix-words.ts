import type { NO_FIX_REASONS } from "../../know/matching/index.ts";

/** Why there is no fix, as people say it. */
export const NO_FIX_WORDS: Readonly<Record<(typeof NO_FIX_REASONS)[number], string>> = {
  "esm-only": "fixed for Ubuntu Pro only",
  "fixed-elsewhere": "fixed in a stream that it does not get",
  "end-of-life": "end of life",
  "will-not-fix": "the vendor will not fix it",
  postponed: "postponed by the vendor",
  "none-yet": "none yet",
};
