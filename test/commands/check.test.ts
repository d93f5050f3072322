import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { command } from '../../src/commands/check.ts'
import { runIn } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-check-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const good = `
session: { secret: "\${env:SESSION_SECRET}" }
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:CLIENT_SECRET}" }
  other: { issuer: "https://other.example.com", client_id: gate, client_secret: s, user_id_prefix: "o:" }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5
    provider: acme
    require: signed_in
    redirect_uri: /oauth2/callback
    locations: [{ path: /static, require: anyone }]
  board: { url: "https://wiki.example.com/board", upstream: "http://10.0.0.6", provider: acme, require: signed_in, redirect_uri: /oauth2/callback }
`
const env = { SESSION_SECRET: 'kT4zQ8vX2nB6mL0pR5sD9fG3hJ7wE1cU', CLIENT_SECRET: 'canary' }
writeFileSync(join(folder, 'claimgate.yaml'), good)
writeFileSync(join(folder, 'bad.yaml'), 'apps:\n  wiki: { url: 1, alow: x }\n')

const check = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  runIn(command, args, { cwd: folder, env: { ...env, ...more } })

t.test('how many processes take requests is told, and what auto is on this machine', async (t) => {
  t.notMatch((await check([])).stdout, 'workers:')
  t.equal(JSON.parse((await check(['--json'])).stdout).workers, 1)
  for (const [workers, told] of [
    ['3', /^workers: 3 processes$/m],
    ['auto', /^workers: auto is [1-9]\d* here, one for each core that this process may use$/m],
  ] as const) {
    writeFileSync(join(folder, 'workers.yaml'), `workers: ${workers}\n${good}`)
    t.match((await check(['-c', 'workers.yaml'])).stdout, told)
  }
})

t.test('a file without faults: what it holds, its warnings, and what to register', async (t) => {
  const { code, stdout, stderr } = await check([])
  t.equal(code, 0)
  t.equal(stderr, '')
  t.match(stdout, 'claimgate.yaml is fine: 2 apps, 1 location, 2 providers\n')
  t.match(stdout, 'claimgate.yaml:7:3 apps.wiki.shared_secret: is absent')
  t.match(stdout, /Register at acme \(https:\/\/id\.example\.com, client gate\):/)
  t.match(stdout, /redirect URI +https:\/\/wiki\.example\.com\/oauth2\/callback\n/)
  t.match(stdout, /post-logout redirect URI +https:\/\/wiki\.example\.com\/\.auth\/logged-out\n/)
  t.match(stdout, /back-channel logout URI +https:\/\/wiki\.example\.com\/\.auth\/backchannel-logout\n/)
  t.match(stdout, /front-channel logout URI +https:\/\/wiki\.example\.com\/\.auth\/frontchannel-logout\n/)
  t.match(stdout, 'session required')
  t.equal(stdout.split('/oauth2/callback').length, 2, 'two apps of one origin share one redirect URI')
  t.match(stdout, 'Register at other (https://other.example.com, client gate):\n  nothing')
  t.notMatch(stdout, 'canary')
})

t.test(
  'with several providers of one app: what to register at each, and that it is to be done first',
  async (t) => {
    const app = good.slice(good.indexOf('    provider: acme'))
    const several = good.replace(app, '    provider: [acme, other]\n    require: signed_in\n')
    writeFileSync(join(folder, 'several.yaml'), several)
    const { code, stdout } = await check(['-c', 'several.yaml'])
    t.equal(code, 0)
    const [, ofAcme = '', ofOther = ''] = stdout.split('Register at ')
    t.match(ofAcme, /redirect URI +https:\/\/wiki\.example\.com\/\.auth\/callback\/acme\n/)
    t.notMatch(ofAcme, 'callback/other')
    t.match(ofOther, /redirect URI +https:\/\/wiki\.example\.com\/\.auth\/callback\/other\n/)
    t.match(stdout, /register them before the gateway starts with this file/)
    t.notMatch((await check([])).stdout, /register them before/, 'one provider has one')
    const json = await check(['-c', 'several.yaml', '--json'])
    t.match(JSON.parse(json.stdout).register, [
      { provider: 'acme', redirectUris: ['https://wiki.example.com/.auth/callback/acme'] },
      { provider: 'other', redirectUris: ['https://wiki.example.com/.auth/callback/other'] },
    ])
    const kept = several.replace(
      'require: signed_in',
      'require: signed_in\n    redirect_uri: "/oauth2/{provider}/callback"',
    )
    writeFileSync(join(folder, 'kept.yaml'), kept)
    t.match((await check(['-c', 'kept.yaml'])).stdout, 'https://wiki.example.com/oauth2/other/callback')
  },
)

