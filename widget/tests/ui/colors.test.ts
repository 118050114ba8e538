import { describe, expect, it } from "vitest";
import { contrast, HUES, huesCss, paletteOf } from "../../src/ui/colors";

type Rgb = [number, number, number];
const rgb = (css: string) => css.match(/\d+/g)?.map(Number) as Rgb;

describe("any accent colour", () => {
  it.each(["#4f46a5", "#ffe100", "#000000", "#ffffff", "#f00", "#7f7f7f", "#00ffcc"])("%s gives text of AA contrast", (accent) => {
    const palette = paletteOf(accent);
    expect(contrast(rgb(palette.accent), rgb(palette.onAccent))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(rgb(palette.accentTextLight), [241, 243, 242])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(rgb(palette.accentTextDark), [38, 43, 46])).toBeGreaterThanOrEqual(4.5);
  });

  it("stays itself where it can be read", () => {
    expect(paletteOf("#4f46a5").accentTextLight).toBe("rgb(79 70 165)");
  });

  it.each([null, "red", "#12", "url(x)"])("%s falls back to the default", (accent) => {
    expect(paletteOf(accent)).toEqual(paletteOf("#2f5bd0"));
  });
});

describe("a person's colour", () => {
  const hex = (css: string) => css.match(/[0-9a-f]{2}/g)?.map((pair) => Number(`0x${pair}`)) as unknown as Rgb;
  const grounds: [Rgb, Rgb][] = [[[255, 255, 255], [23, 26, 28]], [[241, 243, 242], [38, 43, 46]]];

  it.each(HUES)("%s, in the dark %s, gives text of AA contrast on panel and bubble", (light, dark) => {
    for (const [bright, dim] of grounds) {
      expect(contrast(hex(light), bright)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(hex(dark), dim)).toBeGreaterThanOrEqual(4.5);
    }
  });

  it("has a class for each scheme", () => {
    expect(huesCss().match(/\.hue\d/g)).toHaveLength(2 * HUES.length);
  });
});
