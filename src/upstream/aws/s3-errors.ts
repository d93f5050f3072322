import { limits } from '../../core/limits/table.ts'
import type { AnswerHead, UpstreamSink } from '../../core/ports.ts'
import { lineOf } from '../answer-head.ts'

/**
 * What S3 calls what other services name in `x-amzn-errortype`: S3 API Reference, "Error responses". `AccessDenied` is not
 * here: S3 says so of every object that there is not, where nobody may list the bucket.
 */
const types: ReadonlyMap<string, string> = new Map([
  ['SignatureDoesNotMatch', 'InvalidSignatureException'],
  ['RequestTimeTooSkewed', 'InvalidSignatureException'],
  ['AuthorizationHeaderMalformed', 'IncompleteSignatureException'],
  ['ExpiredToken', 'ExpiredTokenException'],
  ['TokenRefreshRequired', 'ExpiredTokenException'],
  ['InvalidToken', 'UnrecognizedClientException'],
  ['InvalidAccessKeyId', 'UnrecognizedClientException'],
])

/**
 * S3 says in the body of an error alone what is wrong with a signature, and repeats the session token there. So the body of
 * an error is held until it is there; one of these then goes to the sink as other services write it, with a line
 * `x-amzn-errortype` and a message. Every other answer goes on as it came.
 */
export function readingS3Errors(sink: UpstreamSink): UpstreamSink {
  let held: { readonly head: AnswerHead; readonly pieces: Buffer[]; bytes: number } | null = null

  /** False: the sink wants no more for now. */
  function release(): boolean {
    if (held === null) return true
    const { head, pieces, bytes } = held
    held = null
    sink.head(head)
    return bytes === 0 || sink.data(Buffer.concat(pieces))
  }

  return {
    head(head) {
      if (mayBeError(head)) held = { head, pieces: [], bytes: 0 }
      else sink.head(head)
    },
    data(chunk) {
      if (held === null) return sink.data(chunk)
      held.pieces.push(chunk)
      held.bytes += chunk.length
      return held.bytes <= limits.awsRefusalBytes || release()
    },
    end() {
      const error = held === null ? null : errorIn(Buffer.concat(held.pieces).toString('utf8'))
      if (held === null || error === null) release()
      else {
        sink.head({ ...held.head, headers: [...held.head.headers, 'x-amzn-errortype', error.type] })
        sink.data(Buffer.from(JSON.stringify({ message: error.message })))
      }
      sink.end()
    },
    failed: (fault) => sink.failed(fault),
  }
}

function mayBeError({ statusCode, headers }: AnswerHead): boolean {
  if (statusCode !== 400 && statusCode !== 401 && statusCode !== 403) return false
  return /^(?:application|text)\/xml\b/i.test(lineOf(headers, 'content-type') ?? '')
}

function errorIn(body: string): { readonly type: string; readonly message: string } | null {
  if (!/^\s*(?:<\?xml[^>]*>\s*)?<Error>/.test(body)) return null
  const [, code = ''] = /<Code>([A-Za-z]+)<\/Code>/.exec(body) ?? []
  const [, message = ''] = /<Message>([^<]*)<\/Message>/.exec(body) ?? []
  const type = types.get(code)
  return type === undefined ? null : { type, message: `${code}: ${message}` }
}
