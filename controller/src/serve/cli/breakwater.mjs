#!/usr/bin/env node
// In a checkout the command runs from its TypeScript sources; packages carry a bundle instead.
import { register } from "tsx/esm/api";

register();
const { main } = await import("./main.ts");
process.exitCode = await main(process.argv.slice(2));
