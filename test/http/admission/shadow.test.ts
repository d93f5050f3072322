import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { StoreFault } from '../../../src/core/fault.ts'
import type { Gateway } from '../../../src/core/gateway.ts'
import type { Session } from '../../../src/core/session/session.ts'
import type { Admission } from '../../../src/http/admission/admission.ts'
import { admit } from '../../../src/http/admission/gate.ts'
import { probe } from '../../../src/http/admission/probe.ts'
import type { AdmissionContext } from '../../../src/http/admission/session-lookup.ts'
import { createLog } from '../../../src/http/operations/log.ts'
import { createMetrics } from '../../../src/http/operations/metrics.ts'
import type { SessionLookup } from '../../../src/runtime/sessions.ts'
import { sessionOfAlice } from '../../support/issued.ts'
import { orThrown } from '../../support/thrown.ts'

const head = `
trusted_proxies: [10.0.0.1]
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
`

const app = (locations: readonly string[], more = 'require: signed_in') => `
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9:5000
    shared_secret: the-secret-that-the-wiki-checks-on-each-request
    allow_encoded: [slash]
    max_body: 1KiB
    ${more}
    locations:
${locations.map((line) => `      - { ${line} }`).join('\n')}
`

function load(text: string, shadow: string | null = null): Gateway {
  const loaded = loadGatewayFromText(shadow === null ? text : `shadow: next.yaml\n${text}`, {
    file: 'gate.yaml',
    folder: '/etc',
    env: {},
    readFile: (path) =>
      shadow !== null && path === '/etc/next.yaml'
        ? { ok: true, bytes: Buffer.from(shadow), worldReadable: false }
        : { ok: false, reason: 'no such file' },
  })
  if (!loaded.ok) throw new Error(loaded.issues.map((issue) => `${issue.path} ${issue.message}`).join('\n'))
  return loaded.gateway
}

const enforced = [
  'path: /public, require: anyone',
  'path: /maybe, require: maybe_signed_in',
  'path: /admin, require: { groups: admins }',
  'path: /form, methods: [POST], require: signed_in',
  'path: /closed, require: nobody',
  'path: /office, require: { client_ip: 192.0.2.0/24 }',
]
const rehearsed = [
  'path: /public, require: signed_in',
  'path: /public/images, require: nobody',
  'path: /admin, require: anyone',
  'path: /form, methods: [POST], require: { groups: admins }',
  'path: /form, methods: [GET], require: signed_in',
  'path: /closed, require: anyone',
  'path: /maybe, require: maybe_signed_in, max_body: 10B',
  'path: /reports, require: { groups: staff }',
  'path: /cors, require: signed_in, cors_preflight: pass',
]
const inFile = rehearsed.map((line) => `${line}, enforce: false`)
const standsIn = (line: string) =>
  rehearsed.some((other) => other.split(', require')[0] === line.split(', require')[0])

const plain = load(head + app(enforced))
const byKey = load(head + app([...enforced, ...inFile]))
/** The same shadow from a file: what `enforce: false` would put in force, written out. */
const byFile = load(
  head + app(enforced),
  head + app([...enforced.filter((line) => !standsIn(line)), ...rehearsed]),
)

const session: Session = {
  key: 'k'.repeat(64),
  origin: 'https://wiki.example',
  issuer: 'https://acme.example.com',
  clientId: 'id',
  user: 'somebody',
  claims: {},
  idToken: '',
  ...sessionOfAlice,
  signedInAt: 0,
  lastSeenAt: 0,
  signIn: { stateHash: '', returnTo: '/' },
}
const live = (user: string, groups: readonly string[]): SessionLookup => ({
  kind: 'live',
  session: { ...session, user },
  principal: { user, provider: 'op', claims: { groups } },
  resealed: null,
})
const callers: Readonly<Record<string, SessionLookup>> = {
  alice: live('alice', []),
  adam: live('adam', ['admins']),
  sally: live('sally', ['staff']),
  gone: { kind: 'none', why: 'session-ended' },
}

