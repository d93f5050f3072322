// oidc-provider in this process, with three people and no page that anybody must click: whoever `login_hint` names is
// signed in, and without it a page offers one link a person.
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type LoginContext,
  loadProviderLibrary,
  type ProviderInstance,
  withoutNotices,
} from '../../src/demo/provider-library.ts'

export interface Person {
  readonly name: string
  readonly organization_id: string
  readonly groups: readonly string[]
  readonly email: string
  readonly email_verified: boolean
}

export const people = {
  alice: person('Alice', 'acme', []),
  adam: person('Adam', 'acme', ['admins']),
  olga: person('Olga', 'globex', []),
} as const

export type PersonId = keyof typeof people

function person(name: string, organization: string, groups: readonly string[]): Person {
  const email = `${name.toLowerCase()}@${organization}.example`
  return { name, organization_id: organization, groups, email, email_verified: true }
}

export interface OpOptions {
  /** Where claims of scopes go. The library's default, and the specification's, is userinfo alone. */
  readonly claimsIn?: 'userinfo' | 'id_token'
  /** More of the library's configuration, or other. */
  readonly configuration?: object
  /** Pages that it has beside the library's: HTML by path. Looked into as they are asked for. */
  readonly pages?: ReadonlyMap<string, string>
  /** More clients, as the library takes them. */
  readonly clients?: readonly object[]
  /** Access tokens for these are JWTs (RFC 8707, RFC 9068), with any of their scopes, for people and for programs. */
  readonly resources?: { readonly [resource: string]: string }
  /** How people sign in, beside who they are: `acr`, `amr`, `ts`. Asked at each sign-in. */
  readonly signIn?: () => object
}

export interface OpClient {
  readonly redirectUris: readonly string[]
  readonly postLogoutRedirectUris?: readonly string[]
  /** More of the client's metadata, or other. */
  readonly metadata?: object
}

export interface Op {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Says where it may send people back to; once the gateway's port is known, and before the first request. */
  register(client: OpClient): void
  /** Signs with a new key from now on; the old one is published no more. */
  rotateKey(): void
  close(): Promise<void>
}

/** Listens on a free port of the loopback; the issuer is `http://localhost:PORT`. */
export async function startOp(options: OpOptions = {}): Promise<Op> {
  const library = await loadProviderLibrary()
  if (library === null) throw new Error('oidc-provider is not installed: npm ci')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const issuer = `http://localhost:${port}`
  const identity = { clientId: 'gateway', clientSecret: 'the-secret-of-the-gateway-for-op' }
  let client: OpClient = { redirectUris: [] }
  let keyNumber = 0
  let provider: ProviderInstance | null = null

  const store: Store = new Map()
  const open = (key: object): void => {
    const configuration = {
      ...configurationOf(identity, client, key, options),
      adapter: adapterOf(store),
      ...optionsOf(options),
    }
    provider = withoutNotices(() => new library.default(issuer, configuration))
  }
  let key = newKey(keyNumber)
  server.on('request', (request, response) => {
    const page = options.pages?.get(request.url ?? '')
    if (page !== undefined)
      return void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
    if (provider === null) return void response.writeHead(503).end('no client is registered')
    answer(provider, request, response, options.signIn?.() ?? {}).catch((error: unknown) =>
      response.writeHead(500).end(String(error)),
    )
  })

  return {
    issuer,
    ...identity,
    register: (registered) => {
      client = registered
      open(key)
    },
    rotateKey: () => {
      keyNumber += 1
      key = newKey(keyNumber)
      open(key)
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function optionsOf({ claimsIn, configuration }: OpOptions): object {
  return { conformIdTokenClaims: claimsIn !== 'id_token', ...configuration }
}

function configurationOf(
  identity: { readonly clientId: string; readonly clientSecret: string },
  client: OpClient,
  key: object,
  { clients = [], resources = {} }: OpOptions,
): object {
  return {
    clients: [
      {
        client_id: identity.clientId,
        client_secret: identity.clientSecret,
        redirect_uris: client.redirectUris,
        post_logout_redirect_uris: client.postLogoutRedirectUris ?? [],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        ...client.metadata,
      },
      ...clients,
    ],
    jwks: { keys: [key] },
    cookies: { keys: ['the-cookie-key-of-a-test-provider'] },
    claims: {
      openid: ['sub'],
      profile: ['name', 'organization_id', 'groups'],
      email: ['email', 'email_verified'],
    },
    findAccount,
    loadExistingGrant: (ctx: LoginContext) => grantWithoutAsking(ctx, resources),
    interactions: {
      url: (_ctx: unknown, { uid, params }: { uid: string; params: { login_hint?: string } }) =>
        `/interaction/${uid}?as=${encodeURIComponent(params.login_hint ?? '')}`,
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true },
      ...(Object.keys(resources).length === 0 ? {} : featuresOfResources(resources)),
    },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      IdToken: 600,
      Grant: 3600,
      Interaction: 600,
      Session: 3600,
    },
  }
}

type Store = Map<string, Record<string, unknown>>

/** What the library remembers, outside of it: an instance with a new key goes on where the last one was. */
function adapterOf(store: Store): (model: string) => object {
  return (model) => ({
    upsert: async (id: string, payload: Record<string, unknown>) => void store.set(`${model}:${id}`, payload),
    find: async (id: string) => store.get(`${model}:${id}`),
    findByUid: async (uid: string) =>
      [...store].find(([key, payload]) => key.startsWith(`${model}:`) && payload.uid === uid)?.[1],
    findByUserCode: async () => undefined,
    consume: async (id: string) => void Object.assign(store.get(`${model}:${id}`) ?? {}, { consumed: 1 }),
    destroy: async (id: string) => void store.delete(`${model}:${id}`),
    revokeByGrantId: async (grantId: string) => {
      // Of this model alone: an interaction under way may know the grant, and outlives it.
      const ofGrant = [...store].filter(
        ([key, payload]) => key.startsWith(`${model}:`) && payload.grantId === grantId,
      )
      for (const [key] of ofGrant) store.delete(key)
    },
  })
}

function newKey(number: number): object {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...privateKey.export({ format: 'jwk' }), kid: `op-${number}`, use: 'sig', alg: 'RS256' }
}

