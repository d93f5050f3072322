// What the gate makes of the certificate of a connection: a fact for rules, and a credential where it is listed.
import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import type { ConnectionCertificate } from '../../../src/core/certificate/connection-certificate.ts'
import type { Gateway } from '../../../src/core/gateway.ts'
import type { Session } from '../../../src/core/session/session.ts'
import type { Admission } from '../../../src/http/admission/admission.ts'
import { admit } from '../../../src/http/admission/gate.ts'
import { createLog } from '../../../src/http/operations/log.ts'
import type { SessionLookup } from '../../../src/runtime/sessions.ts'
import { connectionCertificate } from '../../support/certificates.ts'
import { sessionOfAlice } from '../../support/issued.ts'
import { factsOf } from '../../support/request-context.ts'

const now = 1_800_000_000

const gateway = load(`
log: { subject: off }
trusted_proxies: none
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s }
client_certificates: { authorities: { partners: { ca_file: x.pem } }, user_id: san_email }
apps:
  api:
    url: https://api.example
    upstream: http://10.9.9.9:5000
    locations:
      - { path: /, require: signed_in }
      - { path: /fact, require: { certificate: { authority: partners } } }
      - { path: /beside, require: { certificate: { authority: partners }, provider: op } }
      - { path: /either, require: { any: [{ certificate: { organization: Acme } }, { groups: staff }] } }
      - { path: /not, require: { none: [{ certificate: { organization: Banned } }] } }
      - { path: /program, require: signed_in, credentials: [client_certificate] }
      - { path: /program/acme, require: { provider: certificates, organization: Acme }, credentials: [client_certificate] }
      - { path: /both, require: signed_in, credentials: [session, client_certificate] }
      - { path: /turned, require: signed_in, credentials: [client_certificate, session] }
      - { path: /maybe, require: maybe_signed_in, credentials: [client_certificate] }
      - { path: /open, require: anyone }
      - { path: /no-program, require: { credential: session }, credentials: [session, client_certificate] }
`)

/** The authority's own file is read by nobody here. */
function load(yaml: string): Gateway {
  const readFile = () => ({ ok: false, reason: 'there are no files' }) as const
  const around = { file: 'x.yaml', folder: '/', env: {}, readFile, madeUp: 'secrets' } as const
  const loaded = loadGatewayFromText(yaml, around)
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  return loaded.gateway
}

const partner = connectionCertificate({ san_email: 'it@acme.example', organization: 'Acme' })
const banned = connectionCertificate({ san_email: 'x@banned.example', organization: 'Banned' })
const nobody = connectionCertificate({ organization: 'Acme' })

const session: Session = {
  ...{ key: 'k'.repeat(64), origin: 'https://api.example', issuer: 'https://op.example', clientId: 'c' },
  ...{ user: 'alice', claims: {}, idToken: '', ...sessionOfAlice, signedInAt: 0, lastSeenAt: 0 },
  signIn: { stateHash: '', returnTo: '/' },
}
const alice: SessionLookup = {
  ...{ kind: 'live', session, resealed: null },
  principal: { user: 'alice', provider: 'op', claims: { groups: ['staff'] } },
}
const none: SessionLookup = { kind: 'none', why: 'no-session' }

interface Asked {
  readonly certificate?: ConnectionCertificate | null
  readonly who?: SessionLookup
  readonly method?: string
  readonly headers?: IncomingHttpHeaders
  readonly at?: number
}

function ask(
  path: string,
  { certificate = null, who = none, method = 'GET', headers, at = now }: Asked = {},
) {
  const cookie = `${gateway.hosts.get('api.example')?.cookies.session}=x`
  const sent = { ...headers, ...(who === none ? {} : { cookie }) }
  const facts = factsOf(`https://api.example${path}`, { method, headers: sent })
  const found = () => who
  const context = { gateway, sessions: { use: found, lookUp: found }, clock: { now: () => at } }
  const socket = { ...facts.socket, certificate }
  const admission = admit(context, { ...facts, socket }, 'r', 0)
  if (admission instanceof Promise) throw new Error('nothing waits here')
  return admission
}

