import { type Colours, plain } from '../core/colours.ts'

/** How an answer for people is shown. */
export interface Shown {
  readonly colours: Colours
  /** The command line that lists every way in, as it works where the answer is printed. */
  readonly who: string
}

/** Without colours, for files and programs. */
export const shownPlain: Shown = { colours: plain, who: 'claimgate who' }

/** Of an outcome and of a condition: `unknown` is doubtful, as a claim that is missing is no answer. */
export function paintOf(colours: Colours, word: string): (text: string) => string {
  switch (word) {
    case 'allowed':
    case 'hit':
    case 'gains access':
      return colours.good
    case 'sign_in':
    case 'unknown':
      return colours.doubtful
    case 'denied':
    case 'rejected':
    case 'miss':
    case 'loses access':
      return colours.bad
    default:
      return (text) => text
  }
}
