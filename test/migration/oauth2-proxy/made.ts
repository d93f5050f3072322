// Small configurations of oauth2-proxy and requests to them, made from a seed: as text, as it was told, and as the
// model takes it.
import type { ModelClaims, ModelConfig, ModelRequest, ModelUpstream } from './model.ts'

type Random = () => number

const segments = ['a', 'b', 'ab', 'docs', 'v1']
const groups = ['staff', 'ops', 'role:editor']

function pick<T>(random: Random, items: readonly [T, ...T[]] | readonly T[]): T {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

function some<T>(random: Random, items: readonly T[], chance: number): readonly T[] {
  return items.filter(() => random() < chance)
}

function madePath(random: Random, slash: boolean): string {
  const depth = Math.floor(random() * 3)
  const path = Array.from({ length: depth }, () => `/${pick(random, segments)}`).join('')
  return path === '' ? '/' : slash ? `${path}/` : path
}

function madeExpression(random: Random): string {
  const path = madePath(random, false)
  return pick(random, [
    ...[`^${path}$`, `^${path}(/|$)`, `^${path === '/' ? '' : path}/`, `^${path}`, path, `^${path}.*`],
    ...['^/(a|b)/', '^/a|^/b$', '^/[^/]+/b$', '^/v[0-9]+/', '^/[^/]+$', '/b$', '^/', '/a/?$', '^/a\\.b'],
  ])
}

function madeRoute(random: Random): string {
  const sign = pick(random, ['', '', '', 'GET=', 'POST=', 'get=', '!=', 'GET!=', 'OPTIONS='])
  return `${sign}${madeExpression(random)}`
}

function madeUpstreams(random: Random, isAlpha: boolean): readonly ModelUpstream[] {
  const count = 1 + Math.floor(random() * 3)
  const all = Array.from({ length: count }, (_, index): ModelUpstream => {
    const plain = {
      id: `u${index}`,
      path: madePath(random, random() < 0.7),
      rewriteTarget: null,
      kind: 'http',
    } as const
    if (!isAlpha) return plain
    const kind = pick(random, ['http', 'http', 'http', 'file', 'static'] as const)
    const path = madePath(random, false)
    const base = path === '/' ? '' : path
    return pick(random, [
      { ...plain, kind },
      { ...plain, kind },
      { ...plain, path: `^${base}/(.*)$`, rewriteTarget: '/$1' },
      { ...plain, path: `^${base}/(.*)$`, rewriteTarget: '/site/$1' },
      { ...plain, path: `^${base}/v([0-9]+)/`, rewriteTarget: '/version/$1' },
      { ...plain, path: `^${base}(/.*)$`, rewriteTarget: '$1' },
    ])
  })
  // oauth2-proxy does not start with one path twice.
  return [...new Map(all.map((one) => [one.path, one])).values()]
}

export interface MadeConfig {
  readonly model: ModelConfig
  readonly files: readonly { readonly name: string; readonly text: string }[]
}

export function madeConfig(random: Random): MadeConfig {
  const isAlpha = random() < 0.5
  const provider = pick(random, ['oidc', 'oidc', 'keycloak-oidc', 'keycloak', 'gitlab'] as const)
  const emailDomains = pick(random, [
    ['*'],
    ['example.com'],
    ['.example.com', 'x.org'],
    ['*.Example.com'],
    [],
  ])
  const model: ModelConfig = {
    provider,
    emailDomains,
    emailsFile:
      emailDomains.length === 0 || random() < 0.2 ? ['Ann@example.org', '# none', 'bob@x.org'] : null,
    emailClaim: random() < 0.2 ? 'upn' : 'email',
    groupsClaim: random() < 0.2 ? 'teams' : 'groups',
    allowUnverified: random() < 0.3,
    allowedGroups: some(random, groups, 0.25),
    allowedRoles: some(random, ['editor', 'wiki:admin'], 0.2),
    keycloakGroups: some(random, groups, 0.15),
    gitlabGroups: some(random, groups, 0.15),
    skipAuthRoutes: Array.from({ length: Math.floor(random() * 3) }, () => madeRoute(random)),
    skipAuthRegex: random() < 0.2 ? [madeExpression(random)] : [],
    skipPreflight: random() < 0.15,
    apiRoutes: random() < 0.3 ? [madeExpression(random)] : [],
    trustedIps: random() < 0.2 ? ['198.51.100.7'] : [],
    upstreams: madeUpstreams(random, isAlpha),
  }
  const files = isAlpha
    ? [
        { name: 'alpha.yaml', text: alphaText(model) },
        { name: 'oauth2-proxy.cfg', text: commonText(model) },
      ]
    : [{ name: 'oauth2-proxy.cfg', text: `${commonText(model)}${providerText(model)}` }]
  return { model, files }
}

function commonText(model: ModelConfig): string {
  const { emailDomains, emailsFile, skipAuthRoutes, skipAuthRegex, apiRoutes, trustedIps } = model
  return `redirect_url = "https://app.example.com/oauth2/callback"
email_domains = ${JSON.stringify(emailDomains)}
${emailsFile === null ? '' : 'authenticated_emails_file = "emails"'}
skip_auth_routes = ${JSON.stringify(skipAuthRoutes)}
skip_auth_regex = ${JSON.stringify(skipAuthRegex)}
api_routes = ${JSON.stringify(apiRoutes)}
trusted_ips = ${JSON.stringify(trustedIps)}
skip_auth_preflight = ${model.skipPreflight}
`
}

function providerText(model: ModelConfig): string {
  const addresses = model.upstreams.map(({ id, path }) => `http://${id}:80${path}`)
  return `provider = "${model.provider}"
oidc_issuer_url = "https://idp.example.com"
client_id = "app"
oidc_email_claim = "${model.emailClaim}"
oidc_groups_claim = "${model.groupsClaim}"
insecure_oidc_allow_unverified_email = ${model.allowUnverified}
allowed_groups = ${JSON.stringify(model.allowedGroups)}
allowed_roles = ${JSON.stringify(model.allowedRoles)}
keycloak_groups = ${JSON.stringify(model.keycloakGroups)}
gitlab_groups = ${JSON.stringify(model.gitlabGroups)}
upstreams = ${JSON.stringify(addresses)}
`
}

/** JSON is YAML. */
function alphaText(model: ModelConfig): string {
  const upstreams = model.upstreams.map(({ id, path, rewriteTarget, kind }) => ({
    id,
    path,
    ...(rewriteTarget === null ? {} : { rewriteTarget }),
    ...(kind === 'static' ? { static: true, staticCode: 404 } : {}),
    ...(kind === 'http' ? { uri: `http://${id}:80` } : kind === 'file' ? { uri: `file:///srv/${id}` } : {}),
  }))
  const provider = {
    ...{ id: 'idp', provider: model.provider, clientID: 'app', allowedGroups: model.allowedGroups },
    oidcConfig: {
      ...{
        issuerURL: 'https://idp.example.com',
        emailClaim: model.emailClaim,
        groupsClaim: model.groupsClaim,
      },
      insecureAllowUnverifiedEmail: model.allowUnverified,
    },
    keycloakConfig: { groups: model.keycloakGroups, roles: model.allowedRoles },
    gitlabConfig: { group: model.gitlabGroups },
  }
  return `providers: ${JSON.stringify([provider])}\nupstreamConfig: ${JSON.stringify({ upstreams })}\n`
}

export function madeRequest(random: Random, { upstreams }: ModelConfig): ModelRequest {
  const near = pick(random, upstreams).path.replace(/[^\w/].*$/, '')
  const base = random() < 0.4 && near.startsWith('/') ? near : madePath(random, false)
  const more = random() < 0.5 ? '' : `${base.endsWith('/') ? '' : '/'}${pick(random, segments)}`
  const path = `${base}${more}${random() < 0.2 && !`${base}${more}`.endsWith('/') ? '/' : ''}`
  return {
    method: pick(random, ['GET', 'GET', 'POST', 'HEAD', 'OPTIONS']),
    path,
    claims: random() < 0.35 ? null : madeClaims(random),
    clientAddress: random() < 0.2 ? '198.51.100.7' : '203.0.113.9',
  }
}

function madeClaims(random: Random): ModelClaims {
  const emails = [
    'ann@example.com',
    'ann@EXAMPLE.org',
    'bob@x.org',
    'eve@sub.example.com',
    'eve@evil.com',
    'a@b@example.com',
  ]
  return {
    iss: 'https://idp.example.com',
    sub: 'somebody',
    ...(random() < 0.9 ? { email: pick(random, emails) } : {}),
    ...(random() < 0.5 ? { upn: pick(random, emails) } : {}),
    ...pick(random, [{ email_verified: true }, { email_verified: true }, {}, { email_verified: false }]),
    ...(random() < 0.7 ? { groups: some(random, groups, 0.5) } : {}),
    ...(random() < 0.3 ? { teams: some(random, groups, 0.5) } : {}),
    ...(random() < 0.4 ? { roles: some(random, ['editor', 'wiki:admin'], 0.6) } : {}),
    ...(random() < 0.4 ? { realm_access: { roles: some(random, ['editor', 'x'], 0.6) } } : {}),
    ...(random() < 0.3 ? { resource_access: { wiki: { roles: some(random, ['admin'], 0.7) } } } : {}),
  }
}
