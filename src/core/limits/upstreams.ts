import { functionStreamLimits } from './function-streams.ts'
import { functionLimits } from './functions.ts'
import { KiB, type Limit, of } from './limit.ts'

/** What apps may send, how long they are waited for, and how often they are asked. */
export const upstreamLimits = {
  upstreamHeaderBytes: of('upstream', 64 * KiB, 'Header lines of one answer; more is 502.'),
  upstreamPieceBytes: of(
    'request',
    64 * KiB,
    'A body that is sent whole goes to the app in pieces of this size, so that it shows whether it is still read.',
  ),
  upstreamWaitingRequests: of(
    'upstream',
    100,
    'Requests that wait for a connection while `upstream.max_connections` are in use; more are 503.',
  ),
  upstreamWaitingMs: of('upstream', 2_000, 'How long each of them waits; then it is 503.'),
  upstreamRepeatMs: of(
    'upstream',
    2_000,
    'How lately a request must have been given to a connection that the app closed, to be sent once more.',
  ),
  upstreamKeepAliveMs: of(
    'upstream',
    600_000,
    'An idle connection, whatever the app announces; `timeouts.keep_alive` may say more.',
  ),
  tlsProbeMs: of('upstream', 1_000, 'Asking an app that broke off over http whether it speaks TLS.'),
  tlsProbePauseMs: of('upstream', 60_000, 'The pause before that is asked again.'),
  shownCertificates: of(
    'upstream',
    8,
    'Certificates that one host shows in turn, and of whose end the log tells; of more it tells nothing on that day.',
  ),
  ...functionLimits,
  ...functionStreamLimits,
} as const satisfies Readonly<Record<string, Limit>>
