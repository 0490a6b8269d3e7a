import type { z } from "zod";
import type * as s from "../../controller/src/serve/api/schemas/index.ts";

export type Plan = z.infer<typeof s.planSchema>;
export type Deployment = z.infer<typeof s.deploymentSchema>;
export type Endpoint = z.infer<typeof s.endpointSchema>;
export type EndpointRow = z.infer<typeof s.endpointRowSchema>;
export type Finding = z.infer<typeof s.findingRowSchema>;
export type QueueRow = z.infer<typeof s.queueRowSchema>;
export type Execution = z.infer<typeof s.executionSchema>;
export type Rehearsals = z.infer<typeof s.rehearsalsSchema>;
export type AuditVerification = z.infer<typeof s.auditVerifySchema>;
type Page<T> = { rows: T[]; next: string | null; total: number };

/** A program's view of the API, signed in with a token or a session cookie. */
export class Client {
  readonly base: string;
  #cookie = "";
  constructor(base: string) {
    this.base = base;
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.base}/api/v1${path}`, {
      method,
      headers: {
        "x-breakwater": "tests",
        ...(this.#cookie ? { cookie: this.#cookie } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const cookie = response.headers.getSetCookie()[0];
    if (cookie) this.#cookie = cookie.split(";")[0] ?? "";
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }
  get<T>(path: string): Promise<T> {
    return this.call<T>("GET", path);
  }
  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.call<T>("POST", path, body);
  }
  setUp(token: string, name: string, password: string): Promise<unknown> {
    return this.post("/setup", { token, name, password });
  }
  signIn(name: string, password: string): Promise<unknown> {
    return this.post("/session", { name, password });
  }
  async endpoints(): Promise<EndpointRow[]> {
    return (await this.get<Page<EndpointRow>>("/endpoints?limit=1000")).rows;
  }
  async queue(): Promise<QueueRow[]> {
    return (await this.get<Page<QueueRow>>("/queue?limit=1000")).rows;
  }
  async findings(endpointId: string, state: string): Promise<Finding[]> {
    return (await this.get<Page<Finding>>(`/endpoints/${endpointId}/findings?limit=1000&state=${state}`)).rows;
  }
}
