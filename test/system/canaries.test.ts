// S-203: whatever is secret goes through every flow, good and bad, at the most talkative level; then what the process
// has written and counts is searched for it.
import http from 'node:http'
import t from 'tap'
import { Browser } from '../support/browser.ts'
import { visitAs } from '../support/front.ts'
import { portOf } from '../support/ports.ts'
import { startProcess } from '../support/process.ts'
import { newStand, sharedSecret } from '../support/process-front.ts'
import { exchange } from '../support/raw.ts'

/** Everything that must not be found, by what it is. */
const canaries = new Map<string, string>()
let count = 0

/** A new secret, remembered. */
function canary(what: string): string {
  count += 1
  const value = `canary-${count}-of-what-nobody-may-read`
  canaries.set(what, value)
  return value
}

t.test('no secret is in any line, at any level, after flows of all kinds (S-203)', async (t) => {
  const stand = await newStand()
  t.teardown(() => stand.close())
  const { place, url, cookie } = stand
  const relay = await startRelay(stand.op.issuer)
  t.teardown(() => relay.close())

  canaries.set('client secret', stand.op.clientSecret)
  canaries.set('shared secret', sharedSecret)
  place.write(
    stand
      .yaml({
        upstream: `{ url: "${stand.echo.url}", headers: { X-Api-Key: ${canary('header for the app')} } }`,
        app: `
    require: signed_in
    websocket: true
    locations:
      - { path: /public, require: anyone, websocket: true }
      - { path: /admin, require: { groups: admins } }
  gone: { url: "${url}/gone", upstream: "http://127.0.0.1:1", require: anyone, shared_secret: ${canary('other shared secret')}-00000000 }
`,
        top: `log: { level: debug }\nsession: { secret: ${canary('session secret')} }`,
      })
      .replace('    client_id:', `    internal_url: ${relay.url}\n    client_id:`),
  )
  const running = await startProcess(place)
  t.teardown(() => running.stop())

  const alice = new Browser()
  const sent = {
    authorization: `Bearer ${canary('Authorization')}`,
    'x-gateway-secret': canary('forged secret'),
    'x-forwarded-user': canary('forged user'),
    'user-agent': canary('User-Agent'),
    referer: `http://x.example/${canary('Referer')}`,
    'x-request-id': canary('request id of a client'),
  }
  const begun = await alice.visit(`${url}/page?token=${canary('query')}`)
  rememberCookies(alice)
  const arrived = await visitAs(alice, 'alice', begun.url.href)
  t.equal(arrived.status, 200)
  for (const address of [...begun.visited, ...arrived.visited]) rememberParameters(address)
  rememberCookies(alice)

  await alice.visit(`${url}/page`, { headers: sent, form: { password: canary('body') } })
  await alice.visit(`${url}/admin?q=${canary('query of what is denied')}`, { headers: sent })
  await alice.visit(`${url}/gone/x?q=${canary('query of an app that is down')}`, { headers: sent })
  await alice.visit(`${url}/a%2Fb?q=${canary('query of a bad path')}`, { headers: sent, follow: false })
  // Its line tells the Host, by which alone what stands in front can be found; a Host is no secret, all else is.
  await alice.visit(`${url}/?q=${canary('query to a host that is not known')}`, {
    headers: { ...sent, host: 'not-known.example' },
    follow: false,
  })
  await alice.visit(`${url}/.auth/me`, { headers: sent })
  t.match(
    (await alice.visit(`${url}/.auth/`, { headers: { ...sent, accept: 'text/html' } })).body,
    '<bdi>Alice</bdi>',
  )
  canaries.set('what a person is called', 'Alice')
  await alice.visit(`${url}/.auth/nothing?q=${canary('query of nothing')}`)
  await alice.visit(`${url}/.auth/login?provider=${canary('provider')}`)
  await alice.visit(`${url}/.auth/login?return_to=//${canary('return_to')}.example`, { follow: false })
  await alice.visit(`${url}/public/ws`, { headers: { ...sent, connection: 'Upgrade', upgrade: 'websocket' } })

  const stranger = new Browser()
  for (const query of [
    () => `code=${canary('code of nobody')}&state=${canary('state of nobody')}`,
    () => `error=access_denied&error_description=${canary('error_description')}&state=${canary('state')}`,
    () => `error=${canary('error')}`,
  ]) {
    await stranger.visit(`${url}/.auth/callback?${query()}`, { follow: false })
  }
  // Sign-ins that were really begun, and end badly in every way that a query can bring about.
  for (const query of [
    () => `code=${canary('code that is refused')}&iss=${encodeURIComponent(stand.op.issuer)}`,
    () => `code=${canary('code of another issuer')}&iss=https://other.example`,
    () =>
      `error=${canary('error code')}&error_description=${canary('description')}&error_uri=${canary('uri')}`,
    () => `code=${canary('code')}&code=${canary('second code')}`,
    () => `session_state=${canary('session_state')}`,
    () => `error=access_denied&error_description=no&iss=${encodeURIComponent(stand.op.issuer)}`,
  ]) {
    const started = await stranger.visit(`${url}/page`, { follow: false })
    rememberCookies(stranger)
    const state = new URL(started.headers.location ?? '').searchParams.get('state')
    const failed = await stranger.visit(`${url}/.auth/callback?state=${state}&${query()}`, { follow: false })
    t.ok(failed.status >= 400, `${failed.status}`)
  }
  const broken = new Browser()
  broken.cookies('localhost').set(cookie, canary('session cookie that opens nothing'))
  broken.cookies('localhost').set(`${cookie}-tx-x`, canary('transaction cookie that opens nothing'))
  await broken.visit(`${url}/page`, { follow: false })
  await exchange(place.port, `GARBAGE ${canary('unreadable bytes')}\r\n\r\n`)
  await exchange(place.port, `GET /page HTTP/1.1\r\nHost: x\r\nX: ${canary('much').repeat(2000)}\r\n\r\n`)

  const asked = await alice.visit(`${url}/.auth/logout`, {
    form: { return_to: `/${canary('return_to of a sign-out')}` },
    headers: { 'sec-fetch-site': 'same-origin' },
  })
  t.match(asked.body, /id_token_hint/)
  rememberCookies(alice)
  await alice.visit(`${url}/.auth/logged-out?state=${canary('state of a sign-out')}`)

  for (const [what, value] of relay.secrets) canaries.set(what, value)
  const metrics = (await new Browser().visit(`${place.adminUrl}/metrics`)).body
  await running.stop()

  for (const what of [
    'access_token',
    'id_token',
    'code_verifier',
    'code',
    'state',
    'nonce',
    'Basic',
    cookie,
  ]) {
    t.ok(
      [...canaries.keys()].some((known) => known.includes(what)),
      `${what} is among what is looked for`,
    )
  }
  t.ok(running.log().length > 40, `${running.log().length} lines to look at`)
  const codes = new Set(running.log().map((line) => line.code))
  for (const code of [
    'UPSTREAM_UNREACHABLE',
    'LOGIN_STATE_UNKNOWN',
    'LOGIN_CODE_REFUSED',
    'LOGIN_RESPONSE_INVALID',
    'LOGIN_ISSUER_MISMATCH',
    'LOGIN_CANCELLED',
  ]) {
    t.ok(codes.has(code), `${code} was told`)
  }
  for (const [what, value] of canaries) {
    const text = value.slice(0, 24)
    for (const [where, written] of Object.entries({
      log: running.stdout(),
      stderr: running.stderr(),
      metrics,
    })) {
      const at = written.indexOf(text)
      t.equal(at, -1, `${what} is not in ${where}${at < 0 ? '' : `: ${lineAt(written, at)}`}`)
    }
  }
})

