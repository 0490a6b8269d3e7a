import { main } from "../../controller/src/serve/cli/main.ts";

process.exitCode = await main(process.argv.slice(2));
