import { describe, expect, it } from "vitest";
import type { PackageManager } from "../packages/package-manager.ts";
import { leavingNow } from "./leaving.ts";

const named = (name: string) => ({ name, architecture: "amd64" });
const kept = [{ ...named("meta"), version: "1", file: "/x/meta.deb", sha256: "0" }];

/** A machine with these packages, where apt would remove what `needs` says along with what it is told to. */
function machine(
  installed: readonly string[],
  running: readonly string[] = [],
  needs: Readonly<Record<string, string>> = {},
): PackageManager {
  return {
    installed: async () =>
      installed.map((n) => ({ ...named(n), version: "2", status: "installed", held: false, reinstallRequired: false })),
    newPackages: {
      ofRunningKernel: async () => new Set(running),
      simulateRestore: async (_kept: unknown, leaving: { name: string }[]) => ({
        ok: true,
        value: {
          installs: [{ ...named("meta"), from: "2", to: "1" }],
          removes: leaving.flatMap(({ name }) => [name, ...(needs[name] ? [needs[name]] : [])]).map((n) => ({ ...named(n), version: "2" })),
        },
      }),
    },
  } as unknown as PackageManager;
}

describe("what a change brought, when it goes back", () => {
  it("goes, so far as it is there", async () => {
    expect(await leavingNow(machine(["meta", "image"]), kept, [named("image"), named("tools")])).toEqual({ leaving: [named("image")] });
    expect(await leavingNow(machine(["meta"]), kept, [])).toEqual({ leaving: [] });
  });
  it("stays where it is the kernel that runs, and what that needs stays with it", async () => {
    const brought = [named("image"), named("modules"), named("tools")];
    const all = ["meta", "image", "modules", "tools"];
    expect(await leavingNow(machine(all, ["image", "modules"]), kept, brought)).toEqual({
      leaving: [named("tools")],
      stays: { packages: [named("image"), named("modules")], why: "it is the kernel that runs now." },
    });
    expect(await leavingNow(machine(all, ["image"], { modules: "image" }), kept, brought)).toEqual({
      leaving: [],
      stays: { packages: brought, why: "it is the kernel that runs now, with what it needs." },
    });
  });
  it("keeps the whole change from going back where something else would go with it", async () => {
    expect(await leavingNow(machine(["meta", "image", "guest"], [], { image: "guest" }), kept, [named("image")])).toEqual({
      leaving: [],
      problem: { problem: "it would also remove guest", failureClass: "removal-needed" },
    });
  });
});
