import * as z from "zod";
import { intervalSchema, isZone, windowSchema } from "../window/index.ts";

/** Longest that a machine may take to come back before it counts as lost, unless the plan says another. */
export const DEFAULT_REBOOT_LIMIT_MS = 15 * 60_000;
export const REBOOT_MODES = ["never", "when-needed"] as const;
export type RebootMode = (typeof REBOOT_MODES)[number];

/** When a machine may be rebooted by this plan, so that the endpoint itself can keep to what people signed. */
export const rebootWithinSchema = z.strictObject({
  limitMs: z.number().int().min(60_000).max(7_200_000),
  /** IANA zone of the window. */
  timezone: z.string().max(64).refine(isZone, "not an IANA time zone"),
  /** Absent: at any time outside of the blackouts. */
  window: windowSchema.optional(),
  blackouts: z.array(intervalSchema).max(5_000),
});
export type RebootWithin = z.infer<typeof rebootWithinSchema>;

/** Restarting one of these takes the machine's sessions, its bus or its containers down with it; they wait for a reboot. */
export const WAITS_FOR_REBOOT =
  /^(?:dbus|dbus-broker|systemd-logind|user@.*|display-manager|gdm|lightdm|sddm|systemd-machined|systemd-nspawn@.*|docker|containerd)\.service$/;
