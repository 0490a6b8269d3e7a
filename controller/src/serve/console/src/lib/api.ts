/** What the controller answers when it refuses: a code, a sentence, and what to do next. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly next: string | undefined;
  /** Where in the request it lies, as a list of { at, message }, when the controller says it. */
  readonly details: unknown;
  constructor(status: number, body: { code?: string; message?: string; next?: string; details?: unknown }) {
    super(body.message ?? `The controller answered with status ${status}.`);
    this.status = status;
    this.code = body.code ?? "unknown";
    this.next = body.next;
    this.details = body.details;
  }
}

type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

/**
 * One call to the controller's API.
 * @throws ApiProblem for every refusal, and with code "offline" when the controller cannot be reached
 */
export async function call<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers: {
        accept: "application/json",
        "x-breakwater": "console",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
      credentials: "same-origin",
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiProblem(0, {
      code: "offline",
      message: "The controller cannot be reached.",
      next: "Check that it runs; this page goes on by itself when it is back.",
    });
  }
  if (response.status === 204) return undefined as T;
  const answer: unknown = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiProblem(response.status, answer as { code?: string });
  return answer as T;
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => call<T>("GET", path, undefined, signal);
export const post = <T>(path: string, body: unknown = {}): Promise<T> => call<T>("POST", path, body);
