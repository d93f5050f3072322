import { createHash } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import t from 'tap'
import { command } from '../../src/commands/demo.ts'
import { startDemoProvider } from '../../src/demo/provider.ts'
import { loadProviderLibrary, type ProviderLibrary } from '../../src/demo/provider-library.ts'
import { startSampleApp } from '../../src/demo/sample-app.ts'
import { openChromium } from '../support/chromium.ts'
import { patienceMs } from '../support/waiting.ts'

const issuer = 'http://localhost:8080/.demo'
const settings = {
  issuer,
  clientId: 'demo',
  clientSecret: 'a-client-secret-of-the-demo-test',
  redirectUri: 'http://localhost:8080/.auth/callback',
  postLogoutRedirectUri: 'http://localhost:8080/.auth/logged-out',
}

t.test("the demo's provider", async (t) => {
  const provider = await startDemoProvider(await library(), settings)
  t.teardown(() => provider.close())

  t.test('tells the same public addresses to the gateway and to browsers', async (t) => {
    const metadata = await json(provider.origin, '/.demo/.well-known/openid-configuration')
    t.match(metadata, {
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/me`,
      jwks_uri: `${issuer}/jwks`,
      end_session_endpoint: `${issuer}/session/end`,
    })
    for (const [key, value] of Object.entries(metadata)) {
      if (key.endsWith('_endpoint') || key.endsWith('_uri'))
        t.match(value, /^http:\/\/localhost:8080\/\.demo\//, key)
    }
  })

  t.test('answers nothing outside its own path', async (t) => {
    for (const path of ['/', '/.demox/auth', '/.demo', '/auth'])
      t.equal((await fetch(provider.origin + path, { redirect: 'manual' })).status, 404, path)
  })

  t.test('three people sign in by a click, each with their own claims', async (t) => {
    for (const [account, organization, groups] of [
      ['alice', 'acme', []],
      ['adam', 'acme', ['admins']],
      ['olga', 'globex', ['admins']],
    ] as const) {
      const { claims } = await signIn(new Browser(provider.origin), account)
      t.match(claims, {
        iss: issuer,
        aud: 'demo',
        sub: account,
        nonce: 'n-1',
        organization_id: organization,
        groups,
        email: `${account}@${organization}.example`,
        email_verified: true,
        preferred_username: account,
      })
    }
  })

  t.test('asks anew at every sign-in, so that one can become somebody else', async (t) => {
    const browser = new Browser(provider.origin)
    t.equal((await signIn(browser, 'alice')).claims.sub, 'alice')
    t.equal((await signIn(browser, 'adam')).claims.sub, 'adam')
  })

  t.test('keeps its cookies to its own path', async (t) => {
    const browser = new Browser(provider.origin)
    await signIn(browser, 'alice')
    t.ok(browser.setCookies.length > 0)
    for (const line of browser.setCookies) t.match(line, /; path=\/\.demo/i)
  })

  t.test('signs in nobody who is not one of them', async (t) => {
    const browser = new Browser(provider.origin)
    const page = await browser.follow(authorizationUrl())
    const answer = await browser.request(page.url, new URLSearchParams({ account: 'mallory' }))
    t.equal(answer.status, 400)
    t.match(answer.body, 'Go back to the app and start again')
  })

  t.test('signs out without asking and goes back to the app', async (t) => {
    const browser = new Browser(provider.origin)
    const { idToken } = await signIn(browser, 'alice')
    const end = new URL(`${issuer}/session/end`)
    end.search = new URLSearchParams({
      id_token_hint: idToken,
      post_logout_redirect_uri: settings.postLogoutRedirectUri,
      state: 's-2',
    }).toString()
    const page = await browser.follow(end.href)
    t.match(page.body, "document.querySelector('button').click()")
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.body)?.[1] ?? ''
    const action = /action="([^"]+)"/.exec(page.body)?.[1] ?? ''
    const done = await browser.request(action, new URLSearchParams({ xsrf, logout: 'yes' }))
    t.equal(done.location, `${settings.postLogoutRedirectUri}?state=s-2`)
  })
})

t.test('the sample app', async (t) => {
  const sharedSecret = 'the-shared-secret-of-the-sample-app'
  const app = await startSampleApp({ sharedSecret })
  t.teardown(() => app.close())
  const ask = (path: string, headers: readonly string[]) => raw(app.origin + path, headers)

  t.test('S-227 refuses everybody who does not know the shared secret', async (t) => {
    for (const headers of [
      [],
      ['X-Gateway-Secret', 'wrong'],
      ['X-Gateway-Secret', `${sharedSecret}x`],
      ['X_Gateway_Secret', sharedSecret],
      ['X-Gateway-Secret', sharedSecret, 'X-Gateway-Secret', sharedSecret],
    ]) {
      const answer = await ask('/', [...headers, 'X-Forwarded-User', 'adam'])
      t.equal(answer.status, 403, headers.join(' '))
      t.notMatch(answer.body, 'adam')
    }
  })

  t.test('shows what it received, but never the secret', async (t) => {
    const answer = await ask('/admin?x=1', [
      'X-Gateway-Secret',
      sharedSecret,
      'X-Forwarded-User',
      'adam',
      'Cookie',
      'a=<b>',
      'X-Odd',
      'one',
      'X-Odd',
      'two',
    ])
    t.equal(answer.status, 200)
    t.match(answer.body, '<h1>Hello, adam</h1>')
    t.match(answer.body, '<td>/admin?x&#61;1</td>')
    t.match(answer.body, 'a&#61;&#60;b&#62;')
    t.match(answer.body, /<td>one<\/td>.*<td>two<\/td>/s)
    t.match(answer.body, `(${sharedSecret.length} characters)`)
    t.notMatch(answer.body, sharedSecret)
  })

  t.test('tells programs who is signed in', async (t) => {
    const answer = await ask('/whoami', [
      'X-Gateway-Secret',
      sharedSecret,
      'X-Forwarded-User',
      'adam',
      'X-Forwarded-For',
      '1.2.3.4',
    ])
    t.same(JSON.parse(answer.body), { 'x-forwarded-user': 'adam' })
  })
})

t.test('claimgate demo', async (t) => {
  const folder = t.testdir({})
  const demo = start(['--port', '0', '--folder', folder])
  const url = await demo.told(/Open (http:\/\/localhost:\d+)\n/)
  const browser = await openChromium()
  t.teardown(async () => {
    await browser.close()
    await demo.stop()
  })
  const context = await browser.newContext()
  context.setDefaultTimeout(patienceMs)
  const page = await context.newPage()
  const choose = (name: string) => page.getByRole('button', { name: new RegExp(`^${name} `) }).click()

  t.test('alice is brought to the deep link and refused there, with a page that helps', async (t) => {
    await page.goto(`${url}/admin?x=1`)
    t.equal(await page.textContent('h1'), 'Who shall it be?')
    await choose('Alice')
    await page.waitForURL(`${url}/admin?x=1`)
    t.equal(await page.textContent('h1'), 'You have no access to this page')
    t.match(await page.textContent('main'), /signed in as Alice.*with Demo provider.*demo@example\.com/s)
    t.match(await demo.told(/(.*\/admin {2}403.*)\n/), /alice.*rule-not-met.*groups/, 'the terminal says why')
  })

  t.test('with another account the same page opens, and the app sees who it is', async (t) => {
    await page.getByRole('link', { name: 'Use another account' }).click()
    await choose('Adam')
    await page.waitForURL(`${url}/admin?x=1`)
    t.equal(await page.textContent('h1'), 'Hello, adam')
    const shown = await page.textContent('main')
    t.match(shown, /X-Forwarded-Groups\s*admins/)
    t.match(shown, /X-Gateway-Secret\s*right/)
    t.notMatch(shown, /claimgate-\d|demo-op/, 'no cookie of the gateway or of the provider')
  })

  t.test('signs out here and at the provider', async (t) => {
    await page.getByRole('link', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL((address) => address.pathname === '/.auth/logged-out')
    t.equal(await page.textContent('h1'), 'You are signed out')
    await page.goto(`${url}/`)
    t.equal(await page.textContent('h1'), 'Who shall it be?')
  })

  t.test('olga is an admin of somebody else: refused everywhere', async (t) => {
    await choose('Olga')
    await page.waitForURL(`${url}/`)
    t.equal(await page.textContent('h1'), 'You have no access to this page')
    await page.goto(`${url}/public`)
    t.equal(await page.textContent('h1'), 'Hello, whoever you are')
  })

  t.test('rules that are saved are in force at once, faulty ones are told and change nothing', async (t) => {
    const rules = join(folder, 'claimgate.yaml')
    const text = readFileSync(rules, 'utf8')
    writeFileSync(rules, text.replace('organization_id: acme', 'organization_idd: [}'))
    await demo.told(/(the ones before stay in force)/)
    t.match(demo.printed(), /claimgate\.yaml:\d+:\d+\b/)
    writeFileSync(rules, text.replace('organization_id: acme', 'organization_id: [acme, globex]'))
    await demo.told(/(The new rules are in force)/)
    await page.goto(`${url}/admin`)
    t.equal(await page.textContent('h1'), 'Hello, olga', 'still signed in, and let in')
  })

  t.test('stops when it is asked to, and nothing listens any more', async (t) => {
    t.equal(await demo.stop(), 0)
    await t.rejects(fetch(url))
  })
})

t.test('claimgate demo with an app of your own', async (t) => {
  const seen: http.IncomingHttpHeaders[] = []
  const app = http.createServer((request, response) => {
    seen.push(request.headers)
    response.end('mine')
  })
  await new Promise<void>((listening) => app.listen(0, '127.0.0.1', listening))
  const { port } = app.address() as AddressInfo
  const demo = start(['--port', '0', '--folder', t.testdir({}), '--upstream', `http://127.0.0.1:${port}`])
  t.teardown(async () => {
    await demo.stop()
    app.close()
  })
  const url = await demo.told(/Open (http:\/\/localhost:\d+)\n/)
  t.match(demo.printed(), `Behind it   http://127.0.0.1:${port}`)
  t.equal(await (await fetch(`${url}/public`)).text(), 'mine')
  t.match(seen, [{ 'x-gateway-secret': /^.{43}$/ }])
})

t.test('in a container it listens widely, and answers to its own name alone', async (t) => {
  const demo = start(['--port', '0', '--folder', t.testdir({})], { CLAIMGATE_DEMO_ADDRESS: '0.0.0.0' })
  t.teardown(() => demo.stop())
  const { port } = new URL(await demo.told(/Open (http:\/\/localhost:\d+)\n/))
  const ask = (host: string) => raw(`http://127.0.0.2:${port}/public`, [], host)
  t.equal((await ask(`localhost:${port}`)).status, 200)
  for (const host of [
    `127.0.0.2:${port}`,
    'localhost',
    `evil.example:${port}`,
    `localhost:${Number(port) + 1}`,
  ])
    t.equal((await ask(host)).status, 421, host)
})

t.test('wrong usage of the demo is told in a sentence', async (t) => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--port', 'x'], /--port takes a number/],
    [['--port', '70000'], /--port takes a number/],
    [['--upstream', 'localhost:5000'], /--upstream takes the address of an app/],
    [['--folder'], /--folder/],
    [['extra'], /extra/],
  ]
  for (const [args, expected] of cases) {
    const demo = start(args)
    t.equal(await demo.ended, 2, args.join(' '))
    t.match(demo.printed(), expected)
  }
})

t.test('what is in the way is named', async (t) => {
  const taken = http.createServer()
  await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening))
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const blocked = start(['--port', String(port), '--folder', t.testdir({})])
  t.equal(await blocked.ended, 1)
  t.match(blocked.printed(), `port ${port} is taken: choose another with --port`)
  const file = join(t.testdir({ file: '' }), 'file')
  const unwritable = start(['--port', '0', '--folder', join(file, 'below')])
  t.equal(await unwritable.ended, 1)
  t.match(unwritable.printed(), 'cannot be written: choose another folder with --folder')
})

