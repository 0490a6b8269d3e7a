import * as z from "zod";

const path = z.string().startsWith("/").max(1_000);

/**
 * `componentScan` of agent.yaml: how far the look for language packages in files goes. Each limit ends the look and is told,
 * with what was left; the next look begins with what it knows already, so that it gets further.
 */
export const scanSettingsSchema = z.strictObject({
  /** 0: never looks. */
  everyHours: z.number().int().min(0).max(720).default(6),
  roots: z.array(path).min(1).max(50).default(["/"]),
  /** Directories that are left out, and said to be. */
  exclude: z.array(path).max(200).default([]),
  maxFiles: z.number().int().min(1).max(50_000_000).default(2_000_000),
  maxSeconds: z.number().int().min(1).max(7_200).default(900),
  /** Bytes read from files; names and dates cost none. */
  maxMebibytes: z.number().int().min(1).max(1_048_576).default(4_096),
  maxDepth: z.number().int().min(1).max(200).default(40),
  maxComponents: z.number().int().min(1).max(100_000).default(20_000),
});
export type ScanSettings = z.infer<typeof scanSettingsSchema>;