/** `allow rule-met cert:it@acme.example`. */
function told({ decision, principal }: Admission): string {
  const how = decision.kind === 'challenge' ? decision.how : decision.kind
  return [how, decision.reason, ...(principal === null ? [] : [principal.user])].join(' ')
}

t.test('as a fact it is known whoever asks, and identifies nobody', async (t) => {
  t.equal(told(ask('/fact', { certificate: partner })), 'allow rule-met')
  t.equal(told(ask('/fact', { certificate: partner, who: alice })), 'allow rule-met alice')
  t.equal(told(ask('/fact')), 'deny client-certificate', 'no sign-in would help')
  t.equal(told(ask('/fact', { who: alice })), 'deny client-certificate alice')
  t.equal(told(ask('/beside', { certificate: partner })), 'redirect no-session')
  t.equal(told(ask('/beside', { certificate: partner, who: alice })), 'allow rule-met alice')
  t.equal(
    told(ask('/beside', { who: alice })),
    'deny client-certificate alice',
    'the session alone is not enough',
  )
  t.equal(told(ask('/either')), 'redirect no-session')
  t.equal(told(ask('/either', { certificate: partner })), 'allow rule-met')
  t.equal(told(ask('/either', { who: alice })), 'allow rule-met alice')
  t.equal(
    told(ask('/', { certificate: partner })),
    'redirect no-session',
    'and opens nothing that names it not',
  )
  t.equal(told(ask('/', { certificate: partner, who: alice })), 'allow rule-met alice')
})

t.test('who leaves the certificate away is not another one', async (t) => {
  t.equal(told(ask('/not', { certificate: banned, who: alice })), 'deny client-certificate alice')
  t.equal(told(ask('/not', { who: alice })), 'deny client-certificate alice')
  t.equal(told(ask('/not', { certificate: partner, who: alice })), 'allow rule-met alice')
  t.equal(told(ask('/not', { certificate: partner })), 'redirect no-session')
})

t.test('what was met over one connection is not met over the next', async (t) => {
  const { principal } = alice.kind === 'live' ? alice : { principal: null }
  t.ok(principal)
  t.equal(told(ask('/beside', { certificate: partner, who: alice })), 'allow rule-met alice')
  t.equal(told(ask('/beside', { who: alice })), 'deny client-certificate alice')
  t.equal(told(ask('/beside', { certificate: partner, who: alice })), 'allow rule-met alice')
})

t.test('as a credential it identifies, where it is listed', async (t) => {
  t.equal(told(ask('/program', { certificate: partner })), 'allow rule-met cert:it@acme.example')
  t.equal(told(ask('/program', { who: alice })), 'unauthorized no-credential', 'a session is none there')
  t.equal(told(ask('/program')), 'unauthorized no-credential')
  t.equal(told(ask('/program', { certificate: nobody })), 'unauthorized no-credential', 'without a user id')
  t.equal(told(ask('/program/acme', { certificate: partner })), 'allow rule-met cert:it@acme.example')
  t.equal(told(ask('/program/acme', { certificate: banned })), 'deny rule-not-met cert:x@banned.example')
  t.equal(told(ask('/maybe', { certificate: partner })), 'allow maybe-signed-in cert:it@acme.example')
  t.equal(told(ask('/maybe')), 'allow maybe-signed-in')
  t.equal(told(ask('/open', { certificate: partner })), 'allow open-to-anyone', 'nobody is looked at')
  t.match(ask('/program', { certificate: partner }).principal, {
    provider: 'certificates',
    by: { kind: 'client_certificate' },
  })
})

t.test('of session and certificate the first in the list that is good', async (t) => {
  const both = { certificate: partner, who: alice }
  t.equal(told(ask('/both', both)), 'allow rule-met alice')
  t.equal(told(ask('/both', { certificate: partner })), 'allow rule-met cert:it@acme.example')
  t.equal(told(ask('/turned', both)), 'allow rule-met cert:it@acme.example')
  t.equal(told(ask('/turned', { who: alice })), 'allow rule-met alice')
  t.equal(told(ask('/turned', { who: alice, certificate: nobody })), 'allow rule-met alice')
  t.equal(told(ask('/no-program', both)), 'allow rule-met alice')
  t.equal(told(ask('/no-program', { certificate: partner })), 'redirect other-provider-needed')
})

