import { build } from "esbuild";

/** Some of what we bundle is CommonJS and asks for `require`, which an ES module does not have. */
const REQUIRE = 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

/** One file out of an entry point, runnable by the shipped runtime without any node_modules. */
export async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "esm",
    minifySyntax: true,
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "eof",
    banner: { js: REQUIRE },
    logLevel: "warning",
    // pino's optional pretty printer, not shipped.
    external: ["pino-pretty"],
  });
}
