export * from "./business-rule.ts";
export { isZone } from "./is-zone.ts";
export * from "./opening.ts";
export { mergeSpans, type Span, subtractSpans } from "./span.ts";
export * from "./window.ts";
export { formatLocal, offsetAt } from "./zone.ts";
