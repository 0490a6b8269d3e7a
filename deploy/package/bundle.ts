import { join, resolve } from "node:path";
import { build, type Plugin } from "esbuild";

/** Some of what we bundle is CommonJS and asks for `require`, which an ES module does not have. */
const REQUIRE = 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

/**
 * Node's `http` by `require`: imported as an ES module, all that it exports is looked at, and one of it is a WebSocket whose
 * look brings in a second HTTP client and compiles its WebAssembly. Nobody here uses it, and it takes 4 MB of each process.
 */
const httpByRequire: Plugin = {
  name: "http by require",
  setup(build) {
    build.onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === "import-statement" ? { path: "http", namespace: "required" } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "required" }, () => ({ contents: 'module.exports = require("node:http");', loader: "js" }));
  },
};

/** A build's version is that of its package: it is read from a manifest, which only development trees have. */
const versionOf = (version: string): Plugin => ({
  name: "version of the package",
  setup(build) {
    build.onLoad({ filter: /(agent|controller)\/package\.json$/ }, () => ({ contents: JSON.stringify({ version }), loader: "json" }));
  },
});

/** What is loaded on use and is an entry point by itself is taken from there. */
const apart = (entryPoints: Readonly<Record<string, string>>): Plugin => ({
  name: "entry points of their own",
  setup(build) {
    const names = new Map(Object.entries(entryPoints).map(([name, source]) => [resolve(source), name]));
    build.onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir }) => {
      const name = kind === "dynamic-import" ? names.get(resolve(resolveDir, path)) : undefined;
      return name === undefined ? undefined : { path: `./${name}.mjs`, external: true };
    });
  },
});

/**
 * Entry points (name -> source) as `<name>.mjs` in a directory, with what they share and what they load only on use in files of
 * their own beside them, runnable by the shipped runtime without any node_modules. Without white space and source maps: together
 * that is 15 MB less of resident memory for each process. Names stay, so that stack traces can be read; to shorten them and keep
 * the old ones beside takes 3 MB more than to leave them. `external` are modules that lie in node_modules beside them after all.
 * What several share is loaded whole by each of them, also what only one of them uses; `separately` bundles each by itself.
 */
export async function bundle(
  entryPoints: Record<string, string>,
  outdir: string,
  version: string,
  { external = [], separately = false }: { readonly external?: readonly string[]; readonly separately?: boolean } = {},
): Promise<void> {
  if (separately) {
    for (const [name, source] of Object.entries(entryPoints))
      await bundleTogether({ [name]: source }, outdir, version, external, [apart(entryPoints)]);
  } else await bundleTogether(entryPoints, outdir, version, external, []);
}

async function bundleTogether(
  entryPoints: Record<string, string>,
  outdir: string,
  version: string,
  external: readonly string[],
  plugins: readonly Plugin[],
): Promise<void> {
  await build({
    entryPoints,
    outdir,
    outExtension: { ".js": ".mjs" },
    chunkNames: "part-[hash]",
    splitting: true,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "esm",
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "eof",
    banner: { js: REQUIRE },
    logLevel: "warning",
    // pino's optional pretty printer, not shipped.
    external: ["pino-pretty", ...external],
    plugins: [httpByRequire, versionOf(version), ...plugins],
  });
}

/** Both programs of the agent. What runs for years is bundled by itself, and holds nothing that only others need. */
export const bundleAgent = (root: string, outdir: string, version: string): Promise<void> =>
  bundle(
    {
      agent: join(root, "agent/src/main.ts"),
      "agent-run": join(root, "agent/src/cli/stay.ts"),
      executor: join(root, "agent/src/executor-main.ts"),
    },
    outdir,
    version,
    { separately: true },
  );
