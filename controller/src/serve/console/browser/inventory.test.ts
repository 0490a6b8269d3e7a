import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBrowser, openPage, settled, type Troubles, visit } from "./browser.ts";
import { type RunningController, startController } from "./controller.ts";

const ROOT = join(import.meta.dirname, "../../../../..");
const PASSWORD = "correct horse battery staple";
let controller: RunningController;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const troubles: Troubles = { all: [] };
const api = async <T>(path: string): Promise<T> => (await (await context.request.get(`${controller.url}/api/v1${path}`)).json()) as T;

beforeAll(async () => {
  execFileSync(process.execPath, ["--import", "tsx", "deploy/build/console.ts", "--if-stale"], { cwd: ROOT, stdio: "inherit" });
  controller = await startController();
  browser = await openBrowser();
  context = await browser.newContext({ baseURL: controller.url, viewport: { width: 1440, height: 900 } });
  page = await openPage(context, troubles);
  await page.goto(controller.setupLink);
  await page.getByLabel("Name").fill("ada");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create and sign in" }).click();
  await settled(page);
});
afterAll(async () => {
  await browser?.close();
  await controller?.stop();
});

/** No barrier by day and by night, and nothing wider than a telephone. */
async function lookAt(name: string): Promise<void> {
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const width of [390, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      expect(
        await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth"),
        `${name} at ${width} px`,
      ).toBeLessThanOrEqual(0);
      if (process.env.SCREENSHOTS)
        await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}-${scheme}-${width}.png`), fullPage: true });
    }
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
    expect(violations.map((v) => `${name} ${scheme}: ${v.id}: ${v.nodes[0]?.target.join(" ")}`)).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

describe("inventory gaps", () => {
  it("are told in both directions after an import, filtered, and exported as CSV", async () => {
    const { rows } = await api<{ rows: { hostname: string }[] }>("/endpoints?limit=2&simulated=true&sort=hostname");
    const [known] = rows;
    await visit(page, "/gaps");
    await page.getByText("None was imported", { exact: false }).waitFor();
    await page.getByText("Import an export").click();
    await page.getByLabel("Source").fill("servicenow");
    await page.getByLabel("Or its text").fill(`name,ip_address,owned_by\n${known?.hostname},,Ada\nforgotten-1,10.99.0.1,Grace\n,,\n`);
    await page.getByRole("button", { name: "Take it in" }).click();
    await page.getByText("servicenow: 2 machines and 0 pieces of software were taken in; 1 set aside, as at 4", { exact: false }).waitFor();
    const list = page.getByRole("list", { name: /gaps?$/ });
    await list.getByRole("listitem").filter({ hasText: "not in a database" }).first().waitFor();
    await lookAt("gaps");

    await page.getByLabel("Kind of gap").selectOption("without-agent");
    await page.getByRole("list", { name: "1 gap", exact: true }).waitFor();
    await list.getByText("forgotten-1").waitFor();
    await list.getByText("owner Grace", { exact: false }).waitFor();
    expect(await list.getByRole("listitem").count()).toBe(1);
    await page.getByLabel("Kind of gap").selectOption("matched");
    await list.getByRole("link", { name: known?.hostname ?? "", exact: true }).waitFor();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "as CSV" }).click()]);
    expect(download.suggestedFilename()).toBe("breakwater-gaps.csv");

    await page.getByRole("button", { name: "Remove servicenow" }).click();
    await page
      .getByRole("dialog")
      .getByLabel(/^Reason/)
      .fill("a test");
    await page.getByRole("dialog").getByRole("button", { name: "Remove servicenow" }).click();
    await page.getByText("None was imported", { exact: false }).waitFor();
  });
  it("say why a file cannot be taken in, and keep what was written", async () => {
    await visit(page, "/gaps");
    await page.getByText("Import an export").click();
    await page.getByLabel("Or its text").fill("colour,size\nred,5\n");
    await page.route("**/cmdb/imports", async (route) => {
      const answer = await route.fetch();
      expect(answer.status()).toBe(400);
      await route.fulfill({ status: 400, contentType: "application/problem+json", body: await answer.text() });
    });
    await page.getByRole("button", { name: "Take it in" }).click();
    await page.getByText("no column tells one machine from another", { exact: false }).waitFor();
    expect(await page.getByLabel("Or its text").inputValue()).toContain("colour");
    await page.unroute("**/cmdb/imports");
    // The refusal was wanted.
    troubles.all.splice(0, troubles.all.length, ...troubles.all.filter((t) => !t.startsWith("400 POST") || !t.endsWith("/cmdb/imports")));
  });
});

describe("due dates", () => {
  it("are changed by an administrator, after the effect was seen", async () => {
    await visit(page, "/due");
    const hold = page.getByRole("button", { name: "Let these rules hold …" });
    const cell = page.getByLabel("critical, criticality 5");
    const before = Number(await cell.inputValue());
    expect(await hold.isDisabled()).toBe(true);
    await cell.fill(String(before + 1));
    await page.getByLabel("Days for defer").fill("300");
    expect(await hold.isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Preview the effect" }).click();
    await page
      .getByRole("status")
      .filter({ hasText: /would (become|be) overdue/ })
      .waitFor();
    await lookAt("due");
    // Another change has another effect.
    await cell.fill(String(before + 2));
    expect(await hold.isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Preview the effect" }).click();
    await hold.click();
    await page
      .getByRole("dialog")
      .getByLabel(/^Reason/)
      .fill("the board decided so");
    await page.getByRole("dialog").getByRole("button", { name: "Let them hold" }).click();
    await page.getByText("Saved: these rules hold now.").waitFor();
    expect(await api<object>("/due-rules")).toMatchObject({
      matrix: { critical: [expect.any(Number), expect.any(Number), expect.any(Number), expect.any(Number), before + 2] },
      daysOf: { defer: 300 },
    });
  });
  it("are for others to read", async () => {
    await context.request.post(`${controller.url}/api/v1/users`, {
      data: { name: "vera", password: PASSWORD, role: "viewer" },
      headers: { "x-breakwater": "1" },
    });
    const other = await browser.newContext({ baseURL: controller.url });
    const hers = await openPage(other, troubles);
    await hers.goto("/due");
    await hers.getByLabel("Name").fill("vera");
    await hers.getByLabel("Password").fill(PASSWORD);
    await hers.getByRole("button", { name: "Sign in" }).click();
    await settled(hers);
    await hers.goto("/due");
    await hers.getByLabel("critical, criticality 1").fill("3000");
    await hers.getByRole("button", { name: "Preview the effect" }).click();
    await hers.getByRole("status").filter({ hasText: "open findings" }).waitFor();
    expect(await hers.getByRole("button", { name: "Let these rules hold …" }).isDisabled()).toBe(true);
    await other.close();
  });
});

it("did all this without an error in the browser or an answer that no page should provoke", () => {
  expect(troubles.all).toEqual([]);
});
