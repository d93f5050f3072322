import { Agent, get } from 'node:http'
import { type HostileOp, startHostileOp } from '../test/support/hostile-op.ts'
import { type GatewayProcess, newPlace, type Place, startProcess } from '../test/support/process.ts'
import { startUpstream } from './subjects.ts'

/** Two gateways on one store, with a provider in this process that rotates refresh tokens and knows a thief by reuse. */
export interface RenewalSite {
  readonly op: HostileOp
  readonly ports: readonly number[]
  readonly gateways: readonly GatewayProcess[]
  /** The Cookie header of somebody who has signed in at the first. */
  signIn(subject: string): Promise<string>
  /** A navigation of one page, or a program's request. */
  ask(port: number, path: string, cookie: string): Promise<Answered>
  close(): Promise<void>
}

export interface Answered {
  /** Or the code of what went wrong with the connection. */
  readonly status: number | string
  /** Of a refusal that programs read. */
  readonly reason: string
}

export interface RenewalSetup {
  /** The value of `session.store`; null: the file of the first gateway. */
  readonly redis: string | null
  /** The value of `recheck`. */
  readonly recheck: string
  /** How long an access token lasts from the sign-in on. */
  readonly expiresIn: number
  readonly connections: number
}

export async function startRenewalSite(setup: RenewalSetup): Promise<RenewalSite> {
  const [upstream, op] = await Promise.all([startUpstream(), startHostileOp({ host: 'localhost' })])
  op.refreshTokens.issues = true
  const places = [await newPlace(), await newPlace()]
  const [first] = places
  if (first === undefined) throw new Error('no place')
  const host = `localhost:${first.port}`
  const at = { host, issuer: op.issuer, upstream: `http://127.0.0.1:${upstream.port}` }
  for (const place of places) place.write(configuration(place, first, at, setup))
  const gateways: GatewayProcess[] = []
  for (const place of places) gateways.push(await startProcess(place))
  const agent = new Agent({ keepAlive: true, maxSockets: setup.connections })
  const ask = (port: number, path: string, cookie: string) => send(agent, { host, port, path, cookie })
  op.bends.token = (answer) => ({ ...answer, expires_in: setup.expiresIn })
  return {
    op,
    ports: places.map(({ port }) => port),
    gateways,
    signIn: (subject) => signIn(first.port, host, op, subject),
    ask,
    close: async () => {
      agent.destroy()
      await Promise.all(gateways.map((one) => one.stop()))
      await Promise.all([upstream.stop(), op.close()])
      for (const place of places) place.remove()
    },
  }
}

function configuration(
  place: Place,
  first: Place,
  at: { readonly host: string; readonly issuer: string; readonly upstream: string },
  { redis, recheck }: RenewalSetup,
): string {
  const store = redis === null ? 'sqlite' : `{ redis: { url: "${redis}" } }`
  return `
data: ${JSON.stringify(redis === null ? first.data : place.data)}
log: { subject_key: a-key-of-the-log-of-thirty-two-bytes-or-more }
session: { secret: a-session-secret-of-thirty-two-bytes-or-more, store: ${store} }
providers:
  op:
    issuer: "${at.issuer}"
    client_id: gateway
    client_secret: a-client-secret-of-thirty-two-bytes-or-more
    recheck: ${recheck}
apps:
  wiki:
    url: http://${at.host}
    upstream: ${at.upstream}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: { groups: staff }
    locations:
      - { path: /api, require: { groups: staff }, identity_headers: { X-Access-Token: access_token } }
      - { path: /admin, require: { groups: admins } }
`
}

async function signIn(port: number, host: string, op: HostileOp, subject: string): Promise<string> {
  const begun = await navigate(port, host, '/', '')
  const attempt = begun.cookies.map(pairOf).join('; ')
  const back = op.authorize(new URL(begun.location), subject)
  const done = await navigate(port, host, `/.auth/callback?${back}`, attempt)
  const session = done.cookies.map(pairOf).find((pair) => !pair.includes('-tx-') && !pair.endsWith('='))
  if (session === undefined) throw new Error(`${subject} was not signed in`)
  return session
}

interface Navigated {
  readonly location: string
  readonly cookies: readonly string[]
}

function navigate(port: number, host: string, path: string, cookie: string): Promise<Navigated> {
  return new Promise((resolve, reject) => {
    const headers = {
      host,
      cookie,
      accept: 'text/html',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    }
    get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      response.resume().on('end', () =>
        resolve({
          location: response.headers.location ?? '',
          cookies: response.headers['set-cookie'] ?? [],
        }),
      )
    }).on('error', reject)
  })
}

function pairOf(line = ''): string {
  return line.split(';')[0] ?? ''
}

interface Asked {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly cookie: string
}

/** On a kept connection that the other end has just closed it is asked once more, as browsers do (RFC 9112 9.3.1). */
function send(agent: Agent | false, asked: Asked): Promise<Answered> {
  const { host, port, path, cookie } = asked
  return new Promise((resolve) => {
    const headers = { host, cookie, accept: 'application/json' }
    const request = get({ host: '127.0.0.1', port, path, headers, agent }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        if (response.statusCode !== 200) body += text
      })
      response.on('error', () => resolve({ status: 'cut', reason: '' }))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          reason: /"reason":"([\w-]+)"/.exec(body)?.[1] ?? '',
        }),
      )
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isRetried = request.reusedSocket && error.code === 'ECONNRESET'
      resolve(isRetried ? send(false, asked) : { status: error.code ?? 'error', reason: '' })
    })
  })
}
