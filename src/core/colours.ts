/** What stands out on a terminal. Each takes a text without controls and gives it back with colour around it. */
export interface Colours {
  readonly good: Paint
  readonly bad: Paint
  readonly doubtful: Paint
  /** What need not be read first. */
  readonly quiet: Paint
  readonly strong: Paint
}

type Paint = (text: string) => string

const asItIs: Paint = (text) => text

export const plain: Colours = { good: asItIs, bad: asItIs, doubtful: asItIs, quiet: asItIs, strong: asItIs }

/** ECMA-48 section 8.3.117, Select Graphic Rendition: by the terminal's own sixteen colours, which suit its ground. */
export const coloured: Colours = {
  good: (text) => `\u001b[32m${text}\u001b[39m`,
  bad: (text) => `\u001b[31m${text}\u001b[39m`,
  doubtful: (text) => `\u001b[33m${text}\u001b[39m`,
  quiet: (text) => `\u001b[2m${text}\u001b[22m`,
  strong: (text) => `\u001b[1m${text}\u001b[22m`,
}

/**
 * The colours for an output. `FORCE_COLOR` asks for them anywhere (`0` and `false`: nowhere), as Node takes it; else
 * they are for terminals that are not dumb, unless `NO_COLOR` holds something.
 */
export function coloursFor(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): Colours {
  const { FORCE_COLOR: forced, NO_COLOR: none = '', TERM: kind } = env
  if (forced !== undefined) return forced === '0' || forced === 'false' ? plain : coloured
  return isTerminal && none === '' && kind !== 'dumb' ? coloured : plain
}
