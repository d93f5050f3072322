import type { Gateway } from '../../core/gateway.ts'
import type { Agreement } from '../../runtime/agreement.ts'
import type { OperatorAnswers } from '../operations/answers.ts'
import type { CertificateWatch } from '../operations/certificates.ts'
import type { ServerContext } from './context.ts'

/** Who takes the requests of clients: this process itself, or workers of it. */
export interface Front {
  /** Throws what the system or a fault says when nobody can listen there. */
  listen(gateway: Gateway): Promise<void>
  /** The ports that were really taken, where the file says 0, by the order of `listen`. */
  ports(gateway: Gateway): readonly number[]
  readonly answers: OperatorAnswers
  /** Who takes them instead of this process; null: it does so itself. */
  readonly others: OtherProcesses | null
  /** No new connections; requests in flight may finish within the time. */
  close(graceMs: number): Promise<void>
}

export interface OtherProcesses extends Agreement {
  readonly count: number
}

/** Makes a front of what the process has. */
export type OpenFront = (context: ServerContext, seen: Pick<CertificateWatch, 'seen'>) => Promise<Front>
