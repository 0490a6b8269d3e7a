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

/** Rules of decision take time, chance and data as arguments. Whole folders, so that a new file is held to it too. */
const pure = [
  "controller/src/decide/(growth|planning|rollback)/",
  "controller/src/act/rollout/core/",
  "controller/src/act/health/(judge|wave)/",
  "controller/src/know/(matching|risk|intel/bulletin)/",
  "shared/src/(version|window)/",
];
/** What stands in those folders to feed the rules: it reads the store, and takes the clock. */
const shells = [
  "controller/src/decide/planning/(index|planning|approve|approval-keys|named-approvers|live/rows)\\.ts$",
  "controller/src/act/health/wave/wave-judge\\.ts$",
  "controller/src/know/matching/(index|refresh|load-views|scope|besides|catalogue-verdicts|planned-versions)\\.ts$",
];
const tests = "(\\.(test|testing|bench|evaluate)|/testing)\\.ts$";

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
      from: { path: "^controller/src/(know|decide|act|account|serve)/([^/]+)/", pathNot: tests },
      to: {
        path: "^controller/src/(know|decide|act|account|serve)/([^/]+)/",
        pathNot: [
          "^controller/src/$1/$2/",
          "^controller/src/[^/]+/[^/]+/index\\.ts$",
          // What API, command line and console say to each other: of no server code, so that neither has to load the server.
          "^controller/src/serve/api/schemas/index\\.ts$",
        ],
      },
    },
    {
      name: "pure-rules-touch-nothing",
      comment: "No files, network, processes, timers or clocks, no store, no libraries that bring them.",
      severity: "error",
      from: { path: `^(${pure.join("|")})`, pathNot: [...shells, tests] },
      to: {
        path: [
          "^(node:)?(fs|net|http|https|http2|child_process|worker_threads|os|timers|dns|tls|perf_hooks)(/|$)",
          "^controller/src/store/",
          "^shared/src/log/",
          "(^|/)node_modules/(drizzle-orm|postgres|@electric-sql|pino|execa|node-cron|systeminformation|@grpc|pure-rand)/",
        ],
      },
    },
    {
      name: "pure-rules-know-no-shell",
      comment: "The shell calls the rules, never the other way round; types may be shared.",
      severity: "error",
      from: { path: `^(${pure.join("|")})`, pathNot: [...shells, tests] },
      to: { path: [...shells.map((s) => `^${s}`)], dependencyTypesNot: ["type-only"] },
    },
    { name: "no-circles", severity: "error", from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
    {
      name: "no-orphans",
      severity: "error",
      from: { orphan: true, pathNot: ["\\.(test|bench|evaluate|config)\\.ts$", "(^|/)\\.", "main\\.ts$", "^deploy/ci/"] },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^(?!.*node_modules).*/dist/|serve/console)" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
