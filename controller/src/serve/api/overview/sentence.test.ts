import { describe, expect, it } from "vitest";
import { stateSentence } from "./sentence.ts";

const counts: Parameters<typeof stateSentence>[0] = {
  endpoints: 3,
  simulatedEndpoints: 0,
  connected: 3,
  silent: 0,
  withoutInventory: 0,
  endOfLife: 0,
  withoutSecuritySource: 0,
  securitySourceUnknown: 0,
  releaseUnknown: 0,
  withOpenFindings: 0,
  openFindings: 0,
  withoutFix: 0,
  restartNeeded: 0,
  suppressed: 0,
  notAffected: 0,
  knownExploited: 0,
  exploitationRead: true,
  pendingUpdates: 7,
  unreadUpdates: 0,
  rebootRequired: 0,
  rebootUnknown: 0,
  runningDeployments: 0,
  bakingWaves: 0,
  harmfulWaves: 0,
};
const say = (some: Partial<typeof counts>) => stateSentence({ ...counts, ...some }, 0, null, 0).sentence;

describe("the fleet in one sentence", () => {
  it("says that nothing is open only when everything was read", () => {
    expect(say({})).toBe("No open finding is known.");
    expect(say({ unreadUpdates: 7 })).toBe("Whether anything is vulnerable is not known yet, what 7 pending updates fix is not known yet.");
    expect(say({ withoutInventory: 1 })).toBe("Whether anything is vulnerable is not known yet, 1 endpoint without an inventory.");
    expect(say({ withoutInventory: 3, unreadUpdates: 0 })).toBe("No inventory has arrived yet.");
  });

  it("calls no fleet clean in which some get no security updates", () => {
    expect(say({ endOfLife: 1 })).toBe("Whether anything is vulnerable is not known yet, 1 endpoint past the end of life of its release.");
    expect(say({ withoutSecuritySource: 2, securitySourceUnknown: 1 })).toBe(
      "Whether anything is vulnerable is not known yet, 2 endpoints without a source of security updates, 1 endpoint whose repositories are unknown.",
    );
    expect(say({ openFindings: 23, withOpenFindings: 1, endOfLife: 2 })).toBe(
      "23 open findings on 1 endpoint so far, 2 endpoints past the end of life of their releases.",
    );
  });

  it("never hides what is suppressed", () => {
    expect(say({ suppressed: 2 })).toBe("No open finding is known, 2 suppressed.");
    expect(say({ openFindings: 1, withOpenFindings: 1, suppressed: 2 })).toBe("1 open finding on 1 endpoint, 2 suppressed.");
  });

  it("says that what was found is not all of it while some is unread", () => {
    expect(say({ openFindings: 23, withOpenFindings: 1 })).toBe("23 open findings on 1 endpoint.");
    expect(say({ openFindings: 23, withOpenFindings: 1, unreadUpdates: 1 })).toBe(
      "23 open findings on 1 endpoint so far, what 1 pending update fixes is not known yet.",
    );
  });

  it("writes large numbers so that they can be read", () => {
    expect(say({ openFindings: 4108, withOpenFindings: 1061, suppressed: 1200 })).toBe(
      "4,108 open findings on 1,061 endpoints, 1,200 suppressed.",
    );
  });
});
