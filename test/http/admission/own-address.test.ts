import t from 'tap'
import { registrationsOf } from '../../../src/config/registration.ts'
import { registrationText } from '../../../src/config/registration-text.ts'
import type { Gateway, Origin } from '../../../src/core/gateway.ts'
import { readTarget, type Target } from '../../../src/core/request/target.ts'
import { matchOwnAddress } from '../../../src/http/admission/own-address.ts'
import { apiKeys } from '../../support/accepting.ts'
import { selfService } from '../../support/key-place.ts'
import { loadGateway } from '../../support/request-context.ts'
import { orThrown } from '../../support/thrown.ts'

/** Two providers that come back in different ways, and where they come back to. */
function model(redirectUri: string, more = ''): { readonly gateway: Gateway; readonly origin: Origin } {
  const gateway = loadGateway(`
providers:
  asks: { issuer: "https://asks.example", client_id: c, client_secret: s }
  posts: { issuer: "https://posts.example", client_id: c, client_secret: s, user_id_prefix: "p:", response_mode: form_post, response_iss: required }
apps:
  wiki: { url: https://wiki.example, upstream: http://10.9.9.9, provider: [asks, posts], require: signed_in, redirect_uri: "${redirectUri}"${more} }
`)
  const origin = gateway.hosts.get('wiki.example')
  if (origin === undefined) throw new Error('the file has the origin')
  return { gateway, origin }
}

function at(path: string): Target {
  const reading = readTarget(path)
  if (!reading.ok) throw new Error(`${path}: ${reading.reason}`)
  return reading.target
}

/** What an address is, in a word; with its methods where it is ours. */
function matched({ gateway, origin }: ReturnType<typeof model>, path: string): unknown {
  return orThrown(() => {
    const match = matchOwnAddress(gateway, origin, at(path))
    return match.kind === 'own' ? `${match.address}: ${match.methods.join(' ')}` : match.kind
  })
}

t.test('with sessions in cookies no provider can end one: there are no such addresses', async (t) => {
  const kept = model('/.auth/callback/{provider}')
  const session = { ...kept.gateway.session, store: { kind: 'cookie' } } as const
  const gateway = { ...kept.gateway, session }
  for (const channel of ['back', 'front'])
    t.equal(matched({ ...kept, gateway }, `/.auth/${channel}channel-logout`), 'unknown')
  t.match(registrationsOf(kept.gateway), [{ backchannelLogoutUri: String }, {}], 'check prints none')
  t.match(registrationsOf(gateway), [{ backchannelLogoutUri: null, frontchannelLogoutUri: null }, {}])
  t.notMatch(registrationText(registrationsOf(gateway)), 'logout URI')
})

const each = model('/.auth/callback/{provider}')
const elsewhere = model('/oauth2/back')

t.test('below the prefix there are these addresses, each for its methods, and nothing else', async (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ['/.auth/login', 'login: GET POST'],
    ['/.auth/logout', 'logout: GET POST'],
    ['/.auth/logged-out', 'logged-out: GET'],
    ['/.auth/backchannel-logout', 'backchannel-logout: POST'],
    ['/.auth/frontchannel-logout', 'frontchannel-logout: GET'],
    ['/.auth/backchannel-logout/', 'unknown'],
    ['/.auth/me', 'me: GET HEAD'],
    ['/.auth/sessions', 'sessions: GET POST'],
    ['/.auth/sessions/', 'unknown'],
    ['/.auth/callback/asks', 'callback: GET'],
    ['/.auth/callback/posts', 'callback: POST'],
    ['/.auth/callback', 'unknown'],
    ['/.auth/callback/nobody', 'unknown'],
    ['/.auth', 'unknown'],
    ['/.auth/', 'account: GET HEAD'],
    ['/.auth/login/', 'unknown'],
    ['/.auth/Login', 'unknown'],
    ['/.auth/health', 'unknown'],
    ['/.author', 'not-ours'],
    ['/x/.auth/login', 'not-ours'],
    ['/', 'not-ours'],
  ]
  for (const [path, expected] of rows) t.equal(matched(each, path), expected, path)
  const { gateway, origin } = each
  const session = { ...gateway.session, store: { kind: 'cookie' } as const }
  const inBrowsers = { gateway: { ...gateway, session }, origin }
  t.equal(matched(inBrowsers, '/.auth/sessions'), 'unknown', 'nobody knows of sessions that rest in browsers')
})

t.test('the page of one’s own keys is at the one origin that the file names', async (t) => {
  const kept = model('/.auth/callback/{provider}')
  const at = (origin: string) => ({ ...apiKeys, selfService: { ...selfService, at: origin } })
  const there = { ...kept.gateway, apiKeys: at('https://wiki.example') }
  t.equal(matched({ ...kept, gateway: there }, '/.auth/keys'), 'keys: GET POST')
  t.equal(matched({ ...kept, gateway: there }, '/.auth/keys/'), 'unknown')
  for (const settings of [null, apiKeys, at('https://portal.example')])
    t.equal(matched({ ...kept, gateway: { ...kept.gateway, apiKeys: settings } }, '/.auth/keys'), 'unknown')
})

t.test('an encoded slash that could be read as ours is neither ours nor an app’s', async (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ['/.auth%2Flogin', 'ambiguous'],
    ['/.auth/x%2Fy', 'unknown'],
    ['/x%2F.auth', 'not-ours'],
    ['/x%2Fy', 'not-ours'],
  ]
  for (const [path, expected] of rows) t.equal(matched(each, path), expected, path)
})

