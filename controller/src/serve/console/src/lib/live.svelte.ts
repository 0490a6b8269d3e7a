import type { QueryClient } from "@tanstack/svelte-query";

/** Which lists a domain event makes stale, by the event's aggregate. Query keys of one thing begin with its kind. */
const touches: Record<string, string[]> = {
  endpoint: ["endpoints", "endpoint", "overview", "halts"],
  halt: ["halts"],
  "approval-key": ["approval-keys"],
  inventory: ["endpoints", "endpoint", "queue", "overview"],
  updates: ["queue", "endpoint"],
  finding: ["queue", "overview", "endpoint", "endpoints", "finding", "suppressions"],
  suppression: ["suppressions", "finding"],
  vex: ["vex", "finding"],
  intel: ["queue", "feeds", "overview"],
  plan: ["plans", "plan", "overview", "queue"],
  deployment: ["deployments", "deployment", "overview", "plans", "plan", "queue"],
  wave: ["deployment", "deployments", "overview"],
  execution: ["deployment", "execution", "endpoint"],
  verdict: ["deployment", "overview"],
  fleet: ["overview", "deployment", "deployments"],
  "join-token": ["join-tokens"],
  user: ["users"],
};
/** Many events come in bursts; one refresh answers all of them. */
const GATHER_MS = 500;
/** The controller speaks every 15 s at least; after twice that, the stream only looks open. */
const SILENT_MS = 35_000;
const RETRY_MS = 5_000;

/** The controller's event stream: says how fresh the page is, and makes what changed be read again. */
class Live {
  state = $state<"connecting" | "live" | "behind">("connecting");
  lastHeard = $state(Date.now());
  #source: EventSource | undefined;
  #stale = new Set<string>();
  #gather: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #reading = false;

  start(client: QueryClient): void {
    this.stop();
    this.#open(client);
    this.#watch = setInterval(() => {
      const silent = Date.now() - this.lastHeard > SILENT_MS;
      if (silent) this.state = "behind";
      // A browser gives up on a stream that was refused; this page does not.
      if (silent || this.#source?.readyState === EventSource.CLOSED) this.#open(client);
    }, RETRY_MS);
  }
  stop(): void {
    this.#source?.close();
    clearInterval(this.#watch);
    clearTimeout(this.#gather);
    this.#gather = undefined;
    this.state = "connecting";
  }
  #open(client: QueryClient): void {
    this.#source?.close();
    const source = new EventSource("/api/v1/events");
    this.#source = source;
    source.onopen = () => {
      this.lastHeard = Date.now();
      // What happened while the stream was away is not known one by one.
      if (this.state === "behind") void client.invalidateQueries();
      this.state = "live";
    };
    source.onerror = () => {
      this.state = "behind";
    };
    source.addEventListener("heartbeat", () => {
      this.lastHeard = Date.now();
    });
    source.onmessage = (message: MessageEvent<string>) => {
      this.lastHeard = Date.now();
      const type = String((JSON.parse(message.data) as { type?: string }).type ?? "");
      for (const key of touches[type.split(".")[0] ?? ""] ?? []) this.#stale.add(key);
      this.#readAgain(client);
    };
  }
  /** One round at a time: an answer that is under way is waited for, so that a busy hour cannot starve the page. */
  #readAgain(client: QueryClient): void {
    if (this.#reading || this.#gather !== undefined || this.#stale.size === 0) return;
    this.#gather = setTimeout(async () => {
      this.#gather = undefined;
      this.#reading = true;
      const keys = [...this.#stale];
      this.#stale.clear();
      await Promise.allSettled(keys.map((key) => client.invalidateQueries({ queryKey: [key] })));
      this.#reading = false;
      this.#readAgain(client);
    }, GATHER_MS);
  }
}

export const live = new Live();
