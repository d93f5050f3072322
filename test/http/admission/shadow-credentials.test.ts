// Rehearsed rules that list other credentials than those in force: what each set would do with the same request.
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { formatKey, newKeyId, newKeySecret } from '../../../src/core/keys/key-form.ts'
import type { Session } from '../../../src/core/session/session.ts'
import { admit } from '../../../src/http/admission/gate.ts'
import type { AdmissionContext } from '../../../src/http/admission/session-lookup.ts'
import type { SessionLookup } from '../../../src/runtime/sessions.ts'
import { sessionOfAlice } from '../../support/issued.ts'

const loaded = loadGatewayFromText(
  `
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
api_keys: { store: sqlite }
providers:
  op:
    issuer: "https://op.example"
    client_id: c
    client_secret: s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s
    bearer: { audiences: [api], check: introspection }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9:5000
    shared_secret: the-secret-that-the-wiki-checks-on-each-request
    require: signed_in
    locations:
      - { path: /more, require: signed_in }
      - { path: /more, require: signed_in, credentials: [session, bearer, api_key], enforce: false }
      - { path: /fewer, require: { provider: op, groups: admins }, credentials: [session, api_key] }
      - { path: /fewer, require: { groups: admins }, enforce: false }
      - { path: /open, require: anyone }
      - { path: /open, require: signed_in, credentials: [bearer, api_key], enforce: false }
      - { path: /same, require: signed_in, credentials: [session, api_key] }
      - { path: /same, require: { provider: op }, credentials: [api_key, session], enforce: false }
`,
  { file: 'gate.yaml', folder: '/etc', env: {}, readFile: () => ({ ok: false, reason: 'no such file' }) },
)
if (!loaded.ok) throw new Error(loaded.issues.map(({ path, message }) => `${path} ${message}`).join('\n'))
const { gateway } = loaded

const session: Session = {
  key: 'k'.repeat(64),
  origin: 'https://wiki.example',
  issuer: 'https://op.example',
  clientId: 'c',
  user: 'adam',
  claims: {},
  idToken: '',
  ...sessionOfAlice,
  signedInAt: 0,
  lastSeenAt: 0,
  signIn: { stateHash: '', returnTo: '/' },
}
const key = formatKey({ prefix: 'cg', id: newKeyId(randomBytes), secret: newKeySecret(randomBytes) })

interface Row {
  readonly enforced: string
  readonly shadow: string
  /** Of keys and tokens, and of sessions that are used and are only looked up. */
  readonly asked: string
}

async function judged(url: string, headers: Readonly<Record<string, string>>): Promise<Row> {
  let [verified, uses, lookUps] = [0, 0, 0]
  const live: SessionLookup = {
    kind: 'live',
    session,
    resealed: null,
    principal: { user: 'adam', provider: 'op', claims: { groups: ['admins'] } },
  }
  const context: AdmissionContext = {
    gateway,
    clock: { now: () => 1_800_000_000 },
    sessions: {
      use: () => {
        uses += 1
        return live
      },
      lookUp: () => {
        lookUps += 1
        return live
      },
    },
    credentials: {
      verify: () => {
        verified += 1
        const by = { kind: 'api_key', id: 'i', name: 'n' } as const
        const principal = { user: 'key:acme', provider: 'api_keys', claims: {}, by }
        return { kind: 'identified', principal, scopes: [], endsAt: null }
      },
    },
  }
  const all = { host: 'wiki.example', ...headers }
  const facts = {
    method: 'GET',
    url,
    httpVersion: '1.1',
    headers: all,
    rawHeaders: Object.entries(all).flat(),
  }
  const admission = await admit(context, { ...facts, socket: { remoteAddress: '198.51.100.7' } }, 'id', 0)
  const said = ({ kind, reason }: { readonly kind: string; readonly reason: string }) => `${kind} ${reason}`
  return {
    enforced: said(admission.decision),
    shadow: admission.shadow === null ? 'none' : said(admission.shadow.decision),
    asked: `${verified} ${uses} ${lookUps}`,
  }
}

const cookie = { cookie: '__Host-claimgate=adam' }
const ofApp = { authorization: `Basic ${Buffer.from('adam:secret').toString('base64')}` }
const opaque = { authorization: 'Bearer ya29.opaque' }

function jwt(claims: object): { readonly authorization: string } {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return { authorization: `Bearer ${part({ alg: 'HS256' })}.${part(claims)}.c2ln` }
}

t.test('what headers carry is judged by the list that is rehearsed', async (t) => {
  const rows: readonly (readonly [string, Readonly<Record<string, string>>, Row])[] = [
    ['/more', cookie, { enforced: 'allow rule-met', shadow: 'allow rule-met', asked: '0 1 0' }],
    [
      '/more',
      { ...cookie, ...ofApp },
      { enforced: 'allow rule-met', shadow: 'challenge credential-unknown', asked: '0 1 0' },
    ],
    [
      '/more',
      { ...ofApp, 'x-api-key': key },
      { enforced: 'challenge no-session', shadow: 'reject credentials-ambiguous', asked: '0 0 0' },
    ],
    [
      '/more',
      { 'x-api-key': key },
      { enforced: 'challenge no-session', shadow: 'allow rule-met', asked: '1 0 0' },
    ],
    [
      '/fewer',
      { ...cookie, 'x-api-key': key },
      { enforced: 'deny rule-not-met', shadow: 'allow rule-met', asked: '1 0 1' },
    ],
    [
      '/fewer',
      { 'x-api-key': key },
      { enforced: 'deny rule-not-met', shadow: 'challenge no-session', asked: '1 0 0' },
    ],
    [
      '/same',
      { ...cookie, 'x-api-key': key },
      { enforced: 'allow rule-met', shadow: 'deny rule-not-met', asked: '1 0 0' },
    ],
  ]
  for (const [url, headers, expected] of rows)
    t.same(await judged(url, headers), expected, `${url} ${Object.keys(headers).join(' ')}`)
})

t.test('no provider is asked of a token that only the rehearsal looks at', async (t) => {
  const sent = { opaque, home: jwt({ sub: 'adam' }), ofProvider: jwt({ iss: 'https://op.example' }) }
  for (const [name, headers] of Object.entries(sent))
    for (const url of ['/more', '/open']) {
      const { shadow, asked } = await judged(url, headers)
      t.same([shadow, asked], ['deny undecided', '0 0 0'], `${url} ${name}`)
    }
  t.match(await judged('/open', { 'x-api-key': key }), {
    enforced: 'allow open-to-anyone',
    shadow: 'allow rule-met',
  })
})