interface Looked {
  uses: number
  lookUps: number
}

function admissionContext(
  gateway: Gateway,
  looked: Looked = { uses: 0, lookUps: 0 },
  failing = false,
): AdmissionContext {
  const caller = (cookie: string): SessionLookup => {
    if (failing) throw new StoreFault('STORE_UNAVAILABLE', 'the disk is gone')
    return callers[cookie] ?? { kind: 'none', why: 'session-unreadable' }
  }
  return {
    gateway,
    clock: { now: () => 1_800_000_000 },
    sessions: {
      use: (cookie) => {
        looked.uses += 1
        return caller(cookie)
      },
      lookUp: (cookie) => {
        looked.lookUps += 1
        return caller(cookie)
      },
    },
  }
}

interface Ask {
  readonly method?: string
  readonly as?: string
  readonly headers?: IncomingHttpHeaders
}

function ask(of: AdmissionContext, url: string, { method = 'GET', as, headers: more }: Ask = {}): Admission {
  const cookie = as === undefined ? {} : { cookie: `__Host-claimgate=${as}` }
  const headers: IncomingHttpHeaders = { host: 'wiki.example', accept: 'text/html', ...cookie, ...more }
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) => [name, String(value)])
  const socket = { remoteAddress: '198.51.100.7' }
  const admission = admit(of, { method, url, httpVersion: '1.1', headers, rawHeaders, socket }, 'id', 0)
  if (admission instanceof Promise) throw new Error('nothing here is waited for')
  return admission
}

const preflight = { origin: 'https://a.example', 'access-control-request-method': 'GET' }

/** What is enforced, and what the shadow would have done instead; `same`: nothing is told of it. */
const table: readonly (readonly [
  url: string,
  ask: Ask,
  enforced: string,
  shadow: string,
  location?: string | null,
])[] = [
  ['/public/x', {}, 'allow open-to-anyone', 'challenge no-session', '/public'],
  ['/public/x', { as: 'alice' }, 'allow open-to-anyone', 'allow rule-met', '/public'],
  ['/public/images/x', { as: 'alice' }, 'allow open-to-anyone', 'deny nobody-allowed', '/public/images'],
  ['/admin', {}, 'challenge no-session', 'allow open-to-anyone', '/admin'],
  ['/admin', { as: 'alice' }, 'deny rule-not-met', 'allow open-to-anyone', '/admin'],
  ['/admin', { as: 'gone' }, 'challenge session-ended', 'allow open-to-anyone', '/admin'],
  ['/form', { method: 'POST', as: 'alice' }, 'allow rule-met', 'deny rule-not-met', '/form [POST]'],
  ['/form', { method: 'POST', as: 'adam' }, 'allow rule-met', 'same', '/form [POST]'],
  ['/form', { as: 'adam' }, 'reject method-not-allowed', 'allow rule-met', '/form [GET]'],
  ['/form', { method: 'PUT', as: 'adam' }, 'reject method-not-allowed', 'same', null],
  ['/closed', { as: 'adam' }, 'deny nobody-allowed', 'allow open-to-anyone', '/closed'],
  ['/reports/1', { as: 'alice' }, 'allow rule-met', 'deny rule-not-met', '/reports'],
  ['/reports/1', { as: 'sally' }, 'allow rule-met', 'same', '/reports'],
  ['/reports/1', {}, 'challenge no-session', 'same', '/reports'],
  ['/reports%2F1', { as: 'alice' }, 'allow rule-met', 'deny rule-not-met', '/reports'],
  ['/maybe', {}, 'allow maybe-signed-in', 'same', '/maybe'],
  [
    '/maybe',
    { method: 'POST', headers: { 'content-length': '11' } },
    'allow maybe-signed-in',
    'reject body-too-large',
    '/maybe',
  ],
  ['/cors', { method: 'OPTIONS', headers: preflight }, 'challenge no-session', 'allow preflight', '/cors'],
  ['/office', { as: 'adam' }, 'deny client-address', 'same', '/office'],
  ['/other', { as: 'alice' }, 'allow rule-met', 'same', '*'],
]

