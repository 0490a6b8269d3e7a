export type { BootLoader } from "./boot-loader.ts";
export { decideFallback, noFallback } from "./fallback.ts";
export { createGrub } from "./grub.ts";
