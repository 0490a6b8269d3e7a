import { tick } from "svelte";
import { ApiProblem, call, get, post } from "./api.ts";
import type { Me, Role } from "./types.ts";

const order: Role[] = ["viewer", "operator", "approver", "admin"];

/** Who is signed in, and what they may do. `state` is "asking" until the controller has answered once. */
class Session {
  state = $state<"asking" | "set-up" | "signed-out" | "signed-in" | "offline">("asking");
  me = $state<Me | null>(null);

  async ask(): Promise<void> {
    try {
      this.me = await get<Me>("/me");
      this.state = "signed-in";
    } catch (cause) {
      this.me = null;
      if (cause instanceof ApiProblem && cause.code === "offline") this.state = "offline";
      else this.state = (await get<{ needed: boolean }>("/setup").catch(() => ({ needed: false }))).needed ? "set-up" : "signed-out";
    }
  }
  may(role: Role): boolean {
    return this.me !== null && order.indexOf(this.me.role) >= order.indexOf(role);
  }
  async signIn(name: string, password: string): Promise<void> {
    await post("/session", { name, password });
    await this.ask();
  }
  async setUp(token: string, name: string, password: string): Promise<void> {
    await post("/setup", { token, name, password });
    await this.ask();
  }
  async signOut(): Promise<void> {
    // The pages go first, and with them what they still ask for: nothing is asked in the name of a session that has ended.
    this.state = "asking";
    await tick();
    try {
      await call("DELETE", "/session");
    } finally {
      await this.ask();
    }
  }
}

export const session = new Session();
