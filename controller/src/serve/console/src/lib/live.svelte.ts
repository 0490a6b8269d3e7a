import type { QueryClient } from "@tanstack/svelte-query";

/** Which lists a domain event makes stale, by the event's aggregate. */
const touches: Record<string, string[]> = {
  endpoint: ["endpoints", "endpoint", "overview"],
  inventory: ["endpoints", "endpoint", "queue", "overview"],
  updates: ["queue", "endpoint"],
  finding: ["findings", "queue", "overview", "endpoint", "endpoints"],
  intel: ["queue", "feeds", "overview"],
  plan: ["plans", "plan", "overview", "queue"],
  deployment: ["deployments", "deployment", "overview"],
  wave: ["deployment", "deployments", "overview"],
  execution: ["deployment", "execution", "endpoint"],
  verdict: ["deployment", "overview"],
  fleet: ["overview", "deployment", "deployments"],
  freeze: ["overview", "deployment", "deployments"],
};
/** Many events come in bursts; one refresh answers all of them. */
const GATHER_MS = 400;

/** The controller's event stream: says how fresh the page is, and makes what changed be read again. */
class Live {
  state = $state<"connecting" | "live" | "behind">("connecting");
  lastHeard = $state(Date.now());
  #source: EventSource | undefined;
  #stale = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  start(client: QueryClient): void {
    this.stop();
    const source = new EventSource("/api/v1/events", { withCredentials: true });
    this.#source = source;
    source.onopen = () => {
      this.#heard();
      // What happened while the stream was away is not known one by one.
      if (this.state === "behind") void client.invalidateQueries();
      this.state = "live";
    };
    source.onerror = () => {
      this.state = "behind";
    };
    source.addEventListener("heartbeat", () => this.#heard());
    source.onmessage = (message) => this.#take(client, message);
    for (const aggregate of Object.keys(touches))
      source.addEventListener(aggregate, (message) => this.#take(client, message as MessageEvent<string>));
  }
  stop(): void {
    this.#source?.close();
    clearTimeout(this.#timer);
  }
  #heard(): void {
    this.lastHeard = Date.now();
  }
  #take(client: QueryClient, message: MessageEvent<string>): void {
    this.#heard();
    const type = String((JSON.parse(message.data) as { type?: string }).type ?? "");
    for (const key of touches[type.split(".")[0] ?? ""] ?? ["overview"]) this.#stale.add(key);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const key of this.#stale) void client.invalidateQueries({ queryKey: [key] });
      this.#stale.clear();
    }, GATHER_MS);
  }
}

export const live = new Live();