const said = ({ kind, reason }: { readonly kind: string; readonly reason: string }) => `${kind} ${reason}`

for (const [form, gateway] of Object.entries({ '`enforce: false`': byKey, '`shadow: FILE`': byFile })) {
  t.test(`by ${form} each request is judged twice and decided once`, async (t) => {
    for (const [url, asked, verdict, other, location] of table) {
      const name = `${asked.method ?? 'GET'} ${url} as ${asked.as ?? 'nobody'}`
      const admission = ask(admissionContext(gateway), url, asked)
      t.equal(said(admission.decision), verdict, name)
      const { shadow } = admission
      t.equal(shadow && said(shadow.decision), other === 'same' ? verdict : other, `${name}: the shadow`)
      t.equal(shadow?.location?.label ?? null, location ?? null, `${name}: its location`)
      t.same(shadow?.enforced, admission.decision)
    }
  })

  t.test(`by ${form} a session goes with what asked for it, and with nothing else`, async (t) => {
    const asked = (url: string, as: string) => orThrown(() => ask(admissionContext(gateway), url, { as }))
    t.match(asked('/reports', 'sally'), {
      session: { user: 'sally' },
      shadow: { decision: { reason: 'rule-met' } },
    })
    t.match(asked('/public', 'sally'), { session: null, shadow: { decision: { reason: 'rule-met' } } })
    t.match(asked('/closed', 'sally'), { session: null, shadow: { decision: { reason: 'open-to-anyone' } } })
  })

  t.test(`by ${form} nobody is let in, kept out or identified by a shadow`, async (t) => {
    const people = [undefined, 'alice', 'adam', 'sally', 'gone', 'forged']
    const paths = [
      '/',
      '/public',
      '/public/images',
      '/admin',
      '/form',
      '/closed',
      '/office',
      '/reports',
      '/cors',
    ]
    const cases = [...paths, '/maybe', '/admin%2Fx', '/.auth/me', '/.auth/health', '/../x', '/.auth/nope']
    let differences = 0
    for (const as of people) {
      for (const url of cases) {
        for (const method of ['GET', 'POST', 'OPTIONS', 'TRACE']) {
          for (const headers of [{}, preflight, { 'content-length': '900' }, { 'content-length': '5000' }]) {
            const asked: Ask = { method, headers, ...(as === undefined ? {} : { as }) }
            const admission = ask(admissionContext(gateway), url, asked)
            const alone = ask(admissionContext(plain), url, asked)
            const [now, before] = [admission, alone].map(
              ({ location, app: _, origin: __, shadow: ___, ...rest }) => {
                return { ...rest, location: location?.label }
              },
            )
            t.same(now, before, `${method} ${url} as ${as}`)
            if (admission.shadow && said(admission.shadow.decision) !== said(admission.decision))
              differences += 1
          }
        }
      }
    }
    t.ok(differences > 200, `the shadow would have decided ${differences} otherwise`)
  })

  t.test(
    `by ${form} who asks is looked up once, and without a use where only the shadow wants to know`,
    async (t) => {
      const lookUps = (url: string, as?: string): Looked => {
        const looked = { uses: 0, lookUps: 0 }
        ask(admissionContext(gateway, looked), url, as === undefined ? {} : { as })
        return looked
      }
      t.same(lookUps('/reports', 'alice'), { uses: 1, lookUps: 0 }, 'both ask')
      t.same(lookUps('/admin', 'alice'), { uses: 1, lookUps: 0 }, 'the rule in force asks')
      t.same(lookUps('/public', 'alice'), { uses: 0, lookUps: 1 }, 'the shadow asks')
      t.same(lookUps('/closed', 'alice'), { uses: 0, lookUps: 0 }, 'neither')
      t.same(lookUps('/.auth/login', 'alice'), { uses: 0, lookUps: 0 }, 'no rule')
    },
  )

  t.test(`by ${form} a store that does not answer the shadow keeps nobody out`, async (t) => {
    const open = ask(admissionContext(gateway, undefined, true), '/public', { as: 'alice' })
    t.match(open, { decision: { kind: 'allow' }, fault: null, shadow: { decision: { reason: 'undecided' } } })
    const asking = ask(admissionContext(gateway, undefined, true), '/admin', { as: 'alice' })
    t.match(asking, { decision: { kind: 'deny', reason: 'undecided' }, fault: { code: 'STORE_UNAVAILABLE' } })
    t.match(
      asking.shadow?.decision,
      { kind: 'allow', reason: 'open-to-anyone' },
      'which it would not have asked',
    )
  })
}

