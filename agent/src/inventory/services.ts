import { ok, type Result } from "@breakwater/shared/core";
import { runText } from "./run-tool.ts";

/** A systemd service as `systemctl show` tells it. */
export interface UnitState {
  readonly unit: string;
  readonly activeState: string;
  readonly subState: string;
  readonly mainPid: number;
  readonly restarts: number;
  /** Path of the first program it starts; "" when it starts none. */
  readonly executable: string;
}

/** Blocks of `Key=Value`, parted by blank lines. */
export function parseSystemctlShow(text: string): UnitState[] {
  return text.split("\n\n").flatMap((block) => {
    const value = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(block)?.[1] ?? "";
    const unit = value("Id");
    if (unit === "") return [];
    return {
      unit,
      activeState: value("ActiveState"),
      subState: value("SubState"),
      mainPid: Number(value("MainPID")) || 0,
      restarts: Number(value("NRestarts")) || 0,
      executable: /path=(\S+)/.exec(value("ExecStart"))?.[1] ?? "",
    };
  });
}

/** All loaded services in one call. Units that are not there (not-found, inactive dependencies) are left out. */
export async function readServices(): Promise<Result<UnitState[]>> {
  const shown = await runText(
    "systemctl",
    ["show", "*.service", "--all", "--property=Id,LoadState,ActiveState,SubState,MainPID,NRestarts,ExecStart"],
    { timeoutMs: 30_000 },
  );
  if (!shown.ok) return shown;
  const loaded = shown.value.split("\n\n").filter((block) => !/^LoadState=not-found$/m.test(block));
  return ok(parseSystemctlShow(loaded.join("\n\n")).filter((u) => u.activeState !== "inactive" || u.mainPid > 0));
}
