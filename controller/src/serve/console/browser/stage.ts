import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { openBrowser, openPage, type Troubles } from "./browser.ts";
import { type RunningController, startController } from "./controller.ts";

const ROOT = join(import.meta.dirname, "../../../../..");
export const WIDTHS = [390, 768, 1280, 1920];
export const PASSWORD = "correct horse battery staple";

/** One controller with the simulated fleet, and one browser before it, for all that `console.test.ts` gathers. */
export let controller: RunningController;
export let browser: Browser;
export let context: BrowserContext;
export let page: Page;
export const troubles: Troubles = { all: [] };

export async function raiseStage(): Promise<void> {
  execFileSync(process.execPath, ["--import", "tsx", "deploy/build/console.ts", "--if-stale"], { cwd: ROOT, stdio: "inherit" });
  controller = await startController();
  browser = await openBrowser();
  context = await browser.newContext({ baseURL: controller.url, viewport: { width: 1280, height: 800 } });
  page = await openPage(context, troubles);
}
export async function strikeStage(): Promise<void> {
  await browser?.close();
  await controller?.stop();
}

export const print = (line: string) => process.stdout.write(`    ${line}\n`);
export const api = async <T>(path: string): Promise<T> =>
  (await (await context.request.get(`${controller.url}/api/v1${path}`)).json()) as T;
export interface Row {
  id: string;
  title: string;
  hostname: string;
  simulated: boolean;
  findings: number;
}
export const rowsOf = async (path: string): Promise<Row[]> => (await api<{ rows: Row[] }>(path)).rows;
/** Until there is one. The test's own time limit ends it. */
export async function awaited<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await page.waitForTimeout(500);
  }
}
