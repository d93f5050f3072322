import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createFailureCount } from '../../../core/limits/failures.ts'
import { networkOf } from '../../../core/limits/network.ts'
import { limits } from '../../../core/limits/table.ts'
import { readAddress } from '../../../core/request/address.ts'
import type { Secret } from '../../../core/secret.ts'
import type { KeyProblem } from './problem.ts'

export interface AdminTokenCheck {
  /** Null: whoever sends it has the token. Looks at header lines alone. */
  refuse(request: Pick<IncomingMessage, 'rawHeaders' | 'socket'>, token: Secret): KeyProblem | null
}

/** A request of a page in a browser bears one of these: no page of any origin is a program of the operator. */
const ofBrowsers = ['origin', 'sec-fetch-site'] as const

/**
 * Lets in whoever sends `Authorization: Bearer` with the token of `admin`. Wrong ones are counted by network, and a network
 * with too many is refused whatever it sends, so that nobody learns by it which one would have been right. A peer's address
 * is its own: nothing stands in front of the admin address that is believed.
 */
export function checkAdminToken(nowMs: () => number, refused: (network: string) => void): AdminTokenCheck {
  const failures = createFailureCount({
    most: limits.wrongAdminTokens,
    withinMs: limits.wrongAdminTokensMs,
    networks: limits.wrongAdminTokenNetworks,
  })
  return {
    refuse: ({ rawHeaders, socket }, token) => {
      if (ofBrowsers.some((name) => linesOf(rawHeaders, name).length > 0))
        return {
          status: 403,
          detail: 'is not for browsers: a request with Origin or Sec-Fetch-Site is refused',
        }
      const network = { key: keyOf(socket.remoteAddress), hidden: false }
      const waitMs = failures.refusedForMs(network, nowMs())
      if (waitMs > 0) return tooMany(waitMs)
      const sent = linesOf(rawHeaders, 'authorization')
      if (sent.length === 0)
        return unauthorized('needs `Authorization: Bearer` with the token of `admin`', false)
      if (isRight(sent, token)) return null
      failures.failed(network, nowMs())
      refused(network.key)
      return unauthorized('the token is not that of `admin`', true)
    },
  }
}

function linesOf(rawHeaders: readonly string[], name: string): readonly string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name)
}

function keyOf(remoteAddress: string | undefined): string {
  const address = readAddress(remoteAddress ?? '')
  return address === null ? 'unknown' : networkOf(address)
}

/** RFC 6750 section 3.1: no error code where nothing was sent. */
function unauthorized(detail: string, wasSent: boolean): KeyProblem {
  const challenge = `Bearer realm="claimgate admin"${wasSent ? ', error="invalid_token"' : ''}`
  return { status: 401, detail, headers: { 'www-authenticate': challenge } }
}

function tooMany(waitMs: number): KeyProblem {
  const seconds = Math.ceil(waitMs / 1000)
  const detail = 'too many wrong tokens came from this address'
  return { status: 429, detail, headers: { 'retry-after': String(seconds) } }
}

/** By hashes of one length, so that neither the time nor a length says anything of the token. */
function isRight(sent: readonly string[], token: Secret): boolean {
  const [line = ''] = sent
  const value = /^Bearer +(\S+)$/i.exec(line)?.[1]
  return sent.length === 1 && value !== undefined && timingSafeEqual(hash(value), hashOf(token))
}

const hashes = new WeakMap<Secret, Buffer>()

function hashOf(token: Secret): Buffer {
  const known = hashes.get(token) ?? hash(token.reveal())
  hashes.set(token, known)
  return known
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
