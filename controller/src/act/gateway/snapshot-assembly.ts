import { fail, ok, type Result } from "@breakwater/shared/core";
import type { InventorySnapshotChunk__Output, WireInventory__Output } from "@breakwater/shared/wire";
import { LIMITS } from "./limits.ts";
import { gatewayProblem } from "./refusal.ts";

/** What came of one chunk: its sequence numbers are acknowledged together once the whole is stored, since half a snapshot is worth nothing. */
export type Assembled =
  | { readonly kind: "waiting"; readonly abandoned: readonly number[] }
  | {
      readonly kind: "complete";
      readonly digest: string;
      readonly inventory: WireInventory__Output;
      readonly sequences: readonly number[];
      readonly abandoned: readonly number[];
    };

/** Puts the chunks of one endpoint's snapshot together, within limits. Another digest in between abandons the earlier one. */
export function createSnapshotAssembly() {
  let digest: string | undefined;
  let parts: WireInventory__Output[] = [];
  let sequences: number[] = [];
  let packages = 0;
  const reset = () => {
    digest = undefined;
    [parts, sequences, packages] = [[], [], 0];
  };

  return {
    take(chunk: InventorySnapshotChunk__Output, sequence: number): Result<Assembled> {
      if (chunk.digest === "" || chunk.digest.length > 128) return fail(gatewayProblem.malformed("a snapshot chunk has no digest"));
      if (!chunk.part) return fail(gatewayProblem.malformed("a snapshot chunk is empty"));
      let abandoned: readonly number[] = [];
      if (digest !== undefined && digest !== chunk.digest) {
        abandoned = sequences;
        reset();
      }
      if (chunk.index !== parts.length) return fail(gatewayProblem.outOfOrder(parts.length, chunk.index));
      packages += chunk.part.packages.length + chunk.part.pendingUpdates.length + chunk.part.components.length;
      if (parts.length >= LIMITS.snapshotChunks || packages > LIMITS.snapshotPackages)
        return fail(
          gatewayProblem.tooLarge(`A snapshot has at most ${LIMITS.snapshotPackages} packages in ${LIMITS.snapshotChunks} chunks`),
        );
      digest = chunk.digest;
      parts.push(chunk.part);
      sequences.push(sequence);
      if (!chunk.last) return ok({ kind: "waiting", abandoned });
      const whole: Assembled = { kind: "complete", digest, inventory: merge(parts), sequences, abandoned };
      reset();
      return ok(whole);
    },
  };
}

/** Lists are joined; what there is one of is taken from the first chunk that has it. */
function merge(parts: readonly WireInventory__Output[]): WireInventory__Output {
  const all = <K extends keyof WireInventory__Output>(key: K) => parts.flatMap((p) => p[key] as never[]);
  const first = <K extends keyof WireInventory__Output>(key: K) => parts.find((p) => p[key])?.[key] ?? null;
  return {
    os: first("os") as WireInventory__Output["os"],
    packages: all("packages"),
    pendingUpdates: all("pendingUpdates"),
    services: all("services"),
    listeners: all("listeners"),
    loadedPackages: all("loadedPackages"),
    kernel: first("kernel") as WireInventory__Output["kernel"],
    reboot: first("reboot") as WireInventory__Output["reboot"],
    repositories: all("repositories"),
    hardware: first("hardware") as WireInventory__Output["hardware"],
    components: all("components"),
    componentScan: first("componentScan") as WireInventory__Output["componentScan"],
    containerRuntimes: all("containerRuntimes"),
    network: first("network") as WireInventory__Output["network"],
    lostVersions: all("lostVersions"),
    problems: all("problems"),
    collectedAt: parts.find((p) => p.collectedAt !== "")?.collectedAt ?? "",
  };
}
