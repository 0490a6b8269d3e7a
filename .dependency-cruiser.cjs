// The floors of the house: an arrow points to the same floor or a lower one, never up.
// serve -> account -> act -> decide -> know -> store; agent and controller never meet; a folder is entered by its door.
const floors = ["store", "know", "decide", "act", "account", "serve"];
const upward = floors.slice(0, -1).map((floor, level) => ({
  name: `${floor}-looks-up`,
  comment: `${floor} may use only the floors below it; what a higher one must know is a domain event.`,
  severity: "error",
  from: { path: `^controller/src/${floor}/` },
  to: { path: `^controller/src/(${floors.slice(level + 1).join("|")}|simulation|main)` },
}));

/** Rules of decision take time, chance and data as arguments. */
const pure = [
  "controller/src/decide/planning/(planner|scenario|waves|canary)",
  "controller/src/act/rollout/(core|decide|evolve|next|transitions|explain)",
  "controller/src/act/health/judge",
  "controller/src/know/risk",
  "controller/src/know/matching/(rules|match)",
  "shared/src/version",
  "shared/src/window",
];

module.exports = {
  forbidden: [
    ...upward,
    {
      name: "agent-and-controller-never-meet",
      severity: "error",
      from: { path: "^agent/" },
      to: { path: "^controller/" },
    },
    {
      name: "controller-and-agent-never-meet",
      severity: "error",
      from: { path: "^controller/" },
      to: { path: "^agent/" },
    },
    {
      name: "shared-stands-alone",
      severity: "error",
      from: { path: "^shared/" },
      to: { path: "^(agent|controller|deploy)/" },
    },
    {
      name: "enter-by-the-door",
      comment: "Other features use a feature folder's index.ts.",
      severity: "error",
      from: { path: "^controller/src/(know|decide|act|account|serve)/([^/]+)/", pathNot: "\\.(test|bench)\\.ts$" },
      to: {
        path: "^controller/src/(know|decide|act|account|serve)/([^/]+)/",
        pathNot: ["^controller/src/$1/$2/", "^controller/src/[^/]+/[^/]+/index\\.ts$"],
      },
    },
    {
      name: "pure-rules-touch-nothing",
      severity: "error",
      from: { path: `^(${pure.join("|")})`, pathNot: "\\.(test|bench)\\.ts$" },
      to: { path: "^(node:)?(fs|net|http|https|child_process|os|timers|dns|tls)(/|$)" },
    },
    { name: "no-circles", severity: "error", from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
    {
      name: "no-orphans",
      severity: "error",
      from: { orphan: true, pathNot: ["\\.(test|bench|config)\\.ts$", "(^|/)\\.", "main\\.ts$"] },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(node_modules|/dist/|serve/console)" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
