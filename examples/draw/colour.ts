// Colours are linear-light sRGB triples, 0 .. 1. Palettes are written in hex; they vary and blend in Oklab, where equal
// steps look equal (B. Ottosson, "A perceptual color space for image processing", 2020).

export type Rgb = readonly [r: number, g: number, b: number];

export const toLinear = (v: number): number => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
export const toSrgb = (v: number): number => (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);

/** `'#c8a27a'` to linear light. */
export function hex(code: string): Rgb {
  const n = Number.parseInt(code.slice(1), 16);
  return [toLinear((n >> 16) / 255), toLinear(((n >> 8) & 255) / 255), toLinear((n & 255) / 255)];
}

/** Mixture in linear light, as pigments lying side by side mix. */
export const mix = (a: Rgb, b: Rgb, t: number): Rgb => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
];

export const scale = (a: Rgb, k: number): Rgb => [a[0] * k, a[1] * k, a[2] * k];

function toOklab([r, g, b]: Rgb): Rgb {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([L, a, b]: Rgb): Rgb {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    Math.max(0, 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    Math.max(0, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    Math.max(0, -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** The same colour a little lighter, more saturated (a factor) or turned in hue (radians). */
export function vary(colour: Rgb, lighter: number, saturation = 1, turn = 0): Rgb {
  const [L, a, b] = toOklab(colour);
  const c = Math.cos(turn) * saturation;
  const s = Math.sin(turn) * saturation;
  return fromOklab([Math.max(0, L + lighter), a * c - b * s, a * s + b * c]);
}

/** A perceptually even gradient through hex stops, tabulated; argument 0 .. 1. */
export function ramp(...stops: string[]): (t: number) => Rgb {
  const labs = stops.map((s) => toOklab(hex(s)));
  const table: Rgb[] = [];
  const last = labs.length - 1;
  for (let k = 0; k <= 255; k++) {
    const at = (k / 255) * last;
    const i = Math.min(Math.floor(at), last - 1);
    table.push(fromOklab(mix(labs[i] ?? [0, 0, 0], labs[i + 1] ?? [0, 0, 0], at - i)));
  }
  return (t) => table[Math.round(Math.min(1, Math.max(0, t)) * 255)] ?? [0, 0, 0];
}

/** Choose by a uniform number among hex colours, each with its share: `weighted([['#fff', 2], ['#000', 1]])`. */
export function weighted(entries: readonly (readonly [code: string, share: number])[]): (u: number) => Rgb {
  const colours = entries.map(([code, share]) => [hex(code), share] as const);
  const total = entries.reduce((sum, [, share]) => sum + share, 0);
  return (u) => {
    let left = u * total;
    for (const [colour, share] of colours) {
      left -= share;
      if (left < 0) return colour;
    }
    return colours[0]?.[0] ?? [0, 0, 0];
  };
}