t.test(
  'which providers are asked again, where more is asked for, and the grant that this needs',
  async (t) => {
    const plain = await check([])
    t.notMatch(plain.stdout, /asked again|step-up|grant types/)
    t.match(JSON.parse((await check(['--json'])).stdout), {
      recheck: [],
      stepUp: [],
      register: [{ grantTypes: ['authorization_code'] }, {}],
    })
    const asking = good
      .replace('client_id: gate,', 'client_id: gate, recheck: { every: 15m, unanswered: 1h },')
      .replace('require: signed_in', 'require: signed_in\n    step_up: { acr_values: [phr], max_age: 5m }')
    t.not(asking, good)
    writeFileSync(join(folder, 'asking.yaml'), asking)
    const { code, stdout } = await check(['-c', 'asking.yaml'])
    t.equal(code, 0)
    t.match(stdout, '\nasked again: acme every 900s, unanswered for at most 3600s\n')
    t.match(stdout, /\nstep-up: \S+ \S+: acr_values phr, max_age 300s\n/)
    t.match(stdout, /\n {2}grant types +authorization_code, refresh_token\n/)
    t.match(JSON.parse((await check(['-c', 'asking.yaml', '--json'])).stdout), {
      recheck: [{ provider: 'acme', everySeconds: 900, unansweredSeconds: 3600 }],
      stepUp: [{ asks: 'acr_values phr, max_age 300s' }],
      register: [{ grantTypes: ['authorization_code', 'refresh_token'] }, {}],
    })
  },
)

t.test('how apps are reached that are asked by signed requests', async (t) => {
  t.notMatch((await check([])).stdout, /^reached/m)
  t.same(JSON.parse((await check(['--json'])).stdout).signed, [])
  const signed = `
session: { secret: "\${env:SECRET:-a-session-secret-of-thirty-two-bytes-or-more}" }
providers: { acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "8dWn2kQx0Zp4-of-some-length" } }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: { url: "https://abc123.execute-api.eu-west-1.amazonaws.com/prod", aws: { sign: execute-api } }
    require: signed_in
`
  writeFileSync(join(folder, 'signed.yaml'), signed)
  const { code, stdout } = await check(['-c', 'signed.yaml'])
  t.equal(code, 0)
  const reached = 'signed for execute-api in eu-west-1 with the credentials of the process'
  t.match(stdout, `\nreached: wiki, ${reached}\n`)
  t.notMatch(stdout, /shared_secret/, 'nobody can reach it around the gateway')
  t.same(JSON.parse((await check(['-c', 'signed.yaml', '--json'])).stdout).signed, [{ app: 'wiki', reached }])
})

