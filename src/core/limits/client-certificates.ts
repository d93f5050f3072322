import { KiB, type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about certificates of clients. */
export const clientCertificateLimits = {
  certificateBytes: of('connection', 32 * KiB, 'A client’s certificate; a longer one counts as none.'),
} as const satisfies Readonly<Record<string, Limit>>
