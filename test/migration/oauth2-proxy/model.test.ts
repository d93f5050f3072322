// The model of oauth2-proxy and the configuration that was made of its settings, asked about the same requests: ours
// never lets in more than the model without a line of the report that says so, and never less without one.
import t from 'tap'
import type { ReadFile } from '../../../src/config/files.ts'
import type { Gateway } from '../../../src/core/gateway.ts'
import type { Claims } from '../../../src/core/rules/claims.ts'
import { probe } from '../../../src/http/admission/probe.ts'
import type { Finding } from '../../../src/migration/finding.ts'
import { convertOauth2Proxy } from '../../../src/migration/oauth2-proxy/convert.ts'
import { seeded } from '../../../src/migration/proof/random.ts'
import { type MadeConfig, madeConfig, madeRequest } from './made.ts'
import {
  judge,
  type ModelClaims,
  type ModelConfig,
  type ModelRequest,
  type ModelVerdict,
  mayStay,
  upstreamFor,
} from './model.ts'

interface Ours {
  readonly kind: 'allow' | 'sign-in' | 'deny'
  readonly upstream: string | null
}

function ask(gateway: Gateway, { method, path, claims, clientAddress }: ModelRequest): Ours {
  const { admission } = probe(gateway, {
    ...{ method, clientAddress, url: `https://app.example.com${path}` },
    person: claims === null ? null : { provider: 'main', claims: claimsOf(claims) },
  })
  const upstream = /http:\/\/(u\d)/.exec(JSON.stringify(admission.app?.upstream ?? null))?.[1] ?? null
  switch (admission.decision.kind) {
    case 'allow':
      return { kind: 'allow', upstream }
    case 'challenge':
      return { kind: 'sign-in', upstream }
    case 'deny':
    case 'reject':
      return { kind: 'deny', upstream }
  }
}

/** As a provider would send them. */
function claimsOf(claims: ModelClaims): Claims {
  return JSON.parse(JSON.stringify(claims))
}

const rank = { deny: 0, nowhere: 0, 'sign-in': 1, allow: 2 } as const

/** What is asked with the other spelling of the path: a last slash makes no difference here. */
function otherSlash(request: ModelRequest): ModelRequest {
  const path = request.path.endsWith('/') ? request.path.slice(0, -1) : `${request.path}/`
  return { ...request, path: path === '' ? '/' : path }
}

interface Case {
  readonly config: ModelConfig
  readonly findings: readonly Finding[]
  readonly request: ModelRequest
  readonly theirs: ModelVerdict
  readonly ours: Ours
}

function has(
  findings: readonly Finding[],
  effects: readonly string[],
  test: (one: Finding) => boolean,
): boolean {
  return findings.some((one) => one.effect !== null && effects.includes(one.effect) && test(one))
}

const looser = ['looser', 'either']
const stricter = ['stricter', 'either']

/** Whether one of these spellings of the request was as open, and one of them led to the same upstream. */
function isAsOpen(config: ModelConfig, requests: readonly ModelRequest[], ours: Ours): boolean {
  const anywhere = {
    ...config,
    upstreams: [{ id: '', path: '/', rewriteTarget: null, kind: 'http' as const }],
  }
  const verdicts = requests.map((request) => judge(anywhere, request))
  const upstreams = requests.map(({ path }) => upstreamFor(config.upstreams, path)?.id ?? null)
  const isSame = ours.upstream === null || upstreams.includes(ours.upstream)
  return isSame && verdicts.some(({ kind }) => rank[kind] >= rank[ours.kind])
}

/** Whether the report says of this request that more get in. */
function announcedLooser({ config, findings, request, ours }: Case): boolean {
  const isHead = request.method === 'HEAD' && has(findings, looser, ({ message }) => message.includes('HEAD'))
  const isSlash = has(findings, looser, ({ message }) => message.includes('last slash'))
  const asGet = { ...request, method: 'GET' }
  const others = [
    request,
    ...(isSlash ? [otherSlash(request)] : []),
    ...(isHead ? [asGet] : []),
    ...(isSlash && isHead ? [otherSlash(asGet)] : []),
  ]
  if (isAsOpen(config, others, ours)) return true
  const isAddressless =
    request.claims !== null &&
    !mayStay(
      { ...config, allowedGroups: [], allowedRoles: [], keycloakGroups: [], gitlabGroups: [] },
      request.claims,
    )
  if (
    isAddressless &&
    config.emailDomains.includes('*') &&
    has(findings, looser, ({ id }) => id === 'everybody')
  )
    return true
  return false
}

