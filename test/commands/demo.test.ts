import { createHash } from 'node:crypto'
import http from 'node:http'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import t from 'tap'
import { startDemoProvider } from '../../src/commands/demo/provider.ts'
import { loadProviderLibrary, type ProviderLibrary } from '../../src/commands/demo/provider-library.ts'
import { startSampleApp } from '../../src/commands/demo/sample-app.ts'

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

function raw(url: string, headers: readonly string[]): Promise<{ status: number; body: string }> {
  return new Promise((answered, failed) => {
    const { host } = new URL(url)
    const request = http.request(url, { headers: ['Host', host, ...headers] }, async (response) => {
      let body = ''
      for await (const part of response) body += part
      answered({ status: response.statusCode ?? 0, body })
    })
    request.on('error', failed)
    request.end()
  })
}
