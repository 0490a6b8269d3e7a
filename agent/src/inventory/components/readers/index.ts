import type { Reader } from "../types.ts";
import { flatpak } from "./flatpak.ts";
import { gem } from "./gem.ts";
import { go } from "./go.ts";
import { jar } from "./jar.ts";
import { npm } from "./npm.ts";
import { python } from "./python.ts";
import { snap } from "./snap.ts";

/** Every kind of package that is looked for. The one that takes any program comes last. */
export const readers: readonly Reader[] = [jar, npm, python, gem, snap, flatpak, go];
