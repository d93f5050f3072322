// What the tests of WebSockets without a network share: a wiki, handshakes, and an app that a test answers for.
import { type Duplex, duplexPair } from 'node:stream'
import type { Test } from 'tap'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import { type HeldApp, openHeldApp } from '../../support/held-app.ts'

export const site = 'https://wiki.example'
export const key = 'dGhlIHNhbXBsZSBub25jZQ=='
export const proof = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
export const secret = 'the-secret-that-the-wiki-checks-on-each-request'
export const yaml = (rule = 'anyone') => `
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  wiki:
    url: ${site}
    upstream: http://10.9.9.9
    shared_secret: ${secret}
    identity_headers: { X-Note: note }
    response_headers: { set: { X-Ours: "1" } }
    require: signed_in
    locations:
      - { path: /open, require: ${rule}, websocket: true }
      - { path: /in, require: signed_in, websocket: true }
      - { path: /off, require: anyone }
`

export const open = (t: Test, change: Partial<Runtime> = {}) => openHeldApp(t, yaml(), change)

export interface Asking {
  readonly origin?: string | null
  readonly version?: string
  readonly headers?: readonly string[]
}

export function ask(
  held: HeldApp,
  path: string,
  { origin = site, version = '13', headers = [] }: Asking = {},
) {
  const client = held.connect()
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: wiki.example',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    `Sec-WebSocket-Version: ${version}`,
    ...(origin === null ? [] : [`Origin: ${origin}`]),
    ...headers,
  ]
  client.write(`${lines.join('\r\n')}\r\n\r\n`)
  return client
}

/** The upstream agrees; what it sends and gets is at the other end. */
export function agree(
  held: HeldApp,
  headers: readonly string[] = [],
): { side: Duplex; app: Duplex; got: () => string } {
  const [side, app] = duplexPair()
  const pieces: Buffer[] = []
  app.on('data', (piece: Buffer) => pieces.push(piece))
  app.on('error', () => {}).on('end', () => app.end())
  held.handshakes.at(-1)?.answer({ kind: 'open', socket: side, headers })
  return { side, app, got: () => Buffer.concat(pieces).toString('latin1') }
}

export const inUse = ({ editions }: HeldApp): number => {
  const edition = editions.enter()
  editions.leave(edition)
  return edition.inUse
}

export const told = (held: HeldApp) =>
  held.lines.map(({ event, status, code, reason }) =>
    [event, status, code ?? reason].filter((x) => x !== undefined),
  )
