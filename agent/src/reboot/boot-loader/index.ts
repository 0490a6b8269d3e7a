export type { BootLoader } from "./boot-loader.ts";
export { decideFallback, type KernelFallback, noFallback } from "./fallback.ts";
export { createGrub } from "./grub.ts";
