import type { KeyFault } from '../../../runtime/keys/wanted-key.ts'

/** What a program of the operator is told instead of what it asked for (RFC 9457). */
export interface KeyProblem {
  readonly status: 400 | 401 | 403 | 404 | 409 | 413 | 415 | 429 | 500 | 503
  readonly detail: string
  /** Each thing that is wrong with what was sent. */
  readonly errors?: readonly KeyFault[]
  readonly headers?: Readonly<Record<string, string>>
}

const titles = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const satisfies Readonly<Record<KeyProblem['status'], string>>

/** Its body; `type` is left out, which RFC 9457 section 3.1.1 reads as about:blank. */
export function keyProblemBody({ status, detail, errors }: KeyProblem): string {
  return JSON.stringify({ status, title: titles[status], detail, errors })
}

export function isKeyProblem(value: object): value is KeyProblem {
  return 'status' in value && 'detail' in value
}

/** Of what was sent; the first fault is the sentence. */
export function problemOf(faults: readonly KeyFault[]): KeyProblem {
  const [first] = faults
  const detail = first === undefined ? 'what was sent cannot be read' : `${first.field}: ${first.message}`
  return { status: 400, detail, errors: faults }
}
