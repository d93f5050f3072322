import { KiB, type Limit, MiB, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about what AWS takes of one request, and bodies that are held for it. */
export const heldBodyLimits = {
  apiBodyBytes: of(
    'request',
    10 * MiB,
    'A body for API Gateway (`sign: execute-api`), and the most that `max_body` may say there; more is 413.',
  ),
  invokedBodyBytes: of(
    'request',
    6 * MiB,
    'The same for a function, be it by its address (`sign: lambda`) or by its name.',
  ),
  apiHeaderBytes: of(
    'request',
    10_240,
    'Header lines of a request to API Gateway together, and its request line with the values of these; more is 431.',
  ),
  privateApiHeaderBytes: of('request', 8_000, 'The same for a private API.'),
  apiOwnHeaderBytes: of(
    'request',
    5 * KiB,
    'What the gateway’s own headers may have of it, identity, signature and session token included; more is 403.',
  ),
  heldBodiesPart: of(
    'client network',
    8,
    'Which part of `aws.held_bodies` one network may hold: an eighth, or one body of `max_body` where that is more; beyond it 503.',
  ),
  heldFirstBlockBytes: of(
    'request',
    4 * KiB,
    'Memory that is taken for the first byte of a body that is held; later a quarter of what came.',
  ),
  heldBlockBytes: of('request', 256 * KiB, 'The most that is taken for it at once.'),
} as const satisfies Readonly<Record<string, Limit>>
