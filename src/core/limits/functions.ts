import { type Limit, MiB, of } from './limit.ts'

/** Lambda quotas, `Invocation payload (request and response)`: 6 MB each, of which AWS names the bytes in its errors. */
export const functionLimits = {
  functionEventBytes: of(
    'request',
    6 * MiB,
    'A request as the event of a Lambda function, which is JSON: body, headers and all; more is 413, and nothing is sent.',
  ),
  functionAnswerBytes: of(
    'upstream',
    6 * MiB + 64 * 1024,
    'What a Lambda function, or Lambda in its place, answers; more is 502.',
  ),
  heldAnswerBytes: of(
    'process',
    256 * MiB,
    'Answers of functions that have come in part, all together; the request whose answer would be too much is 503.',
  ),
  functionWordsCharacters: of(
    'upstream',
    200,
    'Words of a Lambda function, or of Lambda, in a message for operators; the rest is left out.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
