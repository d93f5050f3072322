// One path for the rules and for the app, held against apps that read paths in their own ways: Flask under gunicorn, or Tomcat.
import { Agent, request } from 'node:http'
import { startFlask } from './flask.ts'
import { startTestGateway } from './gateway.ts'
import { poll } from './waiting.ts'

/** What one target came to. */
export interface Reading {
  readonly target: string
  readonly status: number
  /** The path that the gateway judged, as its access line has it, decoded once; null when there was none. */
  readonly judged: string | null
  readonly location: string | null
  /** Those of other readings of the path. */
  readonly otherLocations: readonly unknown[]
  /** What the app says that it saw; null when it saw nothing. */
  readonly app: AppReading | null
}

export interface AppReading {
  readonly view: string
  readonly path: string
  readonly target: string
  readonly query: string
}

export interface Differential {
  /** Sends a target as it stands, one after the other: the access line is found by its turn. */
  ask(target: string): Promise<Reading>
  close(): Promise<void>
}

/** An app that answers as JSON which path it saw, and by which of its views. */
interface PathEcho {
  readonly origin: string
  stop(): Promise<void>
}

const startPathEcho = (): Promise<PathEcho> =>
  startFlask({ folder: new URL('.', import.meta.url), app: 'path_echo:app', env: {} })

/**
 * Everything is open but `/admin`, which is nobody's: whatever reaches its view got round a rule. `allowed`: what of
 * `allow_encoded` the app is sent.
 */
export async function startDifferential(
  allowed: readonly string[] = [],
  startApp: () => Promise<PathEcho> = startPathEcho,
): Promise<Differential> {
  const app = await startApp()
  const gateway = await startTestGateway({
    yaml: ({ url }) => `
providers:
  op: { issuer: "http://localhost:1", client_id: gateway, client_secret: s }
apps:
  wiki:
    url: ${url}
    upstream: ${app.origin}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    allow_encoded: [${allowed.join(', ')}]
    require: anyone
    locations:
      - { path: /admin, require: nobody }
      - { path: /public, require: anyone }
`,
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const isEnd = (line: Readonly<Record<string, unknown>>) =>
    line.event === 'request' || line.event === 'request.unreadable'
  let lines = gateway.log.length
  return {
    ask: async (target) => {
      const answer = await send(gateway.port, agent, target)
      // The line follows the answer within a turn or two.
      const look = () => gateway.log.slice(lines).find(isEnd)
      const line = (await poll(`the access line of ${target}`, look, (found) => found !== undefined)) ?? {}
      lines = gateway.log.length
      const path = line.path
      return {
        target,
        status: answer.status,
        judged: typeof path === 'string' ? decodeURIComponent(path) : null,
        location: typeof line.location === 'string' ? line.location : null,
        otherLocations: Array.isArray(line.other_locations) ? line.other_locations : [],
        app: answer.status === 200 ? JSON.parse(answer.body) : null,
      }
    },
    close: async () => {
      agent.destroy()
      await gateway.close()
      await app.stop()
    },
  }
}

/** What contradicts the promise in a reading; nothing when the two agree. */
export function disagreement(reading: Reading): string | null {
  const { target, status, judged, location, otherLocations, app } = reading
  const query = target.includes('?') ? target.slice(target.indexOf('?') + 1) : ''
  switch (status) {
    case 400:
      return app === null ? null : 'the app saw what was refused'
    case 403:
      return location === '/admin' ? null : `refused at ${location}`
    case 200:
      if (app === null) return 'an answer that is not the app’s'
      if (app.view === 'admin') return 'a view that is nobody’s was reached'
      if (app.path !== judged) return `judged as ${judged}, seen as ${app.path}`
      if (decodeURIComponent(pathOf(app.target)) !== judged)
        return `judged as ${judged}, sent as ${app.target}`
      if (app.view === 'public' && ![location, ...otherLocations].includes('/public'))
        return `${location} became ${app.view}`
      // With an empty segment behind it, Flask takes it for none of that part.
      if (app.view !== 'public' && location === '/public' && !judged.includes('//'))
        return `${location} became ${app.view}`
      return app.query === query ? null : `the query arrived as ${app.query}`
    case 308:
      // Flask leads to the address without empty segments.
      return judged?.includes('//') ? null : 'sent elsewhere'
    default:
      return `answered ${status}`
  }
}

function pathOf(target: string): string {
  const mark = target.indexOf('?')
  return mark === -1 ? target : target.slice(0, mark)
}

function send(port: number, agent: Agent, target: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, agent, path: target }, async (response) => {
      let body = ''
      for await (const part of response) body += part
      resolve({ status: response.statusCode ?? 0, body })
    })
    sent.setHeader('Host', `localhost:${port}`)
    sent.on('error', reject)
    sent.end()
  })
}
