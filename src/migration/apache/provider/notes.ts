import type { Finding } from '../../finding.ts'
import type { Variable } from '../../variable.ts'
import type { Directive } from '../reading/tree.ts'
import { told } from '../told.ts'

export interface ProviderNotes {
  readonly report: (finding: Finding) => void
  readonly variable: (variable: Variable) => void
}

/** A finding of one directive of the provider. */
export function plain(
  id: string,
  kind: Finding['kind'],
  directive: Directive | null,
  message: string,
): Finding {
  return {
    id,
    kind,
    at: directive?.at ?? null,
    what: directive === null ? 'the provider' : told(directive),
    message,
    effect: null,
  }
}

/** Says that a directive is in the result, and where. */
export function kept(
  directive: Directive | null,
  where: string,
  { report }: Pick<ProviderNotes, 'report'>,
): void {
  if (directive !== null) report(plain('kept', 'kept', directive, where))
}
