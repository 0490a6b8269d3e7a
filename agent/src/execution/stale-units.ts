import { viewProc } from "../exposure/index.ts";

const isCode = (path: string): boolean => /^\/(?:usr|lib|lib64|bin|sbin|opt)\//.test(path);

/** Units with a process that still runs a file which was replaced. */
export async function staleUnits(): Promise<string[]> {
  const { processes } = await viewProc();
  return processes.filter((p) => p.unit !== "" && (p.exeDeleted || p.mapped.some((m) => m.deleted && isCode(m.path)))).map((p) => p.unit);
}
