/** The host's accent colour, made readable: WCAG 2.2 asks for a contrast of 4.5 to 1 for text. */

export const DEFAULT_ACCENT = "#2f5bd0";
const READABLE = 4.5;
const STEPS = 20;

type Rgb = readonly [number, number, number];

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [16, 18, 20];
/** The panel's own grounds, the least favourable of each scheme (bubbles); `styles.css` has them too. */
const LIGHT_GROUND: Rgb = [241, 243, 242];
const DARK_GROUND: Rgb = [38, 43, 46];

export interface Palette {
  accent: string;
  onAccent: string;
  accentTextLight: string;
  accentTextDark: string;
}

/** `#rgb` or `#rrggbb`; anything else gives the default colour. */
export function paletteOf(accent: string | null): Palette {
  const rgb = parseHex(accent ?? "") ?? (parseHex(DEFAULT_ACCENT) as Rgb);
  return {
    accent: toCss(rgb),
    onAccent: toCss(contrast(rgb, WHITE) >= READABLE ? WHITE : best(rgb)),
    accentTextLight: toCss(towards(rgb, BLACK, LIGHT_GROUND)),
    accentTextDark: toCss(towards(rgb, WHITE, DARK_GROUND)),
  };
}

function best(ground: Rgb): Rgb {
  return contrast(ground, WHITE) > contrast(ground, BLACK) ? WHITE : BLACK;
}

function parseHex(text: string): Rgb | null {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text);
  const digits = short ? short.slice(1).map((digit) => digit + digit) : /^#(..)(..)(..)$/.exec(text)?.slice(1);
  const values = digits?.map((pair) => Number(`0x${pair}`));
  if (!values || values.some(Number.isNaN)) return null;
  return values as unknown as Rgb;
}

/** The first mix of `color` with `end` that can be read on `ground`. */
function towards(color: Rgb, end: Rgb, ground: Rgb): Rgb {
  for (let step = 0; step < STEPS; step += 1) {
    const mixed = mix(color, end, step / STEPS);
    if (contrast(mixed, ground) >= READABLE) return mixed;
  }
  return end;
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return from.map((value, at) => Math.round(value + ((to[at] as number) - value) * share)) as unknown as Rgb;
}

export function contrast(one: Rgb, other: Rgb): number {
  const [bright, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (bright + 0.05) / (dark + 0.05);
}

function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function toCss(color: Rgb): string {
  return `rgb(${color.join(" ")})`;
}

/** What tells people apart, on the light grounds and on the dark ones: each readable there. */
export const HUES: readonly (readonly [light: string, dark: string])[] = [
  ["#b3245c", "#ff9dc0"],
  ["#8a4b00", "#f5b765"],
  ["#3f6b00", "#b2d977"],
  ["#00695f", "#6edccb"],
  ["#0a62a8", "#8cc7ff"],
  ["#5a48c8", "#bfb3ff"],
  ["#8d2f9e", "#eba6f7"],
  ["#a03c1b", "#ffa98a"],
];

/** A class for each, which sets `--hue`. */
export function huesCss(): string {
  const each = (scheme: 0 | 1) => HUES.map((hue, at) => `.hue${at} { --hue: ${hue[scheme]}; }`).join("\n");
  return `${each(0)}\n@media (prefers-color-scheme: dark) {\n${each(1)}\n}`;
}
