/** One hop on the way from this machine's packages to the controller. */
export interface Finding {
  readonly hop: string;
  readonly state: "good" | "doubtful" | "broken" | "skipped";
  readonly detail: string;
  readonly next?: string;
}

export const good = (hop: string, detail: string): Finding => ({ hop, state: "good", detail });
export const doubtful = (hop: string, detail: string, next: string): Finding => ({ hop, state: "doubtful", detail, next });
export const broken = (hop: string, detail: string, next: string): Finding => ({ hop, state: "broken", detail, next });
export const skipped = (hop: string, detail: string): Finding => ({ hop, state: "skipped", detail });
