/** A colour of sRGB: red, green, blue from 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number]

/** `#12594a`; null for every other form. */
export function readColour(text: string): Colour | null {
  const [, red = '', green = '', blue = ''] = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text) ?? []
  return red === '' ? null : [Number.parseInt(red, 16), Number.parseInt(green, 16), Number.parseInt(blue, 16)]
}

/** The same in lower case: nothing but `#` and six digits. */
export function colourText(colour: Colour): string {
  return `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`
}

/** So much of one colour, from 0 to 1, and the rest of the other. */
export function mix(one: Colour, other: Colour, share: number): Colour {
  const part = (at: 0 | 1 | 2) => Math.round(one[at] * share + other[at] * (1 - share))
  return [part(0), part(1), part(2)]
}

/** WCAG 2.2: from 1, the same, to 21, black and white. */
export function contrast(one: Colour, other: Colour): number {
  const [lighter, darker] = [luminance(one), luminance(other)]
  return (Math.max(lighter, darker) + 0.05) / (Math.min(lighter, darker) + 0.05)
}

function luminance([red, green, blue]: Colour): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

function linear(part: number): number {
  const value = part / 255
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}
