import manifest from "../package.json" with { type: "json" };

/** Version of this agent, as its package carries it. */
export const AGENT_VERSION = manifest.version;
