import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"];

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-sync", ...QUIET],
  });

/** What went wrong in a page behind the user's back. */
export interface Troubles {
  readonly all: string[];
}

/** A page whose uncaught errors, console errors, and answers that no page should provoke are gathered. */
export async function openPage(context: BrowserContext, troubles: Troubles): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  page.on("pageerror", (error) => troubles.all.push(`uncaught: ${error.message} ${error.stack?.split("\n")[1]?.trim() ?? ""}`));
  page.on("console", (message) => {
    // Chromium notes each refused request too; which of them count is decided below, by their address.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      troubles.all.push(`console: ${message.text()}`);
  });
  page.on("response", (response) => {
    // A browser that is not signed in learns so by asking.
    const expected = response.status() === 401 && /\/api\/v1\/(me|session)$/.test(response.url());
    if (response.status() >= 400 && !expected) troubles.all.push(`${response.status()} ${response.request().method()} ${response.url()}`);
  });
  return page;
}

/** Opens a place and waits until what it asked for has come. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await settled(page);
}
export async function settled(page: Page): Promise<void> {
  await page.locator("main h1").first().waitFor();
  await page.locator("main [aria-busy=true]").first().waitFor({ state: "detached" });
}

/** Presses Tab until the focus is on the control with this name. @throws after 60 presses: no keyboard gets there */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let i = 0; i < 60; i++) {
    const focused = await page.evaluate(
      "(document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '').trim()",
    );
    if (focused === name) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`The keyboard does not reach "${name}".`);
}
