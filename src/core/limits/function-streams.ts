import { KiB, type Limit, MiB, of } from './limit.ts'

/** What the answer of a function that streams may hold up before it is passed on. */
export const functionStreamLimits = {
  functionFrameBytes: of(
    'request',
    6 * MiB + 128 * KiB,
    'One message of Lambda’s event stream, which is held until its checksum is right; a longer one is 502, or cuts the answer.',
  ),
  functionPreludeBytes: of(
    'request',
    16 * KiB,
    'Status and header lines at the beginning of a streamed answer, as JSON, as API Gateway takes them; more is 502.',
  ),
  functionRestMs: of(
    'request',
    250,
    'How long Lambda may take to end an answer whose client has all of it, as nothing follows its head (HEAD, 204, 304) or it is complete; then its connection is closed.',
  ),
  functionRestBytes: of('request', 64 * KiB, 'How much behind such a head is read and dropped until then.'),
} as const satisfies Readonly<Record<string, Limit>>
