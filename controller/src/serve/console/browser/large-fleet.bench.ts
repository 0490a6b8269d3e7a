import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openLargeFleet } from "../../api/large-fleet-api.testing.ts";
import { serveApi } from "../../api/listen.ts";
import { openBrowser, openPage, type Troubles } from "./browser.ts";

/**
 * From a click to the first rows in Chromium, with a large fleet: `TEST_DATABASE_URL=... npm run bench -- browser/large-fleet [ENDPOINTS]`, after
 * `npm run build:console`. FLEET_DATABASE_URL names a database that is filled once and kept; SCREENSHOTS a folder for what it looked like.
 * The API answers in this process, so that its work and the browser's share the machine, as on a laptop.
 */
const ENDPOINTS = Number(process.argv[2] ?? 10_000);
const LIMIT_MS = 1_000;
const TIMES = 3;
const say = (text: string) => process.stdout.write(`${text}\n`);
/** Each page, and what it shows once its first rows are there. */
const PAGES = [
  ["now", "/", "main ul[aria-label='The fleet in figures']"],
  ["fleet", "/fleet", "main li[data-index='0']"],
  ["queue", "/queue", "main li[data-index='0']"],
  ["findings", "/findings", "main ul[aria-label$='findings'] > li"],
  ["plans", "/plans", "main li, main tr"],
  ["deployments", "/deployments", "main li, main tr"],
] as const;

const { t, cookie } = await openLargeFleet(ENDPOINTS, process.env.FLEET_DATABASE_URL, {
  consoleDirectory: join(import.meta.dirname, "../dist"),
});
const server = await serveApi(t.api, { host: "127.0.0.1", port: 0 });
const url = `http://127.0.0.1:${server.port}`;
const browser = await openBrowser();
const troubles: Troubles = { all: [] };
try {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 800 } });
  const [name = "", value = ""] = cookie.split("=");
  await context.addCookies([{ name, value, url }]);
  const page = await openPage(context, troubles);
  const folder = process.env.SCREENSHOTS;
  if (folder) mkdirSync(folder, { recursive: true });
  say(`${ENDPOINTS} endpoints\npage          opened   again   elements   limit`);
  for (const [title, path, rows] of PAGES) {
    const times: number[] = [];
    for (let i = 0; i <= TIMES; i++) {
      const started = performance.now();
      await page.goto(path);
      await page.locator(rows).first().waitFor();
      times.push(performance.now() - started);
    }
    const [first = Number.NaN, ...rest] = times;
    const median = rest.sort((a, b) => a - b)[Math.floor(TIMES / 2)] ?? Number.NaN;
    const elements = await page.evaluate<number>("document.querySelectorAll('*').length");
    const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`.padStart(8);
    say(
      `${title.padEnd(12)}${seconds(first)}${seconds(median)}${String(elements).padStart(11)}${(median <= LIMIT_MS ? "within" : "OVER").padStart(8)}`,
    );
    if (folder) await page.screenshot({ path: join(folder, `${title}.png`) });
  }
  // Going on in the queue brings the next rows without anybody asking for them.
  await page.goto("/queue");
  await page.locator("main li[data-index='0']").waitFor();
  const started = performance.now();
  await page.evaluate("window.scrollTo(0, document.body.scrollHeight)");
  await page.locator("main li[data-index='101']").waitFor({ state: "attached" });
  say(`the next rows of the queue came ${((performance.now() - started) / 1_000).toFixed(2)} s after going to its end`);
  if (folder) await page.screenshot({ path: join(folder, "queue-further.png") });
  for (const trouble of troubles.all) say(`went wrong: ${trouble}`);
} finally {
  await browser.close();
  await server.close();
  await t.close();
}
