import { readFile } from "node:fs/promises";
import { AxeBuilder } from "@axe-core/playwright";
import { describe, expect, it } from "vitest";
import { planCreatedSchema, planSchema } from "../../api/schemas/index.ts";
import { visit } from "./browser.ts";
import { api, awaited, context, controller, PASSWORD, page, rowsOf, troubles, WIDTHS } from "./stage.ts";

const postgres = () => page.locator("li[data-index]").filter({ hasText: "simulated" }).filter({ hasText: "postgresql" });

export function rules(): void {
  describe("a plan's own triggers and tree", () => {
    it("are written in the form; what is wrong stands at its field, and what was signed is what was written", async () => {
      await visit(page, "/queue");
      await postgres().getByRole("checkbox").check();
      await page.getByRole("button", { name: "More options" }).click();
      const form = page.getByRole("form", { name: "Chosen patches" });
      await form.getByLabel("Title").fill("By own rules");
      await form.getByLabel("Own triggers, in place of the planner's").check();
      await form.getByLabel("Own tree, read from the top").check();
      const size = form.getByLabel("Trigger 4, per cent worse");
      const plan = form.getByRole("button", { name: "Plan these" });

      await size.fill("");
      await plan.click();
      await form.getByText("Say how much.").waitFor();
      expect(await size.evaluate((field) => field === field.ownerDocument.activeElement)).toBe(true);

      // The controller's own words, at the field that they are about.
      await size.fill("0.01");
      await plan.click();
      await form.getByText("a change of less than 0.1 % is noise", { exact: true }).waitFor();
      expect(await size.getAttribute("aria-invalid")).toBe("true");
      await size.fill("40");

      await form.getByRole("button", { name: "Remove branch 1", exact: true }).click();
      await plan.click();
      const idle = form.getByText("Trigger 1 (newly failed systemd units) leads to nothing: no branch waits for it.");
      await idle.first().waitFor();
      // What to do is told in the words of this form, not in those of a file.
      await form.getByText("Press “Add a branch” and choose “trigger 1 holds”, or remove the trigger.").waitFor();
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).include("form").analyze();
      expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.target.join(" ")}`)).toEqual([]);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        expect(await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth"), `${width} px`).toBeLessThanOrEqual(0);
      }
      await page.setViewportSize({ width: 1280, height: 800 });

      // With the trigger goes what waited for it; the other branches keep their triggers.
      await form.getByRole("button", { name: "Remove trigger 1", exact: true }).click();
      await form.getByRole("button", { name: "Move branch 1 down", exact: true }).click();
      await plan.click();
      await page.waitForURL(/\/plans\/pl_/);
      const made = planSchema.parse(await api(`/plans/${page.url().split("/").at(-1)}`));
      expect(made.title).toBe("By own rules");
      const [wave] = (made.rollout as { waves: { triggers: object[]; tree: object[] }[] }).waves;
      expect(wave?.triggers).toHaveLength(5);
      expect(wave?.triggers[2]).toMatchObject({ metric: "check_latency_ms", kind: "change-permille", threshold: 400, forMs: 600_000 });
      expect(wave?.tree[0]).toMatchObject({ when: { kind: "trigger", trigger: 1 }, action: "rollback-wave", order: "harmed-first" });
      expect(wave?.tree[1]).toMatchObject({ when: { kind: "trigger", trigger: 0 }, action: "rollback-wave" });
      await context.request.post(`${controller.url}/api/v1/plans/${made.id}/discard`, {
        headers: { "x-breakwater": "test", origin: controller.url },
        data: { revision: made.revision },
      });
      // The refusals were wanted.
      troubles.all.splice(0, troubles.all.length, ...troubles.all.filter((t) => !/^4\d\d POST .*\/plans$/.test(t)));
    });

    it("begin in the form as the planner makes them itself", async () => {
      const ask = async (data: object) =>
        planCreatedSchema.parse(
          await (
            await context.request.post(`${controller.url}/api/v1/plans`, {
              headers: { "x-breakwater": "test", origin: controller.url },
              data: { select: { simulated: true }, bakeMinutes: 120, ...data },
            })
          ).json(),
        );
      const { id, revision } = await ask({});
      const plan = planSchema.parse(await api(`/plans/${id}`));
      const [wave] = (plan.rollout as { waves: { triggers: { metric: string; threshold: number; forMs: number; action: string }[] }[] })
        .waves;
      await visit(page, "/queue");
      await postgres().getByRole("checkbox").check();
      await page.getByRole("button", { name: "More options" }).click();
      await page.getByLabel("Own triggers, in place of the planner's").check();
      const fields = page.getByRole("form", { name: "Chosen patches" }).locator("fieldset").first().getByRole("listitem");
      const shown = await fields.evaluateAll((rows) =>
        rows.map((row) =>
          [...row.querySelectorAll<HTMLInputElement>("select, input")].map((f, i) => (i === 1 || i === 2 ? Number(f.value) : f.value)),
        ),
      );
      expect(shown).toEqual(
        wave?.triggers.map((t) => [
          t.metric,
          /percent|latency/.test(t.metric) ? t.threshold / 10 : t.threshold,
          t.forMs / 60_000,
          t.action,
        ]),
      );
      await context.request.post(`${controller.url}/api/v1/plans/${id}/discard`, {
        headers: { "x-breakwater": "test", origin: controller.url },
        data: { revision },
      });
    });
  });

  describe("lists", () => {
    it("find a vulnerability: where it is, and which patch closes it", async () => {
      const found = await awaited(async () => {
        const { rows } = await api<{ rows: { sourceName: string; simulated: boolean; vulnerabilities: { id: string }[] }[] }>(
          "/queue?limit=100",
        );
        return rows.find((r) => r.simulated && r.vulnerabilities.length > 0);
      });
      const id = found.vulnerabilities[0]?.id ?? "none";
      await visit(page, "/");
      await page.keyboard.press("Control+k");
      await page.keyboard.type(id);
      await page.getByRole("option", { name: id }).first().click();
      await page.getByRole("heading", { name: "Findings", exact: true }).waitFor();
      const list = page.getByRole("list", { name: /findings?$/ });
      await list.getByText(id, { exact: true }).first().waitFor();
      await list.getByRole("button").first().click();
      await page.getByRole("link", { name: "Patches that close it" }).click();
      await page.locator("li[data-index]").filter({ hasText: found.sourceName }).first().waitFor();
    });

    it("give what their filter lets through as CSV, with what is unknown left empty", async () => {
      await visit(page, "/fleet?site=demo%20Tokyo&sort=hostname");
      await page.getByText(/^20 endpoints, name first/).waitFor();
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV" }).click()]);
      expect(download.suggestedFilename()).toBe("breakwater-fleet.csv");
      const lines = (await readFile(await download.path(), "utf8")).trimEnd().split("\r\n");
      expect(lines).toHaveLength(21);
      expect(lines[0]).toContain("host,id,site");
      expect(lines[1]).toMatch(/^demo-tyo-build-01,ep_demo_tyo_build_1,demo Tokyo,/);
    });
  });

  describe("the calendar", () => {
    it("refuses a zone that nobody knows, and takes a time of the zone that stands beside it", async () => {
      await visit(page, "/calendar");
      await page.getByLabel("Name", { exact: true }).fill("Christmas");
      await page.getByLabel(/^When/).selectOption("interval");
      await page.getByLabel("From", { exact: true }).fill("2026-12-24T18:00");
      await page.getByLabel("To", { exact: true }).fill("2026-12-27T08:00");
      const zone = page.getByLabel("Zone", { exact: true });
      await zone.fill("Mars/Olympus");
      await page.getByRole("button", { name: "Add", exact: true }).click();
      await page.getByRole("alert").getByText("“Mars/Olympus” is no time zone that is known here.", { exact: false }).waitFor();
      expect(await zone.evaluate((field) => field === field.ownerDocument.activeElement)).toBe(true);
      expect(await rowsOf("/calendar")).toEqual([]);
      await zone.fill("europe/berlin");
      await page.getByRole("alert").waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Add", exact: true }).click();
      const event = page.getByRole("listitem").filter({ hasText: "Christmas" });
      await event.getByText("24 Dec 2026, 18:00 CET to 27 Dec 2026, 08:00 CET, Europe/Berlin").waitFor();
      expect(await rowsOf("/calendar")).toMatchObject([{ timezone: "Europe/Berlin", rule: { from: "2026-12-24T17:00:00.000Z" } }]);
      await event.getByRole("button", { name: "Remove Christmas" }).click();
      await event.waitFor({ state: "detached" });
    });
  });

  describe("users", () => {
    it("are given another role, a new password, and let in again after they were disabled", async () => {
      await visit(page, "/settings");
      const vera = page.getByRole("listitem").filter({ hasText: "vera" });
      await vera.getByLabel("Role of vera").selectOption("operator");
      await page.getByText("vera is operator now", { exact: false }).waitFor();
      await vera.getByRole("button", { name: "Disable vera" }).click();
      await vera.getByText("disabled", { exact: true }).waitFor();
      await vera.getByRole("button", { name: "Enable vera" }).click();
      await vera.getByText("disabled", { exact: true }).waitFor({ state: "detached" });
      await vera.getByRole("button", { name: "New password for vera" }).click();
      await page.getByLabel(/New password for vera \(/).fill(`${PASSWORD} anew`);
      await page.getByRole("button", { name: "Set it" }).click();
      await page.getByText("vera has a new password", { exact: false }).waitFor();
      const signIn = (password: string) =>
        context
          .browser()
          ?.newContext({ baseURL: controller.url })
          .then(async (other) => {
            const answer = await other.request.post("/api/v1/session", {
              headers: { "x-breakwater": "test" },
              data: { name: "vera", password },
            });
            await other.close();
            return answer.status();
          });
      expect(await signIn(PASSWORD)).toBe(401);
      expect(await signIn(`${PASSWORD} anew`)).toBe(200);
      expect(await rowsOf("/users")).toMatchObject([{}, { name: "vera", role: "operator" }]);
    });
  });
}
