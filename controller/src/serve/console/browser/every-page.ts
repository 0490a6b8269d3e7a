import { AxeBuilder } from "@axe-core/playwright";
import { describe, expect, it } from "vitest";
import { visit } from "./browser.ts";
import { CUT_TEXT, withLongNames } from "./long-names.ts";
import { api, awaited, controller, page, print, rowsOf, troubles, WIDTHS } from "./stage.ts";

export function everyPage(): void {
  describe("every page", () => {
    it("has no barrier, no sideways scrolling and no dead link, by day and by night", async () => {
      const endpoints = await rowsOf("/endpoints?limit=100");
      const machine = endpoints.find((e) => !e.simulated) ?? endpoints[0];
      const [deployment] = await rowsOf("/deployments");
      const [plan] = await rowsOf("/plans");
      const found = await awaited(async () => (await rowsOf("/findings?limit=1"))[0]);
      const paths = [
        ...[
          "/",
          "/queue",
          "/findings",
          `/findings/${found.id}`,
          "/exceptions",
          "/plans",
          `/plans/${plan?.id}`,
          "/deployments",
          `/deployments/${deployment?.id}`,
          "/fleet?enrol=1",
        ],
        ...["findings", "exposure", "health", "packages", "history", "settings"].map((tab) => `/fleet/${machine?.id}?tab=${tab}`),
        ...["/gaps", "/calendar", "/audit", "/settings", "/due", "/nowhere"],
      ];
      const barriers: string[] = [];
      const sideways: string[] = [];
      const links = new Set<string>();
      for (const path of paths) {
        await page.setViewportSize({ width: 1280, height: 800 });
        await visit(page, path);
        for (const scheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme: scheme });
          const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ["violations"] });
          // By night only the colours are others.
          const { violations } = await (scheme === "dark" ? axe.withRules(["color-contrast"]) : axe).analyze();
          for (const v of violations)
            barriers.push(
              `${path} ${scheme}: ${v.id}: ${v.help}: ${v.nodes
                .map((n) => `${n.target.join(" ")} ${n.any[0]?.message ?? ""}`)
                .slice(0, 3)
                .join(" | ")}`,
            );
        }
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 800 });
          const over = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
          if (over > 0) sideways.push(`${path} at ${width}: ${over} px too wide`);
        }
        const found = await page.evaluate<string[]>(
          "[...document.querySelectorAll('main a[href^=\"/\"]')].map((a) => a.getAttribute('href'))",
        );
        for (const href of found) if (!href.startsWith("/api/")) links.add(href);
      }
      // One of each kind is enough: what differs between the others is an id.
      const kinds = new Map([...links].map((href) => [href.replace(/\/[a-z]{2}_\w+/, "/*").replace(/\?.*/, ""), href]));
      const dead: string[] = [];
      for (const href of kinds.values()) {
        await page.goto(href);
        await page.locator("main h1, main [role=alert]").first().waitFor();
        if (!(await page.locator("main h1").count()) || (await page.getByText("There is no page at").count())) dead.push(href);
      }
      print(`axe: ${barriers.length} violations on ${paths.length} pages, light and dark; ${links.size} links in ${kinds.size} kinds`);
      expect(barriers).toEqual([]);
      expect(sideways).toEqual([]);
      expect(dead).toEqual([]);
      // Long, since axe computes every colour: a minute on a quiet machine, several on a busy one.
    }, 480_000);

    it("takes names of 200 characters with HTML in them: no page gets wider, nothing is cut, nothing runs", async () => {
      const [machine] = await rowsOf("/endpoints?limit=1");
      const [[deployment], [plan], [found]] = [await rowsOf("/deployments"), await rowsOf("/plans"), await rowsOf("/findings?limit=1")];
      const paths = [
        ...["/", "/queue", "/findings", `/findings/${found?.id}`, `/plans/${plan?.id}`],
        ...[`/deployments/${deployment?.id}`, "/fleet", "/gaps", "/audit", "/settings"],
        ...["exposure", "packages", "history"].map((tab) => `/fleet/${machine?.id}?tab=${tab}`),
      ];
      const end = await withLongNames(page);
      const wrong: string[] = [];
      await page.setViewportSize({ width: 390, height: 800 });
      for (const path of paths) {
        await visit(page, path);
        const over = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
        if (over > 0) wrong.push(`${path}: ${over} px too wide`);
        // The queue's second line is told in full when its row is opened.
        if (path !== "/queue") for (const text of await page.evaluate<string[]>(CUT_TEXT)) wrong.push(`${path} cuts ${text}`);
        if (await page.locator("main b, main img").count()) wrong.push(`${path} takes a name for HTML`);
      }
      await visit(page, "/fleet");
      await page
        .getByRole("link", { name: /^<b>.*very\.long~name/ })
        .first()
        .waitFor();
      await end();
      expect(wrong).toEqual([]);
      expect(await page.title()).not.toBe("ran");
    });

    it("shows this machine, and its first findings when its changelogs are read", async () => {
      const machine = await awaited(async () => (await rowsOf("/endpoints?limit=100")).find((e) => !e.simulated));
      await visit(page, `/fleet?q=${machine.hostname}`);
      await page.getByRole("link", { name: machine.hostname, exact: true }).waitFor();
      const events = await api<{ rows: { type: string; at: string; subject: string }[] }>(`/endpoints/${machine.id}/history?limit=500`);
      const first = (type: string) => events.rows.findLast((e) => e.type === type);
      const after = (event: { at: string } | undefined) =>
        event ? `${((Date.parse(event.at) - controller.startedAt) / 1000).toFixed(0)} s` : "not yet";
      print(
        `from the start of the process: enrolled ${after(first("endpoint.enrolled"))}, inventory ${after(first("inventory.changed"))}, ` +
          `first changelogs ${after(first("updates.described"))}, first findings ${after(first("finding.opened"))}`,
      );
      if (first("finding.opened")) {
        await visit(page, "/queue");
        await page.locator("li[data-index]").filter({ hasNotText: "simulated" }).filter({ hasText: "Closes" }).first().waitFor();
      }
    });

    it("did all this without an error in the browser or an answer that no page should provoke", () => {
      expect(troubles.all).toEqual([]);
    });
  });
}