t.test('what apps verify, and what they have to demand', async (t) => {
  t.notMatch((await check([])).stdout, /^verifies/m)
  t.same(JSON.parse((await check(['--json'])).stdout).assertions, [])
  const verified = `
session: { secret: "\${env:SECRET:-a-session-secret-of-thirty-two-bytes-or-more}" }
providers: { acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "8dWn2kQx0Zp4-of-some-length" } }
apps:
  wiki:
    url: https://wiki.example.com/wiki
    upstream: https://inside.example.com
    require: signed_in
    identity_headers: {}
    identity_assertion: { claims: [email] }
`
  writeFileSync(join(folder, 'verified.yaml'), verified)
  const { code, stdout } = await check(['-c', 'verified.yaml'])
  t.equal(code, 0)
  const of = 'https://wiki.example.com/.auth/assertion'
  t.match(stdout, `\nverifies: wiki, X-Claimgate-Assertion of ${of} for https://wiki.example.com/wiki (`)
  t.notMatch(stdout, /shared_secret/, 'it refuses whoever comes around the gateway')
  t.match(stdout, /signing_keys: is absent: one is generated into the `data` folder/)
  t.same(JSON.parse((await check(['-c', 'verified.yaml', '--json'])).stdout).assertions, [
    {
      ...{ app: 'wiki', header: 'X-Claimgate-Assertion', issuer: of, claims: ['email'] },
      ...{ audience: 'https://wiki.example.com/wiki', lifetime_seconds: 60 },
      jwks_uri: 'https://wiki.example.com/.auth/jwks.json',
    },
  ])
  t.notOk(existsSync(join(folder, 'data')), 'no key was made')
})

t.test('the same for programs', async (t) => {
  const { code, stdout } = await check(['--json'])
  t.equal(code, 0)
  t.match(JSON.parse(stdout), {
    ok: true,
    apps: 2,
    locations: 1,
    providers: 2,
    warnings: [{ path: 'apps.wiki.shared_secret', line: 7, column: 3 }, { path: 'apps.board.shared_secret' }],
    register: [
      {
        provider: 'acme',
        redirectUris: ['https://wiki.example.com/oauth2/callback'],
        backchannelLogoutUri: 'https://wiki.example.com/.auth/backchannel-logout',
        frontchannelLogoutUri: 'https://wiki.example.com/.auth/frontchannel-logout',
      },
      { provider: 'other', backchannelLogoutUri: null, frontchannelLogoutUri: null },
    ],
  })
})

t.test('a file with faults: all of them, and status 1', async (t) => {
  const { code, stdout } = await check(['-c', 'bad.yaml'])
  t.equal(code, 1)
  t.same(stdout.trimEnd().split('\n'), [
    'bad.yaml:1:1 providers: is missing',
    'bad.yaml:2:3 apps.wiki.upstream: is missing',
    'bad.yaml:2:3 apps.wiki: has neither `require` nor `locations`: nobody could ever pass; write `require: signed_in`, or who may',
    'bad.yaml:2:16 apps.wiki.url: expected a text, found a number: write it in quotes',
    'bad.yaml:2:19 apps.wiki.alow: unknown key: write `require`',
    '',
    '5 faults',
  ])
  const json = await check(['--config', 'bad.yaml', '--json'])
  t.equal(json.code, 1)
  t.match(JSON.parse(json.stdout), { ok: false, faults: { length: 5 } })
})

t.test('S-226: a fault of a secret never shows it', async (t) => {
  const { code, stdout } = await check(['--json'], { SESSION_SECRET: 'canary' })
  t.equal(code, 1)
  t.notMatch(stdout, 'canary')
})

t.test('CLAIMGATE_CONFIG names the file where -c does not', async (t) => {
  t.equal((await check([], { CLAIMGATE_CONFIG: 'bad.yaml' })).code, 1)
  t.equal((await check(['-c', 'claimgate.yaml'], { CLAIMGATE_CONFIG: 'bad.yaml' })).code, 0)
})

t.test('an unreadable file and wrong usage are status 2', async (t) => {
  const missing = await check(['-c', 'nowhere.yaml'])
  t.same([missing.code, missing.stderr], [2, 'nowhere.yaml: the file cannot be read: no such file\n'])
  const usage = await check(['--frob'])
  t.equal(usage.code, 2)
  t.match(usage.stderr, '--frob')
  t.equal((await check(['surplus'])).code, 2)
})

t.test('--help says what it does', async (t) => {
  const { code, stdout } = await check(['--help'])
  t.equal(code, 0)
  t.match(stdout, 'Usage: claimgate check')
})

