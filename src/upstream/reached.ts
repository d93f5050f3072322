import { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { ConnectionPhase, ShownCertificate } from '../core/connection/facts.ts'
import { readShownCertificate } from '../core/connection/shown-certificate.ts'
import type { Timing } from './timing.ts'

/** How far the making of a connection has come, and what the other side has shown of itself. */
export interface Reached {
  /** The other side took the connection, and TLS is being agreed upon. */
  securing: boolean
  certificate: ShownCertificate | null
}

/**
 * Watches a socket that is being connected, as an error alone says little: a certificate that was refused is gone by
 * then. Changes nothing of what is accepted.
 */
export function watchReached(dialled: unknown, timing: Timing): Reached {
  const reached: Reached = { securing: false, certificate: null }
  if (!(dialled instanceof Socket) || !(dialled instanceof TLSSocket)) return reached
  dialled.once('connect', () => {
    reached.securing = true
  })
  // Before Node's own listener, which verifies, and destroys what it does not accept.
  dialled.prependOnceListener('secure', () => {
    reached.certificate = readShownCertificate(dialled.getPeerX509Certificate(), timing.now())
  })
  return reached
}

/** Of a connection that was not had. */
export function phaseOf(reached: Reached | null): ConnectionPhase {
  return reached?.securing ? 'securing' : 'connecting'
}