/** Whether the report says of this request that fewer get in. */
function announcedStricter({ config, findings, request, theirs }: Case): boolean {
  const told = (...ids: readonly string[]): boolean => has(findings, stricter, ({ id }) => ids.includes(id))
  const because = theirs.kind === 'allow' ? theirs.because : null
  if (because === 'preflight') return told('skip-auth-preflight')
  if (because === 'route' && told('route', 'route-shorter', 'route-method', 'route-negated', 'route-slash'))
    return true
  const upstream = upstreamFor(config.upstreams, request.path)
  const isClosed = has(
    findings,
    stricter,
    ({ id, what }) => /^(?:files|static|upstream)/.test(id) && what.includes(upstream?.path ?? '-'),
  )
  if (upstream !== null && isClosed) return true
  const closesMore = has(findings, stricter, ({ id, what }) => id === 'upstream-path' && what !== '')
  if (closesMore) return true
  const email = request.claims?.[config.emailClaim]
  if (
    request.claims?.email_verified !== true &&
    told('email-verified', 'insecure-oidc-allow-unverified-email')
  )
    return true
  if (typeof email === 'string' && email.split('@').length > 2 && told('email-address')) return true
  return told('allowed-roles', 'keycloak-groups', 'gitlab-groups', 'allowed-groups')
}

function unannounced(one: Case): 'more' | 'less' | null {
  const { theirs, ours } = one
  const isMore = rank[ours.kind] > rank[theirs.kind]
  // Without an upstream the address is one that a person has to fill in.
  const isElsewhere = theirs.kind === 'allow' && ours.upstream !== null && ours.upstream !== theirs.upstream
  if (isMore || (isElsewhere && ours.kind === 'allow')) return announcedLooser(one) ? null : 'more'
  if (rank[ours.kind] < rank[theirs.kind]) return announcedStricter(one) ? null : 'less'
  return null
}

const readFile: ReadFile = (path) =>
  path.endsWith('/emails')
    ? { ok: true, bytes: Buffer.from('Ann@example.org\n# none\nbob@x.org\n'), worldReadable: false }
    : { ok: false, reason: 'not here' }

interface Counts {
  requests: number
  loaded: number
  readonly verdicts: Map<string, number>
  readonly faults: string[]
  readonly broken: string[]
}

function compareOne(made: MadeConfig, random: () => number, counts: Counts): void {
  const conversion = convertOauth2Proxy({ files: made.files, folder: '/etc', readFile })
  if (!conversion.ok) throw new Error(JSON.stringify([conversion.faults, made.files]))
  const { gateway, findings } = conversion
  if (gateway === null) {
    counts.broken.push(
      findings
        .filter(({ id }) => id === 'result')
        .map(({ message }) => message)
        .join(),
    )
    return
  }
  counts.loaded += 1
  for (let index = 0; index < 60; index += 1) {
    const request = madeRequest(random, made.model)
    const one = {
      ...{ config: made.model, findings, request },
      theirs: judge(made.model, request),
      ours: ask(gateway, request),
    }
    counts.requests += 1
    const key = `${one.theirs.kind} ${one.ours.kind}`
    counts.verdicts.set(key, (counts.verdicts.get(key) ?? 0) + 1)
    const fault = unannounced(one)
    if (fault !== null)
      counts.faults.push(
        `${fault} ${JSON.stringify([request, one.theirs, one.ours])} ${JSON.stringify(made.files)}`,
      )
  }
}

t.test('nobody gets in where oauth2-proxy kept them out, without a line that says so', async (t) => {
  const random = seeded(20_261_128)
  const counts: Counts = { requests: 0, loaded: 0, verdicts: new Map(), faults: [], broken: [] }
  for (let index = 0; index < 400; index += 1) compareOne(madeConfig(random), random, counts)
  t.comment(JSON.stringify([counts.requests, counts.loaded, Object.fromEntries(counts.verdicts)]))
  t.same(counts.faults.slice(0, 5), [], `${counts.faults.length} differences that nobody announced`)
  t.same(counts.broken.slice(0, 9), [], `${counts.loaded} configurations load`)
  for (const kind of ['allow', 'sign-in', 'deny'])
    t.ok((counts.verdicts.get(`${kind} ${kind}`) ?? 0) > 500, `${kind} is compared`)
})
