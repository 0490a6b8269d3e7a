import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { zypperRebootReasons } from "./reboot.ts";

it("a restart is wanted as long as libzypp's mark is there", async () => {
  const directory = await mkdtemp(join(tmpdir(), "breakwater-zypp-"));
  const mark = join(directory, "reboot-needed");
  expect(zypperRebootReasons(mark)).toEqual([]);
  await writeFile(mark, "");
  expect(zypperRebootReasons(mark)).toHaveLength(1);
  await rm(directory, { recursive: true });
});
