import { KiB, type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about certificates of clients. */
export const clientCertificateLimits = {
  shownClientCertificates: of(
    'connection',
    10,
    'A client’s certificate and those that come with it; with more it counts as none.',
  ),
  certificateConnectionMs: of(
    'connection',
    600_000,
    'How long a connection lasts on which a client showed a certificate; then it ends after its request.',
  ),
  certificateBytes: of('connection', 32 * KiB, 'A client’s certificate; a longer one counts as none.'),
} as const satisfies Readonly<Record<string, Limit>>