interface Demo {
  /** The first group of what it prints, as soon as it does. */
  told(pattern: RegExp): Promise<string>
  printed(): string
  readonly ended: Promise<number>
  stop(): Promise<number>
}

/** The command in this process: it touches the process through `Io` alone. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Demo {
  let printed = ''
  const changed = new EventEmitter()
  const print = (text: string): void => {
    printed += text
    changed.emit('print')
  }
  const asked = new AbortController()
  const ended = command.run(args, {
    stdout: print,
    stderr: print,
    stdin: async () => '',
    env,
    cwd: '/',
    signal: asked.signal,
  })
  return {
    told: async (pattern) => {
      for (;;) {
        const found = pattern.exec(printed)?.[1]
        if (found !== undefined) return found
        await Promise.race([
          once(changed, 'print'),
          ended.then((status) => Promise.reject(new Error(`ended with ${status}: ${printed}`))),
        ])
      }
    },
    printed: () => printed,
    ended,
    stop: () => {
      asked.abort()
      return ended
    },
  }
}

async function library(): Promise<ProviderLibrary> {
  const found = await loadProviderLibrary()
  if (found === null) throw new Error('oidc-provider is not installed')
  return found
}

const verifier = 'v'.repeat(43)

function authorizationUrl(): string {
  const url = new URL(`${issuer}/auth`)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: settings.clientId,
    redirect_uri: settings.redirectUri,
    scope: 'openid profile email',
    state: 's-1',
    nonce: 'n-1',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString()
  return url.href
}

async function signIn(browser: Browser, account: string) {
  const page = await browser.follow(authorizationUrl())
  const chosen = await browser.request(page.url, new URLSearchParams({ account }))
  const back = await browser.follow(chosen.location ?? '')
  const code = new URL(back.url).searchParams.get('code') ?? ''
  const response = await fetch(`${browser.origin}/.demo/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${settings.clientId}:${settings.clientSecret}`)}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: settings.redirectUri,
      code_verifier: verifier,
    }),
  })
  const { id_token: idToken } = (await response.json()) as { id_token: string }
  const keys = (await json(browser.origin, '/.demo/jwks')) as unknown as JSONWebKeySet
  const { payload } = await jwtVerify(idToken, createLocalJWKSet(keys), {
    issuer,
    audience: settings.clientId,
  })
  return { claims: payload, idToken }
}

/** Follows redirects as long as they stay at the provider, whose public addresses it finds on loopback. */
class Browser {
  readonly origin: string
  readonly setCookies: string[] = []
  readonly #cookies = new Map<string, string>()

