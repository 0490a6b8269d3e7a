import type { Request } from "playwright-core";
import { describe, expect, it } from "vitest";
import { openPage, settled, visit } from "./browser.ts";
import { browser, controller, PASSWORD, page, print, troubles } from "./stage.ts";

const FIRST_LOAD_LIMIT = 300_000;

export function wayIn(): void {
  describe("the way in", () => {
    it("is a set-up link that makes the first administrator, within the weight of a first load", async () => {
      const loaded: Request[] = [];
      const note = (request: Request) => {
        if (!request.url().includes("/api/")) loaded.push(request);
      };
      page.on("requestfinished", note);
      await page.goto(controller.setupLink);
      await page.getByLabel("Name").fill("ada");
      await page.getByLabel(/^Password/).fill(PASSWORD);
      await page.waitForLoadState("networkidle");
      page.off("requestfinished", note);
      const sizes = await Promise.all(loaded.map((request) => request.sizes()));
      const weight = sizes.reduce((sum, size) => sum + size.responseBodySize, 0);
      await page.getByRole("button", { name: "Create and sign in" }).click();
      await settled(page);
      print(`first load: ${Math.round(weight / 1000)} kB on the wire (page, script, styles, fonts)`);
      expect(weight).toBeGreaterThan(50_000);
      expect(weight).toBeLessThanOrEqual(FIRST_LOAD_LIMIT);
    });

    it("is a link that opens once", async () => {
      const other = await browser.newContext();
      const second = await other.newPage();
      await second.goto(controller.setupLink);
      await second.getByRole("heading", { name: "Sign in" }).waitFor();
      expect(await second.getByText("Make the first administrator").count()).toBe(0);
      await other.close();
    });

    it("takes the name and password again after signing out, and says so when they are wrong", async () => {
      await visit(page, "/settings");
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      await page.getByLabel("Name").fill("ada");
      await page.getByLabel("Password", { exact: true }).fill("not the password");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("alert").waitFor();
      await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("navigation", { name: "Places" }).waitFor();
    });

    it("lets a viewer look and nothing more", async () => {
      await visit(page, "/settings");
      await page.getByLabel("Name", { exact: true }).fill("vera");
      await page.getByLabel(/^Password/).fill(PASSWORD);
      await page.getByLabel(/^Role/).selectOption("viewer");
      await page.getByRole("button", { name: "Add", exact: true }).click();
      await page.getByRole("listitem").filter({ hasText: "vera" }).waitFor();
      const other = await browser.newContext({ baseURL: controller.url });
      const hers = await openPage(other, troubles);
      await hers.goto("/");
      await hers.getByLabel("Name").fill("vera");
      await hers.getByLabel("Password", { exact: true }).fill(PASSWORD);
      await hers.getByRole("button", { name: "Sign in" }).click();
      await settled(hers);
      expect(await hers.getByRole("button", { name: "Freeze the fleet" }).isDisabled()).toBe(true);
      await visit(hers, "/fleet");
      expect(await hers.getByRole("button", { name: "Enrol endpoints" }).isDisabled()).toBe(true);
      await visit(hers, "/settings");
      expect(await hers.getByRole("heading", { name: "Users" }).count()).toBe(0);
      await other.close();
    });
  });
}
