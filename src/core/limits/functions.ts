import { type Limit, MiB, of } from './limit.ts'

/** Lambda quotas, `Invocation payload (request and response)`: 6 MB each, of which AWS names the bytes in its errors. */
export const functionLimits = {
  functionEventBytes: of(
    'request',
    6 * MiB,
    'A request as the event of a Lambda function, which is JSON: body, headers and all; more is 413, and nothing is sent.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