  constructor(origin: string) {
    this.origin = origin
  }

  async request(url: string, form?: URLSearchParams) {
    const { pathname, search } = new URL(url)
    const response = await fetch(this.origin + pathname + search, {
      redirect: 'manual',
      headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    })
    for (const line of response.headers.getSetCookie()) {
      this.setCookies.push(line)
      const [pair = ''] = line.split(';')
      const [name = '', value = ''] = pair.split('=')
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return {
      url,
      status: response.status,
      location: response.headers.get('location'),
      body: await response.text(),
    }
  }

  async follow(url: string) {
    let answer = await this.request(url)
    while (answer.location !== null) {
      const next = new URL(answer.location, issuer).href
      if (!next.startsWith(`${issuer}/`)) return { ...answer, url: next }
      answer = await this.request(next)
    }
    return answer
  }
}

async function json(origin: string, path: string): Promise<Record<string, unknown>> {
  const response = await fetch(origin + path)
  return (await response.json()) as Record<string, unknown>
}

function raw(
  url: string,
  headers: readonly string[],
  host = new URL(url).host,
): Promise<{ status: number; body: string }> {
  return new Promise((answered, failed) => {
    const request = http.request(
      url,
      { agent: false, headers: ['Host', host, ...headers] },
      async (response) => {
        let body = ''
        for await (const part of response) body += part
        answered({ status: response.statusCode ?? 0, body })
      },
    )
    request.on('error', failed)
    request.end()
  })
}