t.test('a redirect URI is one address, wherever it is, and no spelling of it is anybody’s', async (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ['/oauth2/back', 'callback: GET POST'],
    ['/oauth2/back/', 'unknown'],
    ['/OAuth2/Back', 'unknown'],
    ['/oauth2/back%3Bx', 'unknown'],
    ['/oauth2%2Fback', 'ambiguous'],
    ['/OAUTH2%2Fback', 'ambiguous'],
    ['/oauth2/other', 'not-ours'],
    ['/oauth2%2Fother', 'not-ours'],
    ['/oauth2', 'not-ours'],
    ['/.auth/callback', 'unknown'],
  ]
  for (const [path, expected] of rows) t.equal(matched(elsewhere, path), expected, path)
})

t.test('of several redirect URIs each is kept from the apps, not the first alone', async (t) => {
  const { gateway } = each
  const [one, other] = ['/in/one', '/in/two'].map((path) => ({
    uri: `https://wiki.example${path}`,
    path,
    segments: path.slice(1).split('/'),
    providers: ['asks'],
  }))
  if (one === undefined || other === undefined) throw new Error('there are two')
  const several = { gateway, origin: { ...each.origin, redirectUris: [one, other] } }
  for (const name of ['one', 'two']) {
    t.equal(matched(several, `/in/${name}`), 'callback: GET', name)
    t.equal(matched(several, `/in/${name.toUpperCase()}`), 'unknown', name)
    t.equal(matched(several, `/in%2F${name}`), 'ambiguous', name)
  }
})

t.test('the metadata of an app that takes access tokens is one address, as a redirect URI is', async (t) => {
  const wellKnown = '/.well-known/oauth-protected-resource'
  const address = (app: string, path: string) => ({
    uri: `https://wiki.example${path}`,
    path,
    segments: path.slice(1).split('/'),
    app,
  })
  const resourceMetadata = [address('wiki', wellKnown), address('v1', `${wellKnown}/V1`)]
  const own = { gateway: each.gateway, origin: { ...each.origin, resourceMetadata } }
  const rows: readonly (readonly [string, string])[] = [
    [wellKnown, 'resource-metadata: GET HEAD OPTIONS'],
    [`${wellKnown}/V1`, 'resource-metadata: GET HEAD OPTIONS'],
    ['/.well%2Dknown/oauth-protected-resource', 'resource-metadata: GET HEAD OPTIONS'],
    [`${wellKnown}/`, 'unknown'],
    [`${wellKnown}/v1`, 'unknown'],
    ['/.Well-Known/OAuth-Protected-Resource', 'unknown'],
    [`${wellKnown}%3Bx`, 'unknown'],
    ['/.well-known%2Foauth-protected-resource', 'ambiguous'],
    [`${wellKnown}/mcp`, 'not-ours'],
    ['/.well-known/oauth-protected-resources', 'not-ours'],
    ['/.well-known', 'not-ours'],
    ['/.auth/login', 'login: GET POST'],
    ['/.auth/callback/asks', 'callback: GET'],
  ]
  for (const [path, expected] of rows) t.equal(matched(own, path), expected, path)
  t.equal(matched(each, wellKnown), 'not-ours', 'of an origin that takes none it is the app’s')
  const apps = each.origin.apps.map((app) => ({ ...app, ignoreCase: true }))
  const ignoring = { gateway: each.gateway, origin: { ...own.origin, apps } }
  t.equal(matched(ignoring, '/.well-known/oauth%EF%BC%8Dprotected-resource'), 'unknown')
  t.equal(matched(own, '/.well-known/oauth%EF%BC%8Dprotected-resource'), 'not-ours')
})

t.test('where people sign in with no provider there is no sign-in', async (t) => {
  const none = { gateway: each.gateway, origin: { ...each.origin, providers: [], redirectUris: [] } }
  t.equal(matched(none, '/.auth/login'), 'unknown')
  t.equal(matched(none, '/.auth/callback/asks'), 'unknown')
  t.equal(matched(none, '/.auth/me'), 'me: GET HEAD')
})

t.test('an address of a provider that is gone takes no method', async (t) => {
  const { gateway, origin } = each
  const gone = { gateway: { ...gateway, providers: new Map() }, origin }
  t.equal(matched(gone, '/.auth/callback/asks'), 'callback: ')
})

t.test(
  'where an app ignores case no spelling of ours is an app’s, and none is a second address',
  async (t) => {
    const ignoring = model('/oauth2/file/{provider}', ', ignore_case: true, allow_encoded: [slash]')
    const rows: readonly (readonly [string, string])[] = [
      ['/.auth/login', 'login: GET POST'],
      ['/.AUTH/login', 'unknown'],
      ['/.Auth', 'unknown'],
      ['/.AUTH/x', 'unknown'],
      ['/.AUTH%2Flogin', 'unknown'],
      ['/.%EF%BC%A1UTH/logout', 'unknown'],
      ['/oauth2/file/asks', 'callback: GET'],
      ['/OAUTH2/FILE/ASKS', 'unknown'],
      ['/oauth2/%EF%AC%81le/asks', 'unknown'],
      ['/oauth2/file/ask%C5%BF', 'unknown'],
      ['/.auth%EF%BC%8Fme', 'unknown'],
      ['/oauth2%EF%BC%8Ffile/asks', 'unknown'],
      ['/.auth%EF%BC%9Bx/me', 'unknown'],
      ['/.%C2%ADauth%C2%AD/me', 'unknown'],
      ['/x%2F.AUTH', 'not-ours'],
      ['/.AUTHOR', 'not-ours'],
    ]
    for (const [path, expected] of rows) t.equal(matched(ignoring, path), expected, path)
    for (const path of ['/.AUTH/login', '/.Auth', '/oauth2/%EF%AC%81le/asks'])
      t.equal(matched(each, path), 'not-ours', path)
  },
)
