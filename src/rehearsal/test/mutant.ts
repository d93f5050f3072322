import type { Place } from '../../config/rules/context.ts'
import type { App, Location } from '../../core/gateway.ts'

/** One small change of the rules that the tests should notice. */
export interface Mutant {
  readonly place: Place
  /** What was changed: `without this condition`. */
  readonly change: string
  /** Each location that is another one now, with what it is; null: it is not there any more. */
  readonly changes: readonly Changed[]
  /** It matters to those alone whom it lets in: for all others one refusal becomes another. */
  readonly opensAlone?: true
}

export interface Changed {
  readonly app: App
  readonly before: Location
  readonly after: Location | null
}
