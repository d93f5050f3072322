import { generateKeyPairSync, randomBytes } from 'node:crypto'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { type Listening, listenOnLoopback, readBody } from './listening.ts'
import { loginPage, logoutPage, providerErrorPage, providerPageHeaders } from './login-page.ts'
import { claimsOf, people } from './people.ts'
import {
  type LoginContext,
  type ProviderInstance,
  type ProviderLibrary,
  withoutNotices,
} from './provider-library.ts'

export interface DemoProviderSettings {
  /** Where browsers reach it: `http://localhost:8080/.demo`. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUri: string
  readonly postLogoutRedirectUri: string
}

/**
 * The demo's identity provider on a loopback port of its own. Everybody reaches it under the path of its issuer:
 * browsers through the gateway, the gateway directly; so it answers every request as if it had come to the
 * issuer's host, and its metadata says the same to both.
 */
export async function startDemoProvider(
  library: ProviderLibrary,
  settings: DemoProviderSettings,
): Promise<Listening> {
  const { host, pathname: mount } = new URL(settings.issuer)
  const provider = withoutNotices(() => new library.default(settings.issuer, configuration(settings, mount)))
  const answer = provider.callback()
  const server = http.createServer((request, response) => {
    const path = request.url ?? '/'
    if (!path.startsWith(`${mount}/`)) return void response.writeHead(404).end()
    request.headers.host = host
    if (/^\/auth[/?]/.test(path.slice(mount.length))) forgetSession(request)
    if (path.startsWith(`${mount}/interaction/`)) return void interact(provider, request, response)
    // The library looks for the path it is mounted at where Express leaves the whole one.
    Object.assign(request, { originalUrl: path })
    request.url = path.slice(mount.length)
    answer(request, response)
  })
  return listenOnLoopback(server)
}

/** So it asks at every sign-in who it shall be: trying out three people is the point. */
function forgetSession(request: IncomingMessage): void {
  const kept = (request.headers.cookie ?? '').split('; ').filter((pair) => !/^demo-op(\.sig)?=/.test(pair))
  request.headers.cookie = kept.join('; ')
}

function configuration(settings: DemoProviderSettings, mount: string): object {
  return {
    clients: [
      {
        client_id: settings.clientId,
        client_secret: settings.clientSecret,
        client_name: 'the demo app',
        redirect_uris: [settings.redirectUri],
        post_logout_redirect_uris: [settings.postLogoutRedirectUri],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [signingKey()] },
    // Cookies ignore ports: the path keeps these from the sample app and from other things on localhost.
    cookies: {
      keys: [randomBytes(32).toString('base64url')],
      names: { session: 'demo-op', interaction: 'demo-op-interaction', resume: 'demo-op-resume' },
      long: { path: mount, httpOnly: true, sameSite: 'lax' },
      short: { path: mount, httpOnly: true, sameSite: 'lax' },
    },
    claims: {
      openid: ['sub', 'organization_id', 'groups'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
    },
    conformIdTokenClaims: false,
    findAccount,
    loadExistingGrant: grantWithoutAsking,
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `${mount}/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource: renderLogout },
    },
    renderError: renderFailure,
    ttl: { AccessToken: 600, IdToken: 600, Grant: 86_400, Interaction: 3_600, Session: 86_400 },
  }
}

/** A fresh key at each start: nothing of the demo is worth keeping. */
function signingKey(): object {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'demo' }
}

async function findAccount(_: unknown, id: string): Promise<object | undefined> {
  const person = people.find((candidate) => candidate.id === id)
  return person && { accountId: id, claims: async () => claimsOf(person) }
}

/** Nobody is asked for consent: the only client is the demo's own. */
async function grantWithoutAsking(ctx: LoginContext): Promise<object | undefined> {
  const { client, session, provider } = ctx.oidc
  if (client === undefined || session?.accountId === undefined) return undefined
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId })
  grant.addOIDCScope('openid profile email')
  await grant.save()
  return grant
}

async function renderLogout(ctx: LoginContext, form: string): Promise<void> {
  ctx.body = logoutPage(form)
}

async function renderFailure(ctx: LoginContext, out: Readonly<Record<string, string>>): Promise<void> {
  ctx.type = 'html'
  ctx.body = providerErrorPage(out)
}

/** The login page and its answer. */
async function interact(
  provider: ProviderInstance,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await provider.interactionDetails(request, response)
    if (request.method === 'GET')
      return void response.writeHead(200, providerPageHeaders).end(loginPage(people))
    const accountId = new URLSearchParams(await readBody(request)).get('account') ?? ''
    if (!people.some((person) => person.id === accountId)) throw new Error('nobody of that name')
    await provider.interactionFinished(
      request,
      response,
      { login: { accountId } },
      { mergeWithLastSubmission: false },
    )
  } catch {
    response
      .writeHead(400, providerPageHeaders)
      .end(providerErrorPage({ error: 'This sign-in is over. Go back to the app and start again.' }))
  }
}
