/** How a measure grew: values over sizes, both above 0. */
export interface Growth {
  readonly name: string;
  /** What the sizes count. */
  readonly over: string;
  readonly unit: string;
  readonly points: readonly (readonly [size: number, value: number])[];
}

/** The exponent k of value = c x size^k that fits best: the slope of the least-squares line through the logarithms. 1 is linear. */
export function exponentOf({ points }: Growth): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [mx, my] = [mean(logs.map(([x]) => x)), mean(logs.map(([, y]) => y))];
  const spread = logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  return logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / spread;
}

const WIDTH = 420;
const HEIGHT = 300;
const LEFT = 64;
const TOP = 44;
const BELOW = 46;
const RIGHT = 24;

/** Charts beside one another as an SVG document, both axes logarithmic: what grows by a power is a line there, and linear growth rises as the dashes do. */
export function svgOf(title: string, charts: readonly Growth[]): string {
  const width = charts.length * (LEFT + WIDTH + RIGHT);
  const parts = charts.map((growth, i) => `<g transform="translate(${i * (LEFT + WIDTH + RIGHT) + LEFT},${TOP})">${chart(growth)}</g>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${TOP + HEIGHT + BELOW}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title><rect width="100%" height="100%" fill="white"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function chart(growth: Growth): string {
  const { name, over, unit, points } = growth;
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const at = (value: number, all: readonly number[], length: number) => {
    const [low, high] = [Math.log(Math.min(...all) / 1.3), Math.log(Math.max(...all) * 1.3)];
    return ((Math.log(value) - low) / (high - low)) * length;
  };
  const x = (value: number) => at(value, xs, WIDTH).toFixed(1);
  const [x0 = 1, y0 = 1] = points[0] ?? [];
  const linear = points.map(([size]) => [size, (y0 * size) / x0] as const);
  const reach = [...ys, ...linear.map(([, v]) => v)];
  const y = (value: number) => (HEIGHT - at(value, reach, HEIGHT)).toFixed(1);
  const line = (of: readonly (readonly [number, number])[], style: string) =>
    `<polyline fill="none" ${style} points="${of.map(([a, b]) => `${x(a)},${y(b)}`).join(" ")}"/>`;
  return [
    `<text x="0" y="-16" font-weight="bold">${escaped(name)}: exponent ${exponentOf(growth).toFixed(2)}</text>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="none" stroke="#999"/>`,
    line(linear, 'stroke="#999" stroke-dasharray="4 4"'),
    line(points, 'stroke="#0a5" stroke-width="2"'),
    ...points.map(
      ([a, b]) =>
        `<circle cx="${x(a)}" cy="${y(b)}" r="4" fill="#0a5"/><text x="${Number(x(a)) + 8}" y="${Number(y(b)) + 14}">${told(b)} ${escaped(unit)}</text>` +
        `<text x="${x(a)}" y="${HEIGHT + 18}" text-anchor="middle">${a.toLocaleString("en")}</text>`,
    ),
    `<text x="${WIDTH / 2}" y="${HEIGHT + 38}" text-anchor="middle">${escaped(over)}; dashes: linear</text>`,
  ].join("\n");
}

const told = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const escaped = (text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

const BAR = 50;
/** The same as lines of text: bars as long as the values. */
export function textOf(growth: Growth): string[] {
  const { name, over, unit, points } = growth;
  const most = Math.max(...points.map(([, value]) => value));
  return [
    `${name} grows with ${over} by exponent ${exponentOf(growth).toFixed(2)} (1 is linear)`,
    ...points.map(
      ([size, value]) =>
        `${size.toLocaleString("en").padStart(9)} ${"#".repeat(Math.max(1, Math.round((value / most) * BAR))).padEnd(BAR)} ${told(value)} ${unit}`,
    ),
  ];
}
