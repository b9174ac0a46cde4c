/**
 * The colours of the page, light and dark, and how a mark gets one: as an SVG attribute, which stays where a style sheet
 * is refused, and as a class, which lets the dark theme replace it. Blue and orange are told apart under every common
 * colour blindness; faults are purple, so that they never look like a verdict; and nothing is said by colour alone.
 */
import { markup, verbatim, type Markup } from './markup.ts';

interface Tone {
  readonly light: string;
  readonly dark: string;
}

/** Text on `page` and `panel` has a contrast of 5 to 1 or more: palette.test.ts counts. */
export const palette = {
  page: { light: '#ffffff', dark: '#11151a' },
  panel: { light: '#f5f7f9', dark: '#1a2027' },
  ink: { light: '#16191d', dark: '#eef1f4' },
  quiet: { light: '#4a535d', dark: '#b6bfc9' },
  grid: { light: '#dbe0e5', dark: '#333c46' },
  axis: { light: '#7b858f', dark: '#7d8894' },
  good: { light: '#0067a3', dark: '#5cb8ea' },
  goodSoft: { light: '#d3e7f4', dark: '#173a50' },
  bad: { light: '#b93b08', dark: '#ff9c66' },
  fault: { light: '#6b2fa0', dark: '#cda6ff' },
  faultSoft: { light: '#eee5f7', dark: '#2c2139' },
  // P(stuck) from none to all, by lightness
  heat0: { light: '#f4f6f8', dark: '#1d242c' },
  heat1: { light: '#fde3d3', dark: '#4a2a1a' },
  heat2: { light: '#f9bf9c', dark: '#7a3f1d' },
  heat3: { light: '#ef9560', dark: '#a05022' },
  heat4: { light: '#c4440e', dark: '#ff9c66' },
  heatInk: { light: '#16191d', dark: '#eef1f4' },
  heatInkStrong: { light: '#ffffff', dark: '#11151a' },
  // kinds that are neither good nor bad: with a dash and a glyph each
  kind0: { light: '#16191d', dark: '#eef1f4' },
  kind1: { light: '#b93b08', dark: '#ff9c66' },
  kind2: { light: '#0067a3', dark: '#5cb8ea' },
  kind3: { light: '#00705a', dark: '#3ecfa8' },
  kind4: { light: '#9c4277', dark: '#ef9ccb' },
  kind5: { light: '#7a5c00', dark: '#e3c04b' },
} as const satisfies Record<string, Tone>;

export type Color = keyof typeof palette;

/** ` class="f-good" fill="#0067a3"` */
export function fill(color: Color): Markup {
  return markup` class="f-${color}" fill="${palette[color].light}"`;
}

/** ` class="s-good" stroke="#0067a3"`, and no fill. */
export function stroke(color: Color): Markup {
  return markup` class="s-${color}" stroke="${palette[color].light}" fill="none"`;
}

/** A line around what is filled with the page's colour: an open mark. */
export function outline(color: Color): Markup {
  return filledWithRim('page', color);
}

export function filledWithRim(color: Color, rim: Color): Markup {
  return markup` class="f-${color} s-${rim}" fill="${palette[color].light}" stroke="${palette[rim].light}"`;
}

/** Custom properties for HTML, and for SVG the classes that replace the attributes. */
export function paletteCss(): Markup {
  const names = Object.keys(palette) as Color[]; // its own keys
  const properties = (theme: keyof Tone): string =>
    names.map((name) => `--${name}:${palette[name][theme]}`).join(';');
  const classes = names
    .map((name) => `.f-${name}{fill:var(--${name})}.s-${name}{stroke:var(--${name})}`)
    .join('');
  return verbatim(
    `:root{color-scheme:light dark;${properties('light')}}` +
      `@media screen and (prefers-color-scheme:dark){:root{${properties('dark')}}}${classes}`,
  );
}
