import { UpstreamFault } from '../../core/fault.ts'
import { limits } from '../../core/limits/table.ts'
import type { AnswerHead, UpstreamExchange, UpstreamRequest, UpstreamSink } from '../../core/ports.ts'
import { upstreamPlace } from '../../core/upstream-settings.ts'
import type { Timing } from '../timing.ts'
import type { CredentialSource } from './credential-source.ts'
import { clockDistance, type Refusal, refusalIn, wordsIn } from './refusal.ts'
import { readingS3Errors } from './s3-errors.ts'
import { type AwsCredentials, signatureLines } from './signature.ts'

/** How a request is signed, and by what it goes then. */
export interface Signing {
  /** As the scope of the signature names it. */
  readonly service: string
  readonly region: string
  readonly source: CredentialSource
  readonly timing: Timing
  /** Sends what has its signature. */
  readonly send: (request: UpstreamRequest, sink: UpstreamSink) => UpstreamExchange
}

/**
 * One request to what AWS guards: it waits for credentials, is signed once its whole body is there, and goes on as any other
 * request; one that is sent again over a new connection bears the same signature, which holds for five minutes. The answer
 * goes to the sink, unless it is AWS's own refusal: that is a fault, with AWS's words for the log, and no byte of it reaches
 * the sink. The request brings its `Host`, and no `Authorization` and no `X-Amz-…` line. Its path is in the signer's spelling.
 */
export class SignedExchange implements UpstreamExchange, UpstreamSink {
  readonly #request: UpstreamRequest
  readonly #signing: Signing
  readonly #sink: UpstreamSink
  #credentials: AwsCredentials | null = null
  #lines: readonly string[] = []
  #sent: UpstreamExchange | null = null
  #refused: Refused | null = null
  #over = false

  constructor(request: UpstreamRequest, signing: Signing, sink: UpstreamSink) {
    this.#request = request
    this.#signing = signing
    this.#sink = sink
  }

  start(): void {
    const { source } = this.#signing
    const credentials = source.current()
    if (credentials !== null) this.#sign(credentials)
    else
      source
        .load()
        .then((loaded) => this.#sign(loaded))
        .catch((fault: unknown) => this.#fail(atPlace(this.#request, fault)))
  }

  resume(): void {
    this.#sent?.resume()
  }

  cancel(): void {
    this.#over = true
    this.#refused?.stopTimer()
    this.#sent?.cancel()
  }

  sent(): void {
    this.#sink.sent?.()
  }

  head(head: AnswerHead): void {
    const refusal = refusalIn(head, this.#signing.service)
    if (refusal === null) this.#sink.head(head)
    else {
      const { timing } = this.#signing
      // Who asked may not time pauses (`pausesAreTimed`), and what drips has none.
      const stopTimer = timing.after(this.#request.timeouts.idleSeconds * 1000, () => this.#tellNow())
      this.#refused = { refusal, head, pieces: [], bytes: 0, stopTimer }
    }
  }

  data(chunk: Buffer): boolean {
    const refused = this.#refused
    if (refused === null) return this.#sink.data(chunk)
    if (this.#over) return true
    refused.pieces.push(chunk)
    refused.bytes += chunk.length
    if (refused.bytes > limits.awsRefusalBytes) this.#tellNow()
    return true
  }

  end(): void {
    if (this.#refused === null) this.#sink.end()
    else this.#tell(this.#refused)
  }

  /** A refusal whose body breaks off is one all the same. */
  failed(fault: Error): void {
    if (this.#refused === null) this.#sink.failed(fault)
    else this.#tell(this.#refused)
  }

  #sign(credentials: AwsCredentials): void {
    if (this.#over) return
    this.#credentials = credentials
    const { service, region, timing, send } = this.#signing
    const { method, path, upstream, headers, body } = this.#request
    // A body of no bytes is none, and may be sent again.
    const payload = Buffer.isBuffer(body) && body.length > 0 ? body : null
    const isStream = body !== null && !Buffer.isBuffer(body)
    const lines = signatureLines(
      {
        method,
        path,
        host: upstream.host,
        headers,
        payload: takesUnsigned.has(service) ? 'unsigned' : payload,
        service,
        region,
        nowSeconds: timing.now(),
      },
      credentials,
    )
    this.#lines = lines
    this.#sent = send(
      { ...this.#request, headers: [...headers, ...lines], body: isStream ? body : payload },
      service === 's3' ? readingS3Errors(this) : this,
    )
    // What it failed of at once may have ended it.
    if (this.#over) this.#sent.cancel()
  }

  /** Without what is still to come of a refusal. */
  #tellNow(): void {
    if (this.#refused === null || this.#over) return
    this.#tell(this.#refused)
    // Not within the callback of undici, which still looks at the request.
    setImmediate(() => this.#sent?.cancel())
  }

  #tell({ refusal, head, pieces, stopTimer }: Refused): void {
    stopTimer()
    const { source, service, timing } = this.#signing
    if (refusal.areOver && this.#credentials !== null) source.refused(this.#credentials)
    const place = upstreamPlace(this.#request.app, this.#request.upstream)
    if (refusal.code === 'UPSTREAM_PATH_UNKNOWN') {
      const message = `${place}: API Gateway has no such path or method, or no such stage (${refusal.type})`
      this.#fail(new UpstreamFault(refusal.code, message))
      return
    }
    const words = wordsIn(
      Buffer.concat(pieces),
      secretsOf([...this.#request.headers, ...this.#lines], this.#credentials),
    )
    const said = words === null ? refusal.type : `${refusal.type}: ${words}`
    const clock = clockDistance(head, timing.now())
    const message = `${place}: AWS refused the request that ${source.whose} signed for ${service} (${said})`
    this.#fail(new UpstreamFault(refusal.code, clock === null ? message : `${message}; ${clock}`))
  }

  #fail(fault: Error): void {
    if (this.#over) return
    this.#over = true
    this.#sink.failed(fault)
  }
}

interface Refused {
  readonly refusal: Refusal
  readonly head: AnswerHead
  readonly pieces: Buffer[]
  bytes: number
  readonly stopTimer: () => void
}

/** Their bodies pass on as they come: Signature Version 4, "UNSIGNED-PAYLOAD". */
const takesUnsigned: ReadonlySet<string> = new Set(['s3', 'vpc-lattice-svcs'])

function atPlace({ app, upstream }: UpstreamRequest, thrown: unknown): Error {
  if (!(thrown instanceof UpstreamFault)) return thrown instanceof Error ? thrown : new Error(String(thrown))
  return new UpstreamFault(thrown.code, `${upstreamPlace(app, upstream)}: ${thrown.message}`, thrown.cause)
}

/** Lines of a request that anybody may read: the rest is of a person, or proves something. */
const plainLine =
  /^(?:host|user-agent|accept(?:-.*)?|content-.*|x-forwarded-(?:proto|host|port|prefix)|x-amz-(?:date|content-sha256))$/i
/** Shorter values stand in any text. */
const secretCharacters = 16

function secretsOf(headers: readonly string[], credentials: AwsCredentials | null): readonly string[] {
  const values = headers.filter((value, i) => {
    return i % 2 === 1 && value.length >= secretCharacters && !plainLine.test(headers[i - 1] ?? '')
  })
  return [...values.map(withoutScope), ...(credentials === null ? [] : [credentials.secretAccessKey])]
}

/** Of the signature's own line: key, service and region stand in AWS's words as well. */
function withoutScope(value: string): string {
  return /^AWS4-HMAC-SHA256 .*Signature=(.*)$/.exec(value)?.[1] ?? value
}
