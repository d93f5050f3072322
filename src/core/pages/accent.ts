import { type Colour, colourText, contrast, mix } from './colour.ts'

export type Scheme = 'light' | 'dark'

/** What pages stand on, and what is written there. The stylesheet takes them from here. */
export const schemes: Readonly<Record<Scheme, { readonly ground: Colour; readonly ink: Colour }>> = {
  light: { ground: [0xff, 0xfd, 0xf8], ink: [0x1c, 0x24, 0x20] },
  dark: { ground: [0x1a, 0x20, 0x1d], ink: [0xe8, 0xeb, 0xe6] },
}

/** An accent in one scheme, as the stylesheet has it. */
export interface AccentColours {
  /** Of buttons, borders and marks. */
  readonly accent: string
  /** What is written on it. */
  readonly ink: string
  /** A ground that hints at it. */
  readonly soft: string
}

export type Accent = Readonly<Record<Scheme, AccentColours>>

/**
 * WCAG 2.2, 1.4.11: what makes a button or a border is told from its ground. Text is not written in the colour, so it
 * needs no more; with the 4.5 of text no colour would do for both schemes.
 */
export const leastContrast = 3

/** How an accent stands out from its ground. */
export function accentContrast(colour: Colour, scheme: Scheme): number {
  return contrast(colour, schemes[scheme].ground)
}

/** The nearest colour of the same kind that stands out enough: darker on light, lighter on dark. */
export function fittingAccent(colour: Colour, scheme: Scheme): Colour {
  const toward: Colour = scheme === 'light' ? [0, 0, 0] : [255, 255, 255]
  for (let percent = 0; percent <= 100; percent++) {
    const one = mix(toward, colour, percent / 100)
    if (accentContrast(one, scheme) >= leastContrast) return one
  }
  return toward
}

/** What the stylesheet needs of a colour: the ink on it is black or white, whichever is read more easily. */
export function accentColours(colour: Colour, scheme: Scheme): AccentColours {
  const [black, white]: readonly [Colour, Colour] = [
    [0, 0, 0],
    [255, 255, 255],
  ]
  return {
    accent: colourText(colour),
    ink: colourText(contrast(colour, black) >= contrast(colour, white) ? black : white),
    soft: colourText(mix(colour, schemes[scheme].ground, 0.12)),
  }
}