function lineAt(text: string, at: number): string {
  return text.slice(text.lastIndexOf('\n', at) + 1).split('\n', 1)[0] ?? ''
}

/** What an address carries that is worth stealing. */
function rememberParameters(address: string): void {
  for (const [name, value] of new URL(address).searchParams) {
    if (['code', 'state', 'nonce', 'code_challenge', 'id_token_hint'].includes(name)) {
      canaries.set(`${name} of ${new URL(address).pathname}`, value)
    }
  }
}

function rememberCookies(browser: Browser): void {
  for (const [name, value] of browser.cookies('localhost')) {
    if (value.length >= 24) canaries.set(`cookie ${name}`, value)
  }
}

/** Stands between the gateway and the provider, passes everything on, and keeps what is secret in it. */
async function startRelay(target: string) {
  const secrets = new Map<string, string>()
  const keep = (text: string): void => {
    const read: Iterable<readonly [string, unknown]> = text.startsWith('{')
      ? Object.entries(JSON.parse(text))
      : new URLSearchParams(text)
    for (const [name, value] of read) {
      if (/token$|^code(?:_verifier)?$|_secret$/.test(name))
        secrets.set(`${name} at the provider`, String(value))
    }
  }
  const server = http.createServer(async (request, response) => {
    const { authorization } = request.headers
    const [scheme, credentials] = authorization?.split(' ') ?? []
    if (credentials !== undefined) secrets.set(`${scheme} at the provider`, credentials)
    const body = await textOf(request)
    keep(body)
    const headers = { ...request.headers, host: new URL(target).host }
    const onward = http.request(new URL(request.url ?? '/', target), {
      method: request.method ?? 'GET',
      headers,
      agent: false,
    })
    onward.on('response', async (answer) => {
      const text = await textOf(answer)
      keep(text)
      const { 'transfer-encoding': _chunked, ...rest } = answer.headers
      response.writeHead(answer.statusCode ?? 502, rest).end(text)
    })
    onward.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    secrets,
    url: `http://127.0.0.1:${portOf(server)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}

async function textOf(message: http.IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of message.setEncoding('utf8')) text += piece
  return text
}
