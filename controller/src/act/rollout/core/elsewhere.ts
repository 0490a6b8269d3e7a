import { addMs, type Instant } from "@breakwater/shared/core";
import type { Facts } from "./facts.ts";

/** One change that another deployment made to an endpoint, from its command to its end. */
export interface ForeignChange {
  readonly deploymentId: string;
  readonly from: Instant;
  /** Absent while it goes on. */
  readonly to?: Instant;
  /** While that deployment's judge still watches what it changed here; absent when it does not. */
  readonly watchedUntil?: Instant;
}

/** How far before a wave's first patch the judge compares levels: who was changed since is no measure of "unchanged". */
export const COMPARED_PAST_MS = 2 * 3_600_000;

/** The change by another deployment that an endpoint is left alone for: one that goes on, or one whose effect is still watched. */
export function heldElsewhere(facts: Facts, endpointId: string, now: Instant): ForeignChange | undefined {
  const changes = facts.elsewhere.get(endpointId) ?? [];
  return (
    changes.find((c) => c.to === undefined) ??
    changes.reduce<ForeignChange | undefined>(
      (longest, c) => (c.watchedUntil !== undefined && c.watchedUntil > Math.max(now, longest?.watchedUntil ?? 0) ? c : longest),
      undefined,
    )
  );
}

/** Whether another deployment is changing an endpoint at this moment. */
export const changingElsewhere = (facts: Facts, endpointId: string): ForeignChange | undefined =>
  facts.elsewhere.get(endpointId)?.find((c) => c.to === undefined);

/** From when on what an endpoint shows is no longer ours alone: another deployment changed it after we had. */
export function disturbedAt(facts: Facts, endpointId: string, patchedAt: Instant): Instant | undefined {
  let first: Instant | undefined;
  for (const { from } of facts.elsewhere.get(endpointId) ?? [])
    if (from >= patchedAt && (first === undefined || from < first)) first = from;
  return first;
}

/** Whether an endpoint can stand for "unchanged" beside endpoints of which the first was patched at a moment. */
export const undisturbed = (facts: Facts, endpointId: string, firstPatch: Instant): boolean =>
  (facts.elsewhere.get(endpointId) ?? []).every((c) => c.to !== undefined && c.to < addMs(firstPatch, -COMPARED_PAST_MS));