t.test('without a shadow nothing is judged twice, and nothing is told', async (t) => {
  const looked = { uses: 0, lookUps: 0 }
  t.equal(plain.shadow, null)
  t.equal(ask(admissionContext(plain, looked), '/public', { as: 'alice' }).shadow, null)
  t.equal(ask(admissionContext(plain, looked), '/x', { as: 'alice' }).shadow, null)
  t.same(looked, { uses: 1, lookUps: 0 })
})

t.test('what no rule decides, no shadow judges', async (t) => {
  for (const url of ['/.auth/me', '/.auth/nope', '/a/../b', '/.auth/health']) {
    t.equal(ask(admissionContext(byKey), url, { as: 'adam' }).shadow, null, url)
  }
})

t.test('the access line tells a difference, with the condition, and is silent otherwise', async (t) => {
  const lines: Readonly<Record<string, unknown>>[] = []
  const log = createLog({ level: 'info', format: 'json', subject: 'off' }, 'key', {
    write: (line) => void lines.push(JSON.parse(line)),
  })
  const lineOf = (admission: Admission) => {
    log.access(admission, 200, 1)
    return lines.at(-1) ?? {}
  }
  t.match(lineOf(ask(admissionContext(byKey), '/reports', { as: 'alice' })), {
    decision: 'allow',
    location: '*',
    shadow_decision: 'deny',
    shadow_reason: 'rule-not-met',
    shadow_location: '/reports',
    shadow_detail: 'groups was an empty list, rule wants "staff"',
  })
  const nowhere = lineOf(ask(admissionContext(byKey), '/admin', { as: 'alice' }))
  t.match(nowhere, { shadow_decision: 'allow', shadow_location: '/admin' })
  t.notOk('shadow_detail' in nowhere)
  t.match(
    lineOf(ask(admissionContext(byKey), '/public', { as: 'alice' })),
    { reason: 'open-to-anyone', shadow_decision: 'allow', shadow_reason: 'rule-met' },
    'let in by both, for another reason',
  )
  for (const [url, as] of [
    ['/reports', 'sally'],
    ['/x', 'alice'],
  ] as const) {
    const silent = Object.keys(lineOf(ask(admissionContext(byKey), url, { as })))
    t.same(
      silent.filter((field) => field.startsWith('shadow')),
      [],
      url,
    )
  }
  const judged = ask(admissionContext(byKey), '/reports', { as: 'sally' })
  const unsendable = { kind: 'deny', reason: 'identity-unsendable', principal: judged.principal } as const
  const later = Object.keys(lineOf({ ...judged, decision: unsendable }))
  t.notOk(later.includes('shadow_decision'), 'what is found out after the rules is no difference of rules')
})

t.test('the metric counts every request that was judged by both', async (t) => {
  const metrics = createMetrics()
  metrics.request(ask(admissionContext(byKey), '/reports', { as: 'alice' }), 200)
  metrics.request(ask(admissionContext(byKey), '/reports', { as: 'alice' }), 200)
  metrics.request(ask(admissionContext(byKey), '/reports', { as: 'sally' }), 200)
  metrics.request(ask(admissionContext(byKey), '/.auth/health'), 200)
  metrics.request(ask(admissionContext(plain), '/reports', { as: 'sally' }), 200)
  const counted = (await metrics.text(new Map(), { droppedLines: () => 0 }))
    .split('\n')
    .filter((line) => line.startsWith('claimgate_shadow'))
  t.same(counted.toSorted(), [
    'claimgate_shadow_decisions_total{app="wiki",decision="allow",shadow="allow"} 1',
    'claimgate_shadow_decisions_total{app="wiki",decision="allow",shadow="deny"} 2',
  ])
})

