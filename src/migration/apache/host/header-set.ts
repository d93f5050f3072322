import { foldHeaderName, isReservedHeader } from '../../../core/headers/names.ts'
import type { Finding } from '../../finding.ts'
import type { Variable } from '../../variable.ts'

/** Headers that the gateway sets on requests to the app. */
export interface ConvertedHeaders {
  /** Name → claim path or `user`. */
  readonly identity: Readonly<Record<string, string>>
  /** Name → value, the same for everybody. */
  readonly fixed: Readonly<Record<string, string>>
}

export interface HeaderNotes {
  readonly report: (finding: Finding) => void
  readonly variable: (variable: Variable) => void
}

/** Headers by their folded names, as apps may take them for one. */
export class HeaderSet {
  readonly #identity: Map<string, readonly [string, string]>
  readonly #fixed: Map<string, readonly [string, string]>

  constructor({ identity, fixed }: ConvertedHeaders) {
    const byName = (headers: Readonly<Record<string, string>>) =>
      new Map(Object.entries(headers).map((entry) => [foldHeaderName(entry[0]), entry]))
    this.#identity = byName(identity)
    this.#fixed = byName(fixed)
  }

  /** Whether the gateway leaves the name to whoever configures it. */
  takes(name: string): boolean {
    const dashed = headerName(name)
    return dashed !== '' && !isReservedHeader(dashed)
  }

  tell(name: string, from: string): void {
    const dashed = headerName(name)
    if (!this.takes(name)) return
    this.#fixed.delete(foldHeaderName(dashed))
    this.#identity.set(foldHeaderName(dashed), [dashed, from])
  }

  fix(name: string, value: string): void {
    const dashed = headerName(name)
    this.#identity.delete(foldHeaderName(dashed))
    this.#fixed.set(foldHeaderName(dashed), [dashed, value])
  }

  all(): ConvertedHeaders {
    return {
      identity: Object.fromEntries(this.#identity.values()),
      fixed: Object.fromEntries(this.#fixed.values()),
    }
  }
}

/** Letters, digits and dashes: what every server reads alike. */
export function headerName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9-]/g, '-')
}
