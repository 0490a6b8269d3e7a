import type { Page } from "playwright-core";

/** Fields whose text comes from outside: an operator, a publisher, a machine. */
const FROM_OUTSIDE = new Set(
  (
    "hostname packageName sourceName name title site label owner process unit units vulnerabilityId version installedVersion fixedVersion " +
    "toVersion to from summary kernelRelease os tags reason by createdBy user origin suite actor message source statement record address zone why"
  ).split(" "),
);
/** 200 characters, with HTML that would run if it were taken for HTML, and no place to break that a browser likes. */
const longOf = (text: string): string =>
  `<b>${text}</b><img src=x onerror="document.title='ran'">${"x_very.long~name".repeat(20)}`.slice(0, 200);

function stretched(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => stretched(item, key));
  if (typeof value === "object" && value !== null) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, stretched(v, k)]));
  // Times and zones stay what they are: no one can write them at will.
  return typeof value === "string" && FROM_OUTSIDE.has(key) && !/^\d\d(\d\d-\d\d-\d\dT|:\d\d$)/.test(value) ? longOf(value) : value;
}

/** From now on every name in the controller's answers is long. The session's own stays, so that the page stays signed in. */
export async function withLongNames(page: Page): Promise<() => Promise<void>> {
  const answers = /\/api\/v1\/(?!events|me$|session|setup)/;
  await page.route(answers, async (route) => {
    const response = await route.fetch();
    const body: unknown = await response.json().catch(() => undefined);
    await route.fulfill(body === undefined ? { response } : { response, json: stretched(body) });
  });
  return () => page.unroute(answers);
}

/** Text that is cut off where it stands, with no title that tells the rest. As a source, since the tests are not compiled for browsers. */
export const CUT_TEXT = `[...document.querySelectorAll("main *")].filter((node) =>
  getComputedStyle(node).textOverflow === "ellipsis" && node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 2 && !node.closest("[title]"),
).map((node) => node.textContent.trim().slice(0, 60))`;
