// Requests as an attacker writes them: every byte as it stands here, over a real socket, before a gateway that is
// watched for what it lets through.
import type { Browser } from './browser.ts'
import type { Echo, Received } from './echo.ts'
import type { TestGateway } from './gateway.ts'
import { exchange, statusOf } from './raw.ts'

/** A gateway and the app behind it, whatever provider they have. */
export interface Site {
  readonly gateway: TestGateway
  readonly echo: Echo
}

export interface Shot {
  /** GET unless written. */
  readonly method?: string
  readonly target: string
  /** `HTTP/1.1` unless written. */
  readonly version?: string
  /** Lines of the header, without Host and Connection unless they are to be odd; see `bare`. */
  readonly headers?: readonly string[]
  readonly body?: string
  /** Neither Host nor Connection is added. */
  readonly bare?: boolean
}

export interface Shown {
  readonly status: number
  /** All that came, as latin-1. */
  readonly text: string
  readonly body: string
  /** All values of a header, in order. */
  values(name: string): readonly string[]
}

/** The bytes of a request as latin-1. */
export function bytesOf(host: string, shot: Shot): string {
  const lines = shot.bare ? [] : [`Host: ${host}`, 'Connection: close']
  const head = [`${shot.method ?? 'GET'} ${shot.target} ${shot.version ?? 'HTTP/1.1'}`, ...lines]
  return `${[...head, ...(shot.headers ?? [])].join('\r\n')}\r\n\r\n${shot.body ?? ''}`
}

/** Sends it and reads until the gateway closes. */
export async function fire(front: Site, shot: Shot): Promise<Shown> {
  return shownOf(await exchange(front.gateway.port, bytesOf(`localhost:${front.gateway.port}`, shot)))
}

/** Sends it; what the app saw of it must be one request. */
export async function seenBy(front: Site, shot: Shot): Promise<Received> {
  const before = front.echo.received.length
  const answer = await fire(front, shot)
  const [seen, ...more] = front.echo.received.slice(before)
  if (seen === undefined || more.length > 0) {
    throw new Error(`the app saw ${more.length === 0 ? 'nothing' : 'more than one request'}: ${answer.text}`)
  }
  return seen
}

export function shownOf(text: string): Shown {
  const end = text.indexOf('\r\n\r\n')
  const lines = text
    .slice(0, end === -1 ? undefined : end)
    .split('\r\n')
    .slice(1)
  return {
    status: statusOf(text),
    text,
    body: end === -1 ? '' : text.slice(end + 4),
    values: (name) =>
      lines.flatMap((line) => {
        const colon = line.indexOf(':')
        return line.slice(0, colon).toLowerCase() === name ? [line.slice(colon + 1).trim()] : []
      }),
  }
}

/** The Cookie line of a browser that is signed in at the gateway, without the provider's cookies. */
export function cookieLine(front: Site, browser: Browser): string {
  return `Cookie: ${cookieOf(front, browser)}`
}

/** `name=value` of the session. */
export function cookieOf(front: Site, browser: Browser): string {
  const name = sessionName(front)
  return `${name}=${browser.cookies('localhost').get(name) ?? ''}`
}

/** On http the name bears the port; see contract and docs/security.md. */
export function sessionName(front: Site): string {
  return `claimgate-${front.gateway.port}`
}

/** What a browser's navigation says of itself. */
export const navigation = ['Accept: text/html', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document']
