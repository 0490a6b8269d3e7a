import { runTool } from "../packages/index.ts";
import { createGrub, noFallback, runningKernel } from "../reboot/index.ts";

/** "yes", or why a new kernel could not be tried once. Without privileges grub's menu may not be readable, which is said too. */
export const kernelFallback = async (): Promise<string> => noFallback(await createGrub(runTool).look(), runningKernel()) ?? "yes";
