import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { TLSSocket } from 'node:tls'
import { readCertificateTime } from '../../core/certificate.ts'
import { errorCode } from '../../core/error-code.ts'
import type { Gateway } from '../../core/gateway.ts'
import { isObject, parseJson } from '../../core/json.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { healthSocketPaths } from '../../runtime/health-path.ts'

/** One answer from outside; nothing is followed. */
export type Answer =
  | {
      readonly ok: true
      readonly status: number
      readonly location: string | null
      readonly body: string
      /** Null: the connection had no TLS. */
      readonly certificateEndsAt: EpochSeconds | null
    }
  | { readonly ok: false; readonly code: string }

/** From the first byte asked to the last of the answer: who sends a letter now and then holds nobody up. */
const patienceMs = 10_000
/** What is longer is no answer of ours. */
const mostBytes = 64 * 1024

/** GET of an address, by the certificates that this machine trusts. */
export function ask(
  url: URL,
  headers: Readonly<Record<string, string>> = {},
  withinMs = patienceMs,
): Promise<Answer> {
  const send = url.protocol === 'https:' ? tlsRequest : plainRequest
  return answerTo(withinMs, (done) => send(url, { headers, agent: false, rejectUnauthorized: true }, done))
}

/** GET of the gateway's local socket. */
function askSocket(socketPath: string): Promise<Answer> {
  return answerTo(patienceMs, (done) => plainRequest({ socketPath, path: '/mark', agent: false }, done))
}

function answerTo(
  withinMs: number,
  send: (done: (response: IncomingMessage) => void) => ReturnType<typeof plainRequest>,
): Promise<Answer> {
  return new Promise((resolve) => {
    const asked = send((response) => {
      const { socket } = response
      const end = socket instanceof TLSSocket ? socket.getPeerCertificate().valid_to : null
      const head = {
        ok: true,
        status: response.statusCode ?? 0,
        location: response.headers.location ?? null,
        certificateEndsAt: end === null ? null : readCertificateTime(end),
      } as const
      const parts: Buffer[] = []
      let bytes = 0
      const finish = () => resolve({ ...head, body: Buffer.concat(parts).toString('utf8') })
      response.on('data', (part: Buffer) => {
        bytes += part.length
        if (bytes <= mostBytes) parts.push(part)
        else asked.destroy()
      })
      response.on('end', finish)
      response.on('close', finish)
      response.on('error', finish)
    })
    const timer = setTimeout(
      () => asked.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })),
      withinMs,
    )
    asked.on('close', () => clearTimeout(timer))
    asked.on('error', (error) => resolve({ ok: false, code: errorCode(error) ?? 'unknown' }))
    asked.end()
  })
}

/** A mark of a process that runs with this configuration, or why there is none, a line a place. */
export async function takeMark(
  gateway: Gateway,
): Promise<
  | { readonly ok: true; readonly instance: string; readonly mark: string }
  | { readonly ok: false; readonly reason: string }
> {
  const reasons: string[] = []
  for (const path of healthSocketPaths(gateway)) {
    const answer = await askSocket(path)
    const given = answer.ok ? parseJson(answer.body) : null
    if (isObject(given) && isMark(given.mark) && typeof given.instance === 'string')
      return { ok: true, mark: given.mark, instance: given.instance }
    reasons.push(`${path}: ${answer.ok ? `answered ${answer.status} without a mark` : answer.code}`)
  }
  return { ok: false, reason: reasons.join('; ') }
}

/** As `seal` writes it: whoever else made the socket puts nothing of his own into a request of ours. */
function isMark(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 1000 && /^[\w.-]+$/.test(value)
}
