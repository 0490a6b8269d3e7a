import type { WireInventory } from "@breakwater/shared/wire";
import { cpu, fsSize, mem, system } from "systeminformation";

/** File systems that hold no data of their own. */
const PSEUDO = new Set(["tmpfs", "devtmpfs", "squashfs", "overlay", "efivarfs", "ramfs", "iso9660"]);

export async function hardware(): Promise<NonNullable<WireInventory["hardware"]>> {
  const [processor, memory, machine, fileSystems] = [await cpu(), await mem(), await system(), await fsSize()];
  const seen = new Set<string>();
  return {
    cpus: processor.cores,
    memoryBytes: memory.total,
    manufacturer: machine.manufacturer,
    model: machine.model,
    fileSystems: fileSystems
      .filter((f) => (f.mount === "/" || !PSEUDO.has(f.type)) && !seen.has(f.mount) && seen.add(f.mount))
      .sort((a, b) => (a.mount < b.mount ? -1 : 1))
      .map((f) => ({ mountPoint: f.mount, type: f.type, sizeBytes: f.size, availableBytes: f.available })),
  };
}
