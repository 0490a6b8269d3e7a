import { describe, expect, it } from "vitest";
import { countTail, incompleteBeta, logGamma, studentQuantile, studentTail } from "./distribution.ts";

// Reference values: tables of Student's t (NIST/SEMATECH e-Handbook 1.3.6.7.2) and closed forms.
describe("distributions", () => {
  it("knows the gamma function", () => {
    expect(logGamma(5)).toBeCloseTo(Math.log(24), 12);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
  });
  it("knows Student's t", () => {
    expect(studentTail(2.764, 10)).toBeCloseTo(0.01, 4);
    expect(studentTail(-2.764, 10)).toBeCloseTo(0.99, 4);
    expect(studentTail(31.821, 1)).toBeCloseTo(0.01, 5);
    expect(studentQuantile(0.025, 5)).toBeCloseTo(2.571, 3);
    expect(studentQuantile(0.001, 30)).toBeCloseTo(3.385, 3);
  });
  it("knows the incomplete beta function", () => {
    expect(incompleteBeta(1, 1, 0.3)).toBeCloseTo(0.3, 12);
    expect(incompleteBeta(2, 3, 0.4)).toBeCloseTo(0.5248, 10);
  });
  it("tells chance from a raised rate of events", () => {
    expect(countTail(0, 10, 3, 1000)).toBe(1);
    expect(countTail(3, 50, 1, 15_000)).toBeLessThan(1e-5);
    expect(countTail(3, 1000, 3, 1000)).toBeGreaterThan(0.3);
  });
});
