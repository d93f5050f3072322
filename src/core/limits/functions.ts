import { KiB, type Limit, MiB, of } from './limit.ts'

/** Lambda quotas, `Invocation payload (request and response)`: 6 MB each, of which AWS names the bytes in its errors. */
export const functionLimits = {
  functionEventBytes: of(
    'request',
    6 * MiB,
    'A request as the event of a Lambda function, which is JSON: body, headers and all; more is 413, and nothing is sent.',
  ),
  functionAnswerBytes: of(
    'upstream',
    6 * MiB + 64 * KiB,
    'The answer of a Lambda function as JSON, or that of Lambda in its place; more is 502.',
  ),
  heldAnswerBytes: of(
    'process',
    256 * MiB,
    'Such answers that are under way, all together; the request whose answer would be too much is 503.',
  ),
  heldAnswersPart: of(
    'client network',
    4,
    'Which part of these one network may have, whose clients may read as slowly as they like: a quarter; beyond it 503.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