t.test('what is rehearsed is told, with the faults of a shadow file in their own place', async (t) => {
  const rehearsing = good.replace('/static, require: anyone', '/static, require: anyone, enforce: false')
  writeFileSync(join(folder, 'rehearsing.yaml'), rehearsing)
  const { code, stdout } = await check(['-c', 'rehearsing.yaml'])
  t.equal(code, 0)
  t.match(stdout, 'rehearsing.yaml is fine: 2 apps, 0 locations, 2 providers\n')
  t.match(stdout, '\nrehearsed, not enforced: 1 location\n  wiki /static\n')
  const json = await check(['-c', 'rehearsing.yaml', '--json'])
  t.same(JSON.parse(json.stdout).shadow, { file: null, rehearsed: [{ app: 'wiki', location: '/static' }] })
  t.notOk('shadow' in JSON.parse((await check(['--json'])).stdout))

  mkdirSync(join(folder, 'conf'))
  writeFileSync(join(folder, 'conf/claimgate.yaml'), `shadow: next.yaml\n${good}`)
  writeFileSync(join(folder, 'conf/next.yaml'), good)
  const fine = await check(['-c', 'conf/claimgate.yaml'])
  t.equal(fine.code, 0)
  t.match(fine.stdout, '\nthe rules of conf/next.yaml are rehearsed, not enforced\n')
  writeFileSync(join(folder, 'conf/next.yaml'), good.replace('/static', 'static'))
  const faulty = await check(['-c', 'conf/claimgate.yaml'])
  t.equal(faulty.code, 1)
  t.match(
    faulty.stdout,
    /^conf\/next\.yaml:13:\d+ apps\.wiki\.locations\[0\]\.path: .+; did you mean "\/static"\?$/m,
  )
})

t.test('--digest prints what the log says of the same files, and which these are', async (t) => {
  writeFileSync(join(folder, 'staff'), 'staff\n')
  const lists = good.replace('require: signed_in\n', `require: { groups: "\${lines:staff}" }\n`)
  writeFileSync(join(folder, 'lists.yaml'), lists)
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  const manifest = `["configuration","","${sha256(lists)}"]\n["lines","staff","${sha256('staff\n')}"]\n`
  const digest = `sha256:${sha256(manifest)}`
  t.strictSame(await check(['--digest', '-c', 'lists.yaml']), {
    code: 0,
    stdout: `${digest}\n${sha256(lists)}  configuration\n${sha256('staff\n')}  lines staff\n`,
    stderr: '',
  })
  const bare = await runIn(command, ['--digest', '--made-up-secrets', '-c', 'lists.yaml'], { cwd: folder })
  t.equal(bare.stdout.split('\n')[0], digest, 'on a machine that has none of the secrets')
  t.match(JSON.parse((await check(['--json', '-c', 'lists.yaml'])).stdout), {
    digest,
    files: [{ as: 'configuration' }, { as: 'lines', name: 'staff' }],
  })
  t.match(await check(['--digest', '-c', 'bad.yaml']), { code: 1, stdout: /apps\.wiki/ })
  rmSync(join(folder, 'staff'))
  const missing = await check(['--digest', '--made-up-secrets', '-c', 'lists.yaml'])
  t.equal(missing.code, 1)
  t.notMatch(missing.stdout, 'sha256:')
})

t.test('each store that a gateway can start with is no fault', async (t) => {
  for (const store of ['memory', 'cookie', '"redis://127.0.0.1"']) {
    const session = `{ secret: "\${env:SESSION_SECRET}" }`
    const text = good.replace(session, `{ secret: "\${env:SESSION_SECRET}", store: ${store} }`)
    t.not(text, good)
    const key = 'log: { subject_key: 0123456789abcdef0123456789abcdef }'
    writeFileSync(join(folder, 'store.yaml'), store.includes('redis') ? `${text}\n${key}\n` : text)
    const { code, stdout } = await check(['-c', 'store.yaml'])
    t.equal(code, 0, `${store}: ${stdout}`)
  }
})
