/**
 * The address is the state: path for the place, query for filter, sort and selection. One object that pages read
 * reactively; links are plain anchors, caught here, so that opening in a new tab works as everywhere.
 */
class Router {
  path = $state(location.pathname);
  query = $state(new URLSearchParams(location.search));

  constructor() {
    addEventListener("popstate", () => this.#read());
    addEventListener("click", (event) => {
      const anchor = event.target instanceof Element ? event.target.closest("a") : null;
      if (!anchor || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
        return;
      if (anchor.origin !== location.origin || anchor.target || anchor.hasAttribute("download") || anchor.pathname.startsWith("/api/"))
        return;
      event.preventDefault();
      this.go(anchor.pathname + anchor.search);
    });
  }

  #read(): void {
    this.path = location.pathname;
    this.query = new URLSearchParams(location.search);
  }

  go(to: string): void {
    if (to === location.pathname + location.search) return;
    history.pushState(null, "", to);
    this.#read();
    scrollTo(0, 0);
    // Screen readers and keyboards begin at the new page's heading.
    requestAnimationFrame(() => document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true }));
  }

  /** Changes parts of the query in place; undefined or "" removes a part. */
  set(parts: Record<string, string | undefined>): void {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(parts)) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    const text = query.toString();
    history.replaceState(null, "", location.pathname + (text ? `?${text}` : ""));
    this.#read();
  }
}

export const router = new Router();
