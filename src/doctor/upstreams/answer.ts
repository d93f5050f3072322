import { repeats } from '../../core/echo.ts'
import { type AnyFault, isFault } from '../../core/fault.ts'
import { isObject, parseJson } from '../../core/json.ts'
import type { AnswerHead, UpstreamRequest, Upstreams } from '../../core/ports.ts'
import { type HttpApiWord, readHttpApiWord } from './http-api.ts'

/** What came of one request to an app. */
export type UpstreamAnswer =
  | {
      readonly kind: 'answered'
      readonly status: number
      /** As it came; `withheld` where it repeats what the gateway sent. */
      readonly location: string | null
      /** `x-amzn-errortype`: what AWS says of an error of its own. */
      readonly errorType: string | null
      /** `message` of a short JSON answer. */
      readonly message: string | null
      /** What an HTTP API of API Gateway says by itself; null: the answer has not its form. */
      readonly httpApiSays: HttpApiWord | null
      /** The beginning of an HTML page, unencoded; null: it is none. */
      readonly page: string | null
      /** The same of JSON that is no error. */
      readonly json: string | null
      /** The coding of a page, which was not asked for and hides it; null: none does. */
      readonly coding: string | null
      readonly refresh: string | null
      readonly link: string | null
      /** What a 401 or 403 says, its bytes as they came, to be compared and never told; null: another status. */
      readonly refusal: string | null
    }
  | { readonly kind: 'failed'; readonly fault: AnyFault }

/** Links stand in a page's head and first screens; an error of AWS is short. */
const mostBytes = { page: 256 * 1024, json: 4096, refusal: 4096 } as const
/** From the head of the answer: who sends a letter now and then holds nobody up. */
const patienceMs = 10_000

/** Sends a request, and takes what comes, up to the beginning of a page. `secrets` are repeated to nobody. */
export function receiveAnswer(
  upstreams: Upstreams,
  request: UpstreamRequest,
  secrets: readonly string[],
): Promise<UpstreamAnswer> {
  return new Promise((resolve, reject) => {
    let finish = (): void => {}
    const pieces: Buffer[] = []
    let [bytes, most] = [0, 0]
    const exchange = upstreams.request(request, {
      head: (head) => {
        const kind = kindOf(head)
        most = kind === null ? 0 : mostBytes[kind === 'json' && head.statusCode < 400 ? 'page' : kind]
        const timer = setTimeout(() => finish(), kind === null ? 0 : patienceMs)
        finish = () => {
          finish = () => {}
          clearTimeout(timer)
          resolve({ kind: 'answered', ...readAnswer(head, kind, Buffer.concat(pieces), secrets) })
          // The rest is nobody's. Not within the callback of undici, which still looks at the request.
          setImmediate(() => exchange.cancel())
        }
      },
      data: (piece) => {
        pieces.push(piece.subarray(0, Math.max(0, most - bytes)))
        bytes += piece.length
        if (bytes >= most) finish()
        return true
      },
      end: () => finish(),
      failed: (fault) => {
        // One that breaks off had answered before.
        finish()
        if (isFault(fault)) resolve({ kind: 'failed', fault })
        else reject(fault)
      },
    })
  })
}

/** An app may repeat what it was sent; a secret is not repeated to whoever reads, however it is spelled. */
export function withheld(text: string, secrets: readonly string[]): string {
  return secrets.some((value) => text.includes(value)) || repeats(text, secrets)
    ? '[withheld: it repeats a secret]'
    : text
}

function readAnswer(
  head: AnswerHead,
  kind: keyof typeof mostBytes | null,
  body: Buffer,
  secrets: readonly string[],
): Omit<Extract<UpstreamAnswer, { kind: 'answered' }>, 'kind'> {
  const moved = fieldOf(head, 'location')
  const text = body.toString('utf8')
  const said = kind === 'json' ? parseJson(text) : null
  // Lambda and IAM write it with a capital letter.
  const message = isObject(said) ? (said.message ?? said.Message) : null
  return {
    status: head.statusCode,
    location: moved === null ? null : withheld(moved, secrets),
    errorType: readErrorType(fieldOf(head, 'x-amzn-errortype')),
    message: typeof message === 'string' ? withheld(message, secrets) : null,
    httpApiSays: kind === 'json' ? readHttpApiWord(head, text) : null,
    page: kind === 'page' ? text : null,
    json: kind === 'json' && head.statusCode < 400 ? text : null,
    coding: isPage(head) ? codingOf(head) : null,
    refresh: fieldOf(head, 'refresh'),
    link: fieldOf(head, 'link'),
    refusal: isRefusal(head) ? body.toString('latin1', 0, mostBytes.refusal) : null,
  }
}

/** `Name`, `prefix#Name`, `Name:http://…`. */
function readErrorType(written: string | null): string | null {
  return /^(?:[\w.]+#)?(\w{1,100})(?::|$)/.exec(written ?? '')?.[1] ?? null
}

function isRefusal({ statusCode }: AnswerHead): boolean {
  return statusCode === 401 || statusCode === 403
}

/** What is worth reading. */
function kindOf(head: AnswerHead): keyof typeof mostBytes | null {
  return textKindOf(head) ?? (isRefusal(head) ? 'refusal' : null)
}

/** What no coding hides: none was asked for. */
function textKindOf(head: AnswerHead): 'page' | 'json' | null {
  if (codingOf(head) !== null) return null
  if (isPage(head)) return 'page'
  return typeOf(head) === 'application/json' ? 'json' : null
}

function codingOf(head: AnswerHead): string | null {
  const coding = fieldOf(head, 'content-encoding')
  return coding === null || coding.toLowerCase() === 'identity' ? null : coding
}

function isPage(head: AnswerHead): boolean {
  return ['text/html', 'application/xhtml+xml'].includes(typeOf(head))
}

function typeOf(head: AnswerHead): string {
  const [type = ''] = (fieldOf(head, 'content-type') ?? '').toLowerCase().split(';')
  return type.trim()
}

function fieldOf({ headers }: AnswerHead, wanted: string): string | null {
  const index = headers.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === wanted)
  return index === -1 ? null : (headers[index + 1] ?? null)
}
