import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { approvalKeysSchema, planCreatedSchema, planSchema } from "../../api/schemas/index.ts";
import { openBrowser, openPage, settled, type Troubles, visit } from "./browser.ts";
import { type RunningController, startController } from "./controller.ts";

const ROOT = join(import.meta.dirname, "../../../../..");
let controller: RunningController;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let devtools: CDPSession;
let authenticatorId = "";
const troubles: Troubles = { all: [] };
/** An address of digits is no relying party, so the console is used by its name. */
const url = () => controller.url.replace("127.0.0.1", "localhost");
const get = async (path: string): Promise<unknown> => (await context.request.get(`${url()}/api/v1${path}`)).json();
/** The demo has a key file of its own. */
const registered = async () => approvalKeysSchema.parse(await get("/approval-keys")).rows.filter((k) => k.passkey !== null);
const userIs = (isUserVerified: boolean) => devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });

beforeAll(async () => {
  execFileSync(process.execPath, ["--import", "tsx", "deploy/build/console.ts", "--if-stale"], { cwd: ROOT, stdio: "inherit" });
  controller = await startController();
  browser = await openBrowser();
  context = await browser.newContext({ baseURL: url(), viewport: { width: 390, height: 844 } });
  page = await openPage(context, troubles);
  devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const able = { hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  ({ authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", ...able },
  }));
  await page.goto(controller.setupLink.replace("127.0.0.1", "localhost"));
  await page.getByLabel("Name").fill("ada");
  await page.getByLabel("Password").fill("correct horse battery staple");
  await page.getByRole("button", { name: "Create and sign in" }).click();
  await settled(page);
});
afterAll(async () => {
  await browser?.close();
  await controller?.stop();
});

describe("a passkey", () => {
  it("is not registered while its user is not verified", async () => {
    await userIs(false);
    await visit(page, "/settings");
    await page.getByRole("button", { name: "Register a passkey" }).click();
    await page.getByRole("alert").waitFor();
    expect(await registered()).toEqual([]);
    await userIs(true);
  });

  it("is registered on the settings page, for this address and this person", async () => {
    await visit(page, "/settings");
    await page.getByRole("button", { name: "Register a passkey" }).click();
    await page.getByRole("listitem").filter({ hasText: "at localhost" }).waitFor();
    expect(await registered()).toMatchObject([{ owner: "ada", passkey: { rpId: "localhost", origin: url() } }]);
  });

  it("approves a plan on its page, and the controller has checked that it is this plan's assertion", async () => {
    let id = "";
    while (id === "") {
      const made = await context.request.post(`${url()}/api/v1/plans`, {
        headers: { "x-breakwater": "test" },
        data: { select: { simulated: true }, title: "By passkey" },
      });
      // The demo's fleet is still being made up.
      if (made.ok()) id = planCreatedSchema.parse(await made.json()).id;
      else await page.waitForTimeout(500);
    }
    await visit(page, `/plans/${id}`);
    await userIs(false);
    await page.getByRole("button", { name: "Approve with a passkey" }).click();
    await page.getByRole("alert").waitFor();
    expect(planSchema.parse(await get(`/plans/${id}`)).approvalList).toEqual([]);
    await userIs(true);
    await page.getByRole("button", { name: "Approve with a passkey" }).click();
    await page.getByText("with the passkey").waitFor();
    const plan = planSchema.parse(await get(`/plans/${id}`));
    const header = JSON.parse(Buffer.from(plan.headerBase64, "base64").toString("utf8")) as { expiresAt: string };
    expect(plan).toMatchObject({ state: "approved", approvalList: [{ passkey: true, approver: "ada", expiresAt: header.expiresAt }] });
    await page.getByRole("button", { name: "Start the deployment" }).waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")).toBe(true);
    expect(troubles.all).toEqual([]);
  });
});
