import { repeats } from '../../core/echo.ts'
import { type AnyFault, isFault } from '../../core/fault.ts'
import type { AnswerHead, UpstreamRequest, Upstreams } from '../../core/ports.ts'

/** What came of one request to an app. */
export type UpstreamAnswer =
  | {
      readonly kind: 'answered'
      readonly status: number
      /** As it came; `withheld` where it repeats what the gateway sent. */
      readonly location: string | null
      /** What can be said of AWS's refusals, where one came. */
      readonly errorType: string | null
      /** The beginning of an HTML page, unencoded; null: it is none. */
      readonly page: string | null
    }
  | { readonly kind: 'failed'; readonly fault: AnyFault }

/** Links stand in a page's head and first screens. */
const mostPageBytes = 256 * 1024
/** From the head of the answer: who sends a letter now and then holds nobody up. */
const pagePatienceMs = 10_000

/** Sends a request, and takes what comes, up to the beginning of a page. `secrets` are repeated to nobody. */
export function receiveAnswer(
  upstreams: Upstreams,
  request: UpstreamRequest,
  secrets: readonly string[],
): Promise<UpstreamAnswer> {
  return new Promise((resolve, reject) => {
    let finish = (): void => {}
    const pieces: Buffer[] = []
    let bytes = 0
    const exchange = upstreams.request(request, {
      head: (head) => {
        const isPage = isHtml(head)
        const timer = setTimeout(() => finish(), isPage ? pagePatienceMs : 0)
        finish = () => {
          finish = () => {}
          clearTimeout(timer)
          const page = isPage ? Buffer.concat(pieces).toString('utf8') : null
          const moved = fieldOf(head, 'location')
          const location = moved === null ? null : withheld(moved, secrets)
          const errorType = fieldOf(head, 'x-amzn-errortype')
          resolve({ kind: 'answered', status: head.statusCode, location, errorType, page })
          // The rest is nobody's. Not within the callback of undici, which still looks at the request.
          setImmediate(() => exchange.cancel())
        }
      },
      data: (piece) => {
        if (bytes < mostPageBytes) pieces.push(piece.subarray(0, mostPageBytes - bytes))
        bytes += piece.length
        if (bytes >= mostPageBytes) finish()
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

/** What no coding hides: none was asked for. */
function isHtml(head: AnswerHead): boolean {
  const coding = fieldOf(head, 'content-encoding')
  return (
    (coding === null || coding.toLowerCase() === 'identity') &&
    /^\s*(?:text\/html|application\/xhtml\+xml)\s*(?:;|$)/i.test(fieldOf(head, 'content-type') ?? '')
  )
}

function fieldOf({ headers }: AnswerHead, wanted: string): string | null {
  const index = headers.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === wanted)
  return index === -1 ? null : (headers[index + 1] ?? null)
}
