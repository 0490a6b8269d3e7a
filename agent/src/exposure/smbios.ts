import { readFile } from "node:fs/promises";

/** What the board says of itself: root's to read. "" where it says nothing or we may not look. */
export interface Smbios {
  readonly serialNumber: string;
  readonly systemUuid: string;
}

const MAX_CHARACTERS = 128;

/** @see https://www.kernel.org/doc/Documentation/ABI/testing/sysfs-class-dmi */
export async function readSmbios(sys = "/sys"): Promise<Smbios> {
  const field = async (name: string) =>
    (await readFile(`${sys}/class/dmi/id/${name}`, "utf8").catch(() => "")).trim().slice(0, MAX_CHARACTERS);
  return { serialNumber: await field("product_serial"), systemUuid: await field("product_uuid") };
}