t.test('a probe says what the shadow says, with its conditions', async (t) => {
  const person = { provider: 'op', claims: { sub: 'alice', groups: ['people'] } }
  const asked = { method: 'GET', url: 'https://wiki.example/reports', person, clientAddress: null }
  const { admission, rows, shadow } = probe(byKey, asked)
  t.equal(admission.decision.kind, 'allow')
  t.same(
    rows.map(({ where }) => where),
    ['signed_in'],
  )
  t.match(shadow, { decision: { kind: 'deny', reason: 'rule-not-met' }, location: { label: '/reports' } })
  t.match(shadow?.rows, [
    { where: 'app: signed_in', truth: true },
    { where: 'groups', truth: false, blocks: true },
  ])
  t.equal(probe(plain, asked).shadow, null)
})

t.test('a rehearsal opens nothing at an app that is closed', async (t) => {
  const closed = load(
    head + app(['path: /in, require: signed_in', 'path: /open, require: anyone, enforce: false'], ''),
  )
  const admission = ask(admissionContext(closed), '/open', { as: 'adam' })
  t.match(admission.decision, { kind: 'deny', reason: 'no-location' })
  t.match(admission.shadow?.decision, { kind: 'allow', reason: 'open-to-anyone' })
})

t.test('the model holds what is rehearsed, frozen, and no app has it in force', async (t) => {
  const labels = ({ shadow }: Gateway) =>
    shadow?.rehearsed.map(({ app: name, location }) => `${name} ${location.label}`)
  t.equal(byKey.shadow?.file, null)
  t.equal(labels(byKey)?.length, rehearsed.length)
  t.same(
    byKey.apps[0]?.allLocations.map(({ label }) => label),
    plain.apps[0]?.allLocations.map(({ label }) => label),
  )
  t.equal(byFile.shadow?.file, 'next.yaml')
  t.equal(labels(byFile)?.length, 10)
  for (const { shadow } of [byKey, byFile]) {
    t.ok(Object.isFrozen(shadow))
    const { origins } = shadow ?? { origins: new Map() }
    t.throws(() => new Map(origins) && Reflect.get(origins, 'set')('x', null), /frozen/)
  }
})

t.test(
  'the `enforce: false` of a shadow file is in force in the rehearsal, and of the first counts no more',
  async (t) => {
    const both = load(
      head + app([...enforced, 'path: /reports, require: nobody, enforce: false']),
      head + app(['path: /reports, require: { groups: staff }, enforce: false']),
    )
    t.match(ask(admissionContext(both), '/reports', { as: 'alice' }), {
      decision: { kind: 'allow' },
      shadow: { decision: { kind: 'deny', reason: 'rule-not-met' } },
    })
  },
)

t.test('a rehearsal stands in for the location of the same path and methods, and for no other', async (t) => {
  const gateway = load(
    head +
      app([
        'path: /form, methods: [POST, PUT], require: { groups: admins }',
        'path: /form, methods: [DELETE], require: nobody',
        'path: /form, require: anyone',
        'path: /form, methods: [PUT, POST], require: { groups: staff }, enforce: false',
        'path: /form, methods: [GET], require: nobody, enforce: false',
      ]),
  )
  const shadows: readonly (readonly [string, string])[] = [
    ['POST', 'deny rule-not-met'],
    ['PUT', 'deny rule-not-met'],
    ['DELETE', 'deny nobody-allowed'],
    ['GET', 'deny nobody-allowed'],
    ['HEAD', 'deny nobody-allowed'],
    ['PATCH', 'allow open-to-anyone'],
  ]
  for (const [method, verdict] of shadows) {
    const { shadow } = ask(admissionContext(gateway), '/form', { method, as: 'adam' })
    t.equal(shadow && said(shadow.decision), verdict, method)
  }
})
