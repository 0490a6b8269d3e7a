import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tabTo, visit } from "./browser.ts";
import { api, awaited, page, rowsOf } from "./stage.ts";

export function findings(): void {
  describe("a finding that need not be acted on", () => {
    const finding = async () =>
      (await api<{ rows: { id: number; hostname: string; vulnerabilityId: string }[] }>("/findings?limit=1")).rows[0];

    it("shows its proof and evidence, is suppressed by the keyboard alone, and is told and taken back among the exceptions", async () => {
      const found = await awaited(finding);
      await visit(page, `/findings/${found.id}`);
      for (const name of ["Proof", "Evidence", "Risk", "Due"]) await page.getByRole("region", { name }).waitFor();
      expect(await page.getByRole("region", { name: "Proof" }).getByRole("listitem").count()).toBeGreaterThan(0);
      await tabTo(page, "Suppress …");
      await page.keyboard.press("Enter");
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel(/^Why it need not/).focus();
      await page.keyboard.type("mitigations");
      await page.keyboard.press("Tab");
      await page.keyboard.type("a filter stands before it");
      await tabTo(page, "Suppress for 30 days");
      if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, "suppress.png") });
      await page.keyboard.press("Enter");
      await page.getByRole("region", { name: "Decision" }).getByText("a filter stands before it").waitFor();
      expect((await api<{ state: string }>(`/findings/${found.id}`)).state).toBe("suppressed");

      await visit(page, "/exceptions");
      await page.getByText("a filter stands before it").waitFor();
      await page.getByRole("button", { name: /^End the suppression of/ }).click();
      await dialog.getByLabel(/^Reason/).fill("the filter is gone");
      await dialog.getByRole("button", { name: "End it" }).click();
      await page.getByText("Nothing is suppressed.", { exact: false }).waitFor();
      await visit(page, `/findings/${found.id}`);
      await page.getByText("the filter is gone").first().waitFor();
      await page.getByRole("button", { name: "Suppress …" }).waitFor();
    });

    it("is decided by a pasted statement once its author is believed, and what matches nothing is said", async () => {
      await visit(page, "/exceptions");
      const statement = { vulnerability: { name: "CVE-2020-0001" }, products: [{ "@id": "pkg:deb/debian/nowhere@1" }], status: "fixed" };
      const head = {
        "@context": "https://openvex.dev/ns",
        "@id": "https://example.org/1",
        author: "ACME",
        timestamp: "2026-01-01T00:00:00Z",
        version: 1,
      };
      await page.getByLabel("Document", { exact: true }).fill(JSON.stringify({ ...head, statements: [statement] }));
      await page.getByRole("button", { name: "Take it in" }).click();
      await page.getByText("1 statement matches nothing here").waitFor();
      await page.getByText("ACME is not among the authors who are believed").first().waitFor();
      await page.getByLabel("Author, as documents write it").fill("ACME");
      await page.getByRole("button", { name: "Believe", exact: true }).click();
      await page.getByText("believed, rank 1").waitFor();
      await page.getByRole("button", { name: /^Remove the document/ }).click();
      await page
        .getByRole("dialog")
        .getByLabel(/^Reason/)
        .fill("a test");
      await page.getByRole("dialog").getByRole("button", { name: "Remove it" }).click();
      await page.getByText("None was taken in.", { exact: false }).waitFor();
    });

    it("belongs to a list whose filter is kept under a name, with a link", async () => {
      await visit(page, "/queue?security=true");
      await page.getByRole("button", { name: "Save view" }).click();
      await page.getByLabel("Name of the view").fill("security");
      await page.keyboard.press("Enter");
      await page.getByText("Saved as security.").waitFor();
      const [view] = await rowsOf("/views");
      await visit(page, "/queue");
      await page.getByLabel("Saved views").selectOption("security");
      await page.waitForURL(/security=true/);
      await page.goto(`/views/${view?.id}`);
      await page.waitForURL(/\/queue\?security=true/);
      await page.getByRole("button", { name: "Remove the view security" }).click();
      await page.getByText("Removed security.").waitFor();
    });
  });
}
