import type { Gateway } from '../../core/gateway.ts'
import type { OperatorAnswers } from '../operations/answers.ts'

/** Who takes the requests of clients: this process itself, or workers of it. */
export interface Front {
  /** Throws what the system or a fault says when nobody can listen there. */
  listen(gateway: Gateway): Promise<void>
  /** The port that was really taken, where the file says 0. */
  port(gateway: Gateway): number
  readonly answers: OperatorAnswers
  /** No new connections; requests in flight may finish within the time. */
  close(graceMs: number): Promise<void>
}
