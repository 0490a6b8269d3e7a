import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContext, Page, Request } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planSchema } from "../../api/schemas/index.ts";
import { openBrowser, openPage, settled, type Troubles, tabTo, visit } from "./browser.ts";
import { type RunningController, startController } from "./controller.ts";
import { failedRehearsal } from "./rehearsal-sample.ts";

const ROOT = join(import.meta.dirname, "../../../../..");
const WIDTHS = [390, 768, 1280, 1920];
const FIRST_LOAD_LIMIT = 300_000;
const PASSWORD = "correct horse battery staple";

let controller: RunningController;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const troubles: Troubles = { all: [] };
const print = (line: string) => process.stdout.write(`    ${line}\n`);
const api = async <T>(path: string): Promise<T> => (await (await context.request.get(`${controller.url}/api/v1${path}`)).json()) as T;

interface Row {
  id: string;
  title: string;
  hostname: string;
  simulated: boolean;
  findings: number;
}
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const rowsOf = async (path: string): Promise<Row[]> => (await api<{ rows: Row[] }>(path)).rows;
/** Until there is one. The test's own time limit ends it. */
async function awaited<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await page.waitForTimeout(500);
  }
}

beforeAll(async () => {
  execFileSync(process.execPath, ["--import", "tsx", "deploy/build/console.ts", "--if-stale"], { cwd: ROOT, stdio: "inherit" });
  controller = await startController();
  browser = await openBrowser();
  context = await browser.newContext({ baseURL: controller.url, viewport: { width: 1280, height: 800 } });
  page = await openPage(context, troubles);
});
afterAll(async () => {
  await browser?.close();
  await controller?.stop();
});

describe("the way in", () => {
  it("is a set-up link that makes the first administrator, within the weight of a first load", async () => {
    const loaded: Request[] = [];
    const note = (request: Request) => {
      if (!request.url().includes("/api/")) loaded.push(request);
    };
    page.on("requestfinished", note);
    await page.goto(controller.setupLink);
    await page.getByLabel("Name").fill("ada");
    await page.getByLabel("Password").fill(PASSWORD);
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
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("navigation", { name: "Places" }).waitFor();
  });

  it("lets a viewer look and nothing more", async () => {
    await visit(page, "/settings");
    await page.getByLabel("Name", { exact: true }).fill("vera");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByLabel("Role").selectOption("viewer");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("listitem").filter({ hasText: "vera" }).waitFor();
    const other = await browser.newContext({ baseURL: controller.url });
    const hers = await openPage(other, troubles);
    await hers.goto("/");
    await hers.getByLabel("Name").fill("vera");
    await hers.getByLabel("Password").fill(PASSWORD);
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
    await page.getByText("1 statement match nothing here").waitFor();
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