function isPersonId(id: string): id is PersonId {
  return Object.hasOwn(people, id)
}

async function findAccount(_ctx: unknown, id: string): Promise<object | undefined> {
  return isPersonId(id) ? { accountId: id, claims: async () => ({ sub: id, ...people[id] }) } : undefined
}

/** Nobody is asked for consent. */
async function grantWithoutAsking(
  ctx: LoginContext,
  resources: Readonly<Record<string, string>>,
): Promise<object | undefined> {
  const { client, session, provider } = ctx.oidc
  if (client === undefined || session?.accountId === undefined) return undefined
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
  grant.addOIDCScope('openid profile email')
  for (const [resource, scope] of Object.entries(resources)) grant.addResourceScope(resource, scope)
  await grant.save()
  return grant
}

function featuresOfResources(resources: Readonly<Record<string, string>>): object {
  return {
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: async (_ctx: unknown, resource: string) => {
        const scope = resources[resource]
        if (scope === undefined) throw new Error(`nobody knows ${resource}`)
        return { scope, audience: resource, accessTokenFormat: 'jwt', accessTokenTTL: 900 }
      },
      useGrantedResource: () => true,
    },
  }
}

async function answer(
  provider: ProviderInstance,
  request: IncomingMessage,
  response: ServerResponse,
  how: object,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://op')
  if (!url.pathname.startsWith('/interaction/')) return void provider.callback()(request, response)
  const id = url.searchParams.get('as') ?? ''
  if (isPersonId(id)) {
    const result = { login: { accountId: id, ...how } }
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
  }
  const links = Object.keys(people).map((name) => `<li><a href="?as=${name}">${name}</a></li>`)
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
  response.end(`<!doctype html><title>Sign in</title><h1>Who are you?</h1><ul>${links.join('')}</ul>`)
}

/**
 * What a browser with an empty cookie jar does with an authorization URL: it follows redirects inside the provider as
 * this person. The address that it is sent back to, which is not asked.
 */
export async function signInAs(id: PersonId, authorizationUrl: URL): Promise<URL> {
  const jar = new Map<string, string>()
  let url = new URL(authorizationUrl)
  const { origin } = url
  for (let step = 0; step < 10; step += 1) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie } })
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s)
      jar.set(name, value)
    }
    const location = answer.headers.get('location')
    if (location === null) throw new Error(`${url.pathname}: ${answer.status} ${await answer.text()}`)
    url = new URL(location, url)
    if (url.pathname.startsWith('/interaction/')) url.searchParams.set('as', id)
    if (url.origin !== origin) return url
  }
  throw new Error('the provider redirects for ever')
}
