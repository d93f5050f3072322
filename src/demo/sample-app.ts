import { timingSafeEqual } from 'node:crypto'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { type Listening, listenOnLoopback } from './listening.ts'
import { type HeaderPair, receivedPage } from './received-page.ts'

export interface SampleAppSettings {
  /** What `X-Gateway-Secret` must be: the gateway adds it, nobody else knows it. */
  readonly sharedSecret: string
}

/**
 * The app behind the demo's gateway. It knows nothing of signing in: it believes the identity headers of whoever
 * proves to be the gateway, refuses everybody else, and shows what it received.
 */
export async function startSampleApp(settings: SampleAppSettings): Promise<Listening> {
  return listenOnLoopback(http.createServer((request, response) => answer(settings, request, response)))
}

function answer(settings: SampleAppSettings, request: IncomingMessage, response: ServerResponse): void {
  if (!fromGateway(settings.sharedSecret, request.headersDistinct['x-gateway-secret'])) {
    response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' })
    return void response.end('This app answers its gateway alone.\n')
  }
  const received = {
    method: request.method ?? '',
    target: request.url ?? '',
    headers: pairs(request.rawHeaders),
  }
  if (received.target.split('?')[0] === '/whoami') {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
    return void response.end(`${JSON.stringify(identity(received.headers), null, 2)}\n`)
  }
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'set-cookie': 'visited=yes; Path=/; HttpOnly; SameSite=Lax',
  })
  response.end(receivedPage(received))
}

/** Exactly one line of it, compared in constant time. */
function fromGateway(expected: string, lines: readonly string[] | undefined): boolean {
  const [line, ...others] = lines ?? []
  if (line === undefined || others.length > 0) return false
  const [given, wanted] = [Buffer.from(line), Buffer.from(expected)]
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

function pairs(rawHeaders: readonly string[]): readonly HeaderPair[] {
  return rawHeaders.flatMap((name, at): HeaderPair[] =>
    at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? '']] : [],
  )
}

/** The same for programs: who the gateway says it is, as an app would read it. */
function identity(headers: readonly HeaderPair[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    headers
      .map(([name, value]): HeaderPair => [name.toLowerCase(), value])
      .filter(([name]) => /^x-forwarded-(user|email|groups|preferred-username)$/.test(name)),
  )
}
