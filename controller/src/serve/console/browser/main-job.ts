import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { describe, expect, it } from "vitest";
import { planSchema } from "../../api/schemas/index.ts";
import { settled, tabTo, visit } from "./browser.ts";
import { failedRehearsal } from "./rehearsal-sample.ts";
import { api, awaited, context, controller, page, rowsOf, WIDTHS } from "./stage.ts";

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

export function mainJob(): void {
  describe("the main job", () => {
    it("is done with the keyboard alone: find, choose, plan, sign, start", async () => {
      await awaited(async () => (await rowsOf("/queue?limit=100")).find((r) => r.simulated && r.findings > 0));
      await visit(page, "/");
      await page.keyboard.press("Control+k");
      await page.keyboard.type("queue");
      await page.getByRole("option", { name: "Go to Queue" }).waitFor();
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Queue", exact: true }).waitFor();
      // The real machine may have a PostgreSQL of its own to patch.
      const row = page.locator("li[data-index]").filter({ hasText: "simulated" }).filter({ hasText: "postgresql" });
      const chosen = row.getByRole("checkbox");
      const position = async () => Number(await row.getAttribute("data-index"));
      // The ranking may still move while findings come in; the cursor goes down to where the patch is now.
      for (let i = await position(); i > 0; i--) await page.keyboard.press("j");
      await page.keyboard.press("x");
      expect(await chosen.isChecked()).toBe(true);
      await page.keyboard.press("p");
      await page.getByText(/^digest/).waitFor();
      await tabTo(page, "Sign with this browser's key");
      await page.keyboard.press("Enter");
      await page.getByText("Signed", { exact: true }).waitFor();
      await tabTo(page, "Start the deployment");
      await page.keyboard.press("Enter");
      await tabTo(page, "Start");
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/deployments\/dp_/);
      await settled(page);
      expect(await page.getByRole("heading", { level: 1 }).textContent()).toContain("postgresql");
    });

    it("can be stopped everywhere at once, and goes on again", async () => {
      await page.getByRole("button", { name: "Freeze the fleet" }).click();
      await page
        .getByRole("dialog")
        .getByLabel(/^Reason/)
        .fill("a test of the freeze");
      await page.getByRole("dialog").getByRole("button", { name: "Freeze" }).click();
      await page.getByText("The fleet is frozen.").waitFor();
      await page.reload();
      await page.getByText("The fleet is frozen.").waitFor();
      expect((await api<{ freeze: { reason: string } | null }>("/overview")).freeze?.reason).toBe("a test of the freeze");
      await page.getByRole("button", { name: /^Frozen/ }).click();
      await page
        .getByRole("dialog")
        .getByLabel(/^Reason/)
        .fill("the test is over");
      await page.getByRole("dialog").getByRole("button", { name: "End the freeze" }).click();
      await page.getByText("The fleet is frozen.").waitFor({ state: "detached" });
      expect((await api<{ freeze: unknown }>("/overview")).freeze).toBeNull();
    });

    it("tells every open page when somebody else stops the fleet", async () => {
      await page.getByText("Live", { exact: true }).waitFor();
      const elsewhere = (method: "post" | "delete", reason: string) =>
        context.request[method](`${controller.url}/api/v1/freeze`, {
          headers: { "x-breakwater": "test", origin: controller.url },
          data: { reason },
        });
      expect((await elsewhere("post", "seen elsewhere")).ok()).toBe(true);
      // Sooner than the page would ask by itself, every 30 s.
      await page.getByText("seen elsewhere").first().waitFor({ timeout: 60_000 });
      expect((await elsewhere("delete", "over")).ok()).toBe(true);
      await page.getByText("seen elsewhere").first().waitFor({ state: "detached", timeout: 60_000 });
    });
  });

  describe("a live deployment", () => {
    it("follows what somebody else does to it, and says what each answer will do before it does it", async () => {
      const own = await awaited(async () => (await rowsOf("/deployments")).find((d) => d.title.includes("postgresql")));
      await visit(page, `/deployments/${own.id}`);
      const paused = await context.request.post(`${controller.url}/api/v1/deployments/${own.id}/pause`, {
        headers: { "x-breakwater": "test", origin: controller.url },
        data: { reason: "paused elsewhere" },
      });
      expect(paused.ok()).toBe(true);
      await page.getByText("paused", { exact: true }).waitFor();
      await page.getByRole("button", { name: "Go on" }).click();
      const dialog = page.getByRole("dialog");
      expect((await dialog.textContent())?.length).toBeGreaterThan(40);
      await dialog.getByLabel(/^Reason/).fill("nothing is wrong");
      await dialog.getByRole("button", { name: "Resume" }).click();
      await page.getByText("paused", { exact: true }).waitFor({ state: "detached" });
      expect((await api<{ state: string }>(`/deployments/${own.id}`)).state).not.toBe("paused");
    });

    it("shows the harmful patch with its evidence, and what was undone", async () => {
      const harmful = await awaited(async () => {
        const found = (await rowsOf("/deployments")).find((d) => d.title.includes("shop-edge"));
        return found && (await api<{ state: string }>(`/deployments/${found.id}`)).state === "rolled-back" ? found : undefined;
      });
      await visit(page, `/deployments/${harmful.id}`);
      const verdict = page.getByRole("region", { name: /^Verdict on wave/ });
      await verdict.getByText("harmful", { exact: true }).first().waitFor();
      await verdict
        .locator("figcaption")
        .getByText(/^patched \([1-9]/)
        .waitFor();
      await verdict
        .locator("figcaption")
        .getByText(/^not yet patched \([1-9]/)
        .waitFor();
      await verdict.locator("canvas").waitFor();
      await page
        .getByRole("button", { name: /: rolled back$/ })
        .first()
        .click();
      await page
        .getByRole("region", { name: /^Execution on/ })
        .getByText("Output")
        .first()
        .waitFor({ state: "attached" });
    });
  });

  describe("a rehearsal", () => {
    it("stands beside the plan with what failed, what came back, and what it cannot see", async () => {
      const [first] = await rowsOf("/plans");
      const plan = planSchema.parse(await api(`/plans/${first?.id}`));
      await visit(page, `/plans/${plan.id}`);
      await page.getByText("Not rehearsed.").waitFor();
      const told = failedRehearsal(plan);
      await page.route(/\/plans\/\w+\/rehearsals/, (route) => route.fulfill({ json: told }));
      await visit(page, `/plans/${plan.id}`);
      const report = page.getByRole("article", { name: /^Rehearsal on/ });
      await report.getByText("apply: failed").waitFor();
      const row = report.getByRole("row").filter({ hasText: told.rows[0]?.report?.packages[0]?.name ?? "no package" });
      for (const cell of [/half-configured/, new RegExp(`^${escaped(plan.actions[0]?.packages[0]?.from ?? "")}$`)])
        expect(await row.first().getByRole("cell", { name: cell }).count()).toBeGreaterThan(0);
      await report.getByText("The endpoint was found as it was before.").waitFor();
      await report.getByText("What this rehearsal cannot see").click();
      await report.getByText("There is no network in the copy").waitFor();
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).include("section[aria-labelledby=rehearsal]").analyze();
      expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.target.join(" ")}`)).toEqual([]);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        expect(await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth"), `${width} px`).toBeLessThanOrEqual(0);
      }
      if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, "rehearsal.png"), fullPage: true });
      await page.unroute(/\/plans\/\w+\/rehearsals/);
    });
  });
}
