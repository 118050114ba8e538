import { describe, expect, it } from "vitest";
import { contrast, paletteOf } from "../../src/ui/colors";

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
