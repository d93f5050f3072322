// Two processes that share a secret and nothing else, on a disk that nobody can write to: `store: cookie`.
import { existsSync } from 'node:fs'
import http from 'node:http'
import t from 'tap'
import { startEcho } from '../support/echo.ts'
import { startHostileOp } from '../support/hostile-op.ts'
import { type GatewayProcess, newPlace, type Place, startProcess } from '../support/process.ts'

const op = await startHostileOp({ host: 'localhost' })
const echo = await startEcho()
const places = [await newPlace(), await newPlace()] as const
const [first, second] = places
t.teardown(async () => {
  await Promise.all([op.close(), echo.close()])
  for (const place of places) place.remove()
})
const host = `localhost:${first.port}`
const yaml = `
session: { store: cookie, secret: a-session-secret-of-more-than-thirty-two-bytes }
providers: { op: { issuer: "${op.issuer}", client_id: gateway, client_secret: canary-client-secret-of-32-bytes-or-more } }
apps: { wiki: { url: "http://${host}", upstream: "${echo.url}", require: { groups: group-7 } } }
`
const groups = Array.from({ length: 90 }, (_, at) =>
  at === 7 ? 'group-7' : `group-${at}-with-a-long-name-in-it`,
)
op.bends = { userinfo: (claims) => ({ ...claims, groups }) }
/** The whole file system is read-only for the process. */
const readOnly = ['unshare', '--mount', 'sh', '-c', 'mount -o remount,bind,ro / && exec "$@"', 'sh']
const running: GatewayProcess[] = []
for (const place of places) {
  place.write(yaml)
  const started = await startProcess(place, { through: readOnly })
  running.push(started)
  t.teardown(() => started.stop())
}

interface Answer {
  readonly status: number
  readonly location: string
  readonly cookies: readonly string[]
}

/** What the one browser of this test has; asked at either process, as a balancer would. */
const jar = new Map<string, string>()

function ask(
  { port }: Place,
  path: string,
  more: { readonly method?: string; readonly cookies?: ReadonlyMap<string, string> } = {},
): Promise<Answer> {
  const cookie = [...(more.cookies ?? jar)].map(([name, value]) => `${name}=${value}`).join('; ')
  const navigation = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  const form = { origin: `http://${host}`, 'sec-fetch-site': 'same-origin', 'content-length': '0' }
  const posted = { ...form, 'content-type': 'application/x-www-form-urlencoded' }
  const { method = 'GET' } = more
  const headers = { host, ...navigation, cookie, ...(method === 'POST' ? posted : {}) }
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port, path, headers, method, agent: false },
      (response) => {
        const cookies = response.headers['set-cookie'] ?? []
        if (more.cookies === undefined) for (const line of cookies) keep(line)
        response.resume().on('end', () => {
          resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? '', cookies })
        })
      },
    )
    request.on('error', reject).end()
  })
}

function keep(line: string): void {
  const pair = line.split(';', 1)[0] ?? ''
  const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
  if (value === '') jar.delete(name)
  else jar.set(name, value)
}

async function signIn(): Promise<Answer> {
  const { location } = await ask(first, '/deep')
  return ask(second, `/.auth/callback?${op.authorize(new URL(location))}`)
}

t.test('who signs in at the one is signed in at both, and a sign-out at the one holds at both', async (t) => {
  t.match(await signIn(), { status: 303, location: '/deep' })
  const name = `claimgate-${first.port}`
  t.ok(jar.has(name) && jar.has(`${name}-p2`), 'two pieces')
  for (const place of places) t.match(await ask(place, '/deep'), { status: 200 })
  const before = new Map(jar)
  const out = await ask(first, '/.auth/logout', { method: 'POST' })
  t.ok(out.status < 400)
  t.notOk(jar.has(name) || jar.has(`${name}-p2`))
  const withMark = new Map([...before, [`${name}-ended`, jar.get(`${name}-ended`) ?? '']])
  for (const place of places) {
    t.match(await ask(place, '/deep'), { status: 302 })
    t.match(await ask(place, '/deep', { cookies: withMark }), { status: 302 }, 'whoever puts the pieces back')
  }
  t.match(await ask(first, '/deep', { cookies: before }), { status: 302 }, 'the one that ended it knows')
  t.match(await signIn(), { status: 303 })
  for (const place of places) t.match(await ask(place, '/deep'), { status: 200 })
})

t.test('both are ready, and have written nothing', async (t) => {
  for (const place of places) {
    t.equal((await fetch(`${place.adminUrl}/readyz`)).status, 200)
    t.notOk(existsSync(place.data))
  }
  for (const one of running) t.notOk(one.log().some(({ level }) => Number(level) >= 50 || level === 'error'))
})
