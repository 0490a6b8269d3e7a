import { once } from "node:events";
import { createWriteStream } from "node:fs";

/** OSV records of some 4 kB: much text, a few ranges. @returns how many */
export async function writeMadeUpFeed(path: string, bytes: number): Promise<number> {
  const file = createWriteStream(path);
  const details = "A flaw in the parser lets an attacker read beyond the end of a buffer. ".repeat(40);
  let written = 0;
  let records = 0;
  file.write("[");
  while (written < bytes) {
    const number = 10_000 + records;
    const text = JSON.stringify({
      id: `DSA-${number}-1`,
      modified: "2026-02-01T00:00:00Z",
      upstream: [`CVE-2026-${number}`, `CVE-2025-${number}`],
      summary: `package-${number % 4_000} - security update`,
      details,
      affected: ["Debian:11", "Debian:12", "Debian:13"].map((ecosystem) => ({
        package: { ecosystem, name: `package-${number % 4_000}` },
        ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: `${number % 17}.${number}-1` }] }],
        versions: Array.from({ length: 30 }, (_, i) => `0.${i}-1`),
      })),
    });
    const whole = records === 0 ? text : `,\n${text}`;
    if (!file.write(whole)) await once(file, "drain");
    written += whole.length;
    records++;
  }
  file.end("]\n");
  await once(file, "finish");
  return records;
}
