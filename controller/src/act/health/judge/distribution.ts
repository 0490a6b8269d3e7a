/** Natural logarithm of the gamma function (Lanczos, g = 7, 9 terms; relative error below 1e-13). */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const terms = [
    676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012,
    9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  const t = x + 6.5;
  const sum = terms.reduce((acc, c, i) => acc + c / (x + i), 0.99999999999980993);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Regularised incomplete beta function, by its continued fraction (Numerical Recipes 6.4, modified Lentz). */
export function incompleteBeta(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(a, b, x)) / a : 1 - (front * betaFraction(b, a, 1 - x)) / b;
}

function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  const away = (v: number) => (Math.abs(v) < tiny ? tiny : v);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-12) break;
  }
  return h;
}

/** Chance that Student's t with these degrees of freedom exceeds a value. */
export function studentTail(t: number, degrees: number): number {
  const tail = 0.5 * incompleteBeta(degrees / 2, 0.5, degrees / (degrees + t * t));
  return t >= 0 ? tail : 1 - tail;
}

/** Newton's steps towards a quantile; from 0 fewer than 20 are needed for any chance that is asked for here. */
const MAX_STEPS = 60;

/**
 * The value that Student's t exceeds with this chance (0 < chance < 0.5). The tail is convex above 0, so Newton's method
 * from there climbs to the value and never beyond.
 */
export function studentQuantile(chance: number, degrees: number): number {
  const scale = logGamma((degrees + 1) / 2) - logGamma(degrees / 2) - 0.5 * Math.log(degrees * Math.PI);
  let t = 0;
  for (let i = 0; i < MAX_STEPS; i++) {
    const density = Math.exp(scale - ((degrees + 1) / 2) * Math.log1p((t * t) / degrees));
    const step = (studentTail(t, degrees) - chance) / density;
    t += step;
    if (Math.abs(step) <= 1e-12 * (1 + t)) break;
  }
  return t;
}

/**
 * Chance of `count` or more events in `exposure`, when a rate of unknown size gave `pastCount` events in `pastExposure`.
 * Poisson with Jeffreys' prior on the rate: the predictive distribution is negative binomial, whose tail is an
 * incomplete beta function.
 */
export function countTail(count: number, exposure: number, pastCount: number, pastExposure: number): number {
  if (count <= 0) return 1;
  if (exposure <= 0 || pastExposure <= 0) return 1;
  return incompleteBeta(count, pastCount + 0.5, exposure / (exposure + pastExposure));
}
