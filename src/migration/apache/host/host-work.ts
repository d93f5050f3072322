import type { Finding } from '../../finding.ts'
import type { Variable } from '../../variable.ts'
import type { Context } from '../context.ts'
import type { ConvertedProvider } from '../provider/provider.ts'
import type { VirtualHost } from '../reading/site.ts'
import type { ConvertedSession } from './session.ts'

/** What the conversion of one virtual host is given. */
export interface HostWork {
  readonly host: VirtualHost
  readonly providers: readonly ConvertedProvider[]
  /** Whether the file has others. */
  readonly severalProviders: boolean
  readonly session: ConvertedSession
  readonly context: Context
  readonly report: (finding: Finding) => void
  readonly variable: (variable: Variable) => void
}

/** Says something of a host as a whole. */
export function sayHost(
  { host, report }: HostWork,
  id: string,
  kind: Finding['kind'],
  message: string,
): void {
  const what = host.at === null ? 'the server' : `<VirtualHost ${host.addresses}>`
  report({ id, kind, at: host.at, what, message, effect: null })
}
