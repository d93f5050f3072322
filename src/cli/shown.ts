import { type Colours, coloursFor } from '../core/colours.ts'
import type { Io } from './command.ts'
import { commandLine } from './program.ts'

/** How a command shows its answer on standard output; see rehearsal/shown.ts. */
export function shownOn(io: Io): { readonly colours: Colours; readonly who: string } {
  return { colours: coloursFor(io.env, io.isTerminal?.stdout === true), who: commandLine(io, 'who') }
}