t.test('one that ended since the handshake counts as none', async (t) => {
  const certificate = connectionCertificate({ san_email: 'it@acme.example' }, { endsAt: now })
  t.equal(told(ask('/program', { certificate, at: now - 1 })), 'allow rule-met cert:it@acme.example')
  t.equal(told(ask('/program', { certificate })), 'unauthorized no-credential')
  t.equal(told(ask('/fact', { certificate, at: now - 1 })), 'allow rule-met')
  t.equal(told(ask('/fact', { certificate })), 'deny client-certificate')
  const foreign = connectionCertificate({ authority: 'partners', san_email: 'x@y.z' }, { authority: 'gone' })
  t.equal(
    told(ask('/program', { certificate: foreign })),
    'unauthorized no-credential',
    'of no authority of ours',
  )
  t.equal(told(ask('/fact', { certificate: foreign })), 'deny client-certificate')
})

t.test('another site drives no browser that has a certificate', async (t) => {
  const from = (site: string, mode = 'cors', dest = 'empty') => ({
    headers: { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest },
  })
  for (const site of ['cross-site', 'same-site', 'unheard-of'])
    for (const path of ['/program', '/maybe', '/fact', '/either', '/turned', '/both']) {
      const driven = { certificate: partner, ...from(site) }
      t.equal(told(ask(path, driven)), 'deny cross-site', `${path} from ${site}`)
      t.equal(told(ask(path, { ...driven, method: 'POST' })), 'deny cross-site', `POST ${path} from ${site}`)
      const frame = { certificate: partner, ...from(site, 'navigate', 'iframe') }
      t.equal(told(ask(path, frame)), 'deny cross-site', `${path} in a frame of ${site}`)
      const form = { certificate: partner, method: 'POST', ...from(site, 'navigate', 'document') }
      t.equal(told(ask(path, form)), 'deny cross-site', `a form of ${site} to ${path}`)
      const link = { certificate: partner, ...from(site, 'navigate', 'document') }
      t.match(told(ask(path, link)), /^allow/, `a link of ${site} to ${path}`)
    }
  for (const site of ['same-origin', 'none'])
    t.match(told(ask('/program', { certificate: partner, method: 'POST', ...from(site) })), /^allow/, site)
  const byHand = { certificate: partner, method: 'POST', headers: { accept: '*/*' } }
  t.match(told(ask('/program', byHand)), /^allow/, 'a program sends no such header')
  t.equal(
    told(ask('/beside', { certificate: partner, who: alice, ...from('same-site') })),
    'allow rule-met alice',
  )
  t.equal(
    told(ask('/both', { certificate: partner, who: alice, ...from('same-site') })),
    'allow rule-met alice',
  )
  t.equal(
    told(ask('/either', { certificate: banned, who: alice, ...from('same-site') })),
    'allow rule-met alice',
  )
})

t.test('the access line names the certificate, and by what somebody was known', async (t) => {
  const lines: string[] = []
  const log = createLog({ level: 'info', format: 'json', subject: 'off' }, 'key', {
    write: (line: string) => void lines.push(line),
  })
  const written = (path: string, asked: Asked): Record<string, unknown> => {
    log.access(ask(path, asked), 200, 1)
    return JSON.parse(lines.pop() ?? '{}')
  }
  const certificate = partner.fingerprint.slice(0, 16)
  t.match(written('/program', { certificate: partner }), {
    ...{ certificate, credential: 'client_certificate', provider: 'certificates' },
  })
  t.match(written('/beside', { certificate: partner, who: alice }), { certificate, credential: 'session' })
  const anonymous = written('/fact', { certificate: partner })
  t.equal(anonymous.certificate, certificate)
  t.notOk('credential' in anonymous)
  t.notOk('certificate' in written('/fact', {}))
  t.notMatch(
    JSON.stringify(written('/program', { certificate: partner })),
    /acme|Acme/,
    'and none of its claims',
  )
})
