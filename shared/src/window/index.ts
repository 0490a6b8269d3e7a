export * from "./business-rule.ts";
export * from "./opening.ts";
export { mergeSpans, type Span, subtractSpans } from "./span.ts";
export * from "./window.ts";
export { formatLocal, isZone, offsetAt } from "./zone.ts";
