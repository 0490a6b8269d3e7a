import type { Problem } from "@breakwater/shared/core";
import type { ControllerMessage } from "@breakwater/shared/wire";

/** A live stream of one endpoint. */
export interface LiveSession {
  readonly endpointId: string;
  /** Serial of the certificate that the stream was opened with. */
  readonly serial: string;
  readonly incarnation: number;
  readonly bootId: string;
  /** The generation of the protocol that both sides speak here. */
  readonly protocol: number;
  /** @returns false when the stream cannot take it: closed, or not read by the agent */
  send(message: ControllerMessage): boolean;
  /** Ends the stream in good order and says when to come back. */
  disconnect(reason: string, retryAfterSeconds: number): void;
  /** Ends the stream with a problem. */
  refuse(problem: Problem): void;
  /** A sign of life for the agent, which counts silence and needs not answer: dead agents are keepalive's to find. */
  ping(): void;
  /** Brings a signed halt or lift there. */
  carry(order: string): void;
  /** Something may be waiting to be described by this endpoint. */
  askForDescriptions(): void;
  /** Resolves once nothing of the stream runs any more. */
  readonly closed: Promise<void>;
}

/** Why a new stream looks as if two machines had one key. */
export type CloneSign = { readonly kind: "incarnation-back"; readonly from: number; readonly to: number } | { readonly kind: "two-boots" };

/** The live streams of this gateway: one an endpoint, the newest wins. */
export function createSessions() {
  const live = new Map<string, LiveSession>();
  const lastSeen = new Map<string, { incarnation: number; bootId: string }>();
  return {
    get size() {
      return live.size;
    },
    get: (endpointId: string) => live.get(endpointId),
    all: (): LiveSession[] => [...live.values()],
    ids: (): string[] => [...live.keys()],

    /** Takes the endpoint's place, ends the older stream, and tells signs of a copied identity. */
    add(session: LiveSession): CloneSign | undefined {
      const older = live.get(session.endpointId);
      const before = lastSeen.get(session.endpointId);
      live.set(session.endpointId, session);
      lastSeen.set(session.endpointId, { incarnation: session.incarnation, bootId: session.bootId });
      older?.disconnect("another connection of this endpoint took its place", 60);
      if (before && session.incarnation < before.incarnation)
        return { kind: "incarnation-back", from: before.incarnation, to: session.incarnation };
      if (before && session.incarnation === before.incarnation && session.bootId !== before.bootId) return { kind: "two-boots" };
      return undefined;
    },

    /** @returns whether the session still was its endpoint's */
    remove(session: LiveSession): boolean {
      if (live.get(session.endpointId) !== session) return false;
      return live.delete(session.endpointId);
    },
  };
}
export type Sessions = ReturnType<typeof createSessions>;
