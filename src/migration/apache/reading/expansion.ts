import type { SourcePosition } from '../../source-position.ts'
import type { Node, SyntaxFault } from './tree.ts'

/** What reading the files had to assume or to leave out; for the report. */
export interface ReadingNote {
  readonly at: SourcePosition
  readonly what: string
  readonly kind: 'resolved' | 'left-out' | 'unreadable'
  readonly message: string
}

/** The files around a configuration: what an `Include` names, already parsed. Null: there is none. */
export type Including = (
  pattern: string,
  serverRoot: string | null,
) => readonly { readonly file: string; readonly nodes: readonly Node[] }[] | null

export interface Expansion {
  readonly include: Including
  readonly note: (note: ReadingNote) => void
  readonly fault: (fault: SyntaxFault) => void
  /** Names and values of `Define` and `-D`; grows while the files are read, as httpd's do. */
  readonly defined: Map<string, string>
  /** httpd's environment, as far as it was given. */
  readonly environment: ReadonlyMap<string, string>
  readonly macros: Map<string, Macro>
  serverRoot: string | null
  depth: number
}

/** `<Macro>`, as it is written. */
export interface Macro {
  readonly parameters: readonly string[]
  readonly body: readonly Node[]
}
