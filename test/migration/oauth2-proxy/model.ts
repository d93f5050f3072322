// A model of what oauth2-proxy decides, in the order that its documentation gives: what passes without a sign-in, who
// may sign in and stay, and which upstream a path leads to. It is written from that order alone and imports nothing of
// the conversion, so that both can be held against each other.

export interface ModelUpstream {
  readonly id: string
  readonly path: string
  readonly rewriteTarget: string | null
  readonly kind: 'http' | 'file' | 'static'
}

export interface ModelConfig {
  readonly provider: 'oidc' | 'keycloak-oidc' | 'keycloak' | 'gitlab'
  readonly emailDomains: readonly string[]
  /** Null: there is no file. */
  readonly emailsFile: readonly string[] | null
  readonly emailClaim: string
  readonly groupsClaim: string
  readonly allowUnverified: boolean
  readonly allowedGroups: readonly string[]
  readonly allowedRoles: readonly string[]
  readonly keycloakGroups: readonly string[]
  readonly gitlabGroups: readonly string[]
  readonly skipAuthRoutes: readonly string[]
  readonly skipAuthRegex: readonly string[]
  readonly skipPreflight: boolean
  readonly apiRoutes: readonly string[]
  readonly trustedIps: readonly string[]
  readonly upstreams: readonly ModelUpstream[]
}

export type ModelClaims = Readonly<Record<string, unknown>>

export interface ModelRequest {
  readonly method: string
  readonly path: string
  /** Null: nobody is signed in. */
  readonly claims: ModelClaims | null
  readonly clientAddress: string
}

/** `nowhere`: allowed, and no upstream has the path. */
export type ModelVerdict =
  | {
      readonly kind: 'allow'
      readonly upstream: string
      readonly because: 'route' | 'preflight' | 'address' | 'person'
    }
  | { readonly kind: 'sign-in' | 'deny' | 'nowhere' }

export function judge(config: ModelConfig, request: ModelRequest): ModelVerdict {
  const because = passesWithout(config, request)
  if (because === null && request.claims === null) return { kind: 'sign-in' }
  if (because === null && request.claims !== null && !mayStay(config, request.claims)) return { kind: 'deny' }
  const upstream = upstreamFor(config.upstreams, request.path)
  if (upstream === null) return { kind: 'nowhere' }
  return { kind: 'allow', upstream: upstream.id, because: because ?? 'person' }
}

function passesWithout(config: ModelConfig, request: ModelRequest): 'route' | 'preflight' | 'address' | null {
  if (config.skipPreflight && request.method === 'OPTIONS') return 'preflight'
  const isOpen =
    config.skipAuthRoutes.some((route) => opensRoute(route, request)) ||
    config.skipAuthRegex.some((expression) => new RegExp(expression).test(request.path))
  if (isOpen) return 'route'
  return config.trustedIps.includes(request.clientAddress) ? 'address' : null
}

/** `METHOD=expression`, `METHOD!=expression`, `!=expression` or an expression alone. */
function opensRoute(route: string, { method, path }: ModelRequest): boolean {
  const sign = /!?=/.exec(route)
  const wanted = sign === null ? '' : route.slice(0, sign.index).toUpperCase()
  const expression = sign === null ? route : route.slice(sign.index + sign[0].length)
  if (wanted !== '' && wanted !== method) return false
  return route.includes('!=') !== new RegExp(expression).test(path)
}

/** Whether somebody can sign in with these claims, and is not turned away afterwards. */
export function mayStay(config: ModelConfig, claims: ModelClaims): boolean {
  const email = claims[config.emailClaim]
  if (typeof email !== 'string' || email === '') return false
  const isChecked = config.emailClaim === 'email' && !config.allowUnverified
  if (isChecked && 'email_verified' in claims && claims.email_verified !== true) return false
  return isListed(config, email.toLowerCase()) && isInGroup(config, claims)
}

function isListed({ emailDomains, emailsFile }: ModelConfig, email: string): boolean {
  const last = email.split('@').at(-1) ?? ''
  const byDomain = emailDomains.some((domain) => {
    const wanted = domain.toLowerCase()
    if (wanted === '*' || email.endsWith(`@${wanted}`)) return true
    const suffix = wanted.startsWith('*.') ? wanted.slice(1) : wanted
    return suffix.startsWith('.') && last.endsWith(suffix)
  })
  return byDomain || (emailsFile?.some((line) => line.trim().toLowerCase() === email) ?? false)
}

function isInGroup(config: ModelConfig, claims: ModelClaims): boolean {
  const allowed = allowedOf(config)
  if (allowed.length === 0) return true
  const roles = config.provider === 'keycloak-oidc' ? rolesOf(claims) : []
  return [...textsOf(claims[config.groupsClaim]), ...roles].some((group) => allowed.includes(group))
}

/** Two kinds of provider have groups of their own, which take the place of the general ones. */
function allowedOf(config: ModelConfig): readonly string[] {
  switch (config.provider) {
    case 'oidc':
      return config.allowedGroups
    case 'keycloak-oidc':
      return [...config.allowedGroups, ...config.allowedRoles.map((role) => `role:${role}`)]
    case 'keycloak':
      return config.keycloakGroups
    case 'gitlab':
      return config.gitlabGroups
  }
}

function rolesOf(claims: ModelClaims): readonly string[] {
  const clients = Object.entries(Object(claims.resource_access)).flatMap(([client, access]) =>
    textsOf(Object(access).roles).map((role) => `role:${client}:${role}`),
  )
  return [...textsOf(Object(claims.realm_access).roles).map((role) => `role:${role}`), ...clients]
}

function textsOf(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value]
  return list.map(String)
}

/** Those that rewrite come first, then the longest path; one that ends with a slash has all below it. */
export function upstreamFor(upstreams: readonly ModelUpstream[], path: string): ModelUpstream | null {
  const order = upstreams.toSorted((one, other) => {
    const rewrites = Number(other.rewriteTarget !== null) - Number(one.rewriteTarget !== null)
    return rewrites !== 0 ? rewrites : other.path.length - one.path.length
  })
  const taken = order.find((upstream) => {
    if (upstream.rewriteTarget !== null) return new RegExp(upstream.path).test(path)
    return upstream.path.endsWith('/') ? path.startsWith(upstream.path) : path === upstream.path
  })
  return taken ?? null
}
