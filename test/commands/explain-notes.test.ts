// What `explain` adds: notes, the case of a path, and callers by JWT.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { command } from '../../src/commands/explain.ts'
import { alice, ask, folder, json, secret, wiki } from './explain-rig.ts'
import { runIn } from './run.ts'

t.test('a form that would be kept until its person has signed in is a note', async (t) => {
  const notes = async (path: string, method: string) =>
    (await json(['--url', `${wiki}${path}`, '--method', method, '--anonymous'])).notes
  t.match(await notes('/other', 'POST'), [
    'A form of the app’s own pages, of at most 262144 bytes, is kept if the session has ended or is not enough: 303, and it is sent after the sign-in (`resume: forms`).',
  ])
  t.same(await notes('/other', 'GET'), [])
  t.same(await notes('/other', 'DELETE'), [])
  t.same(await notes('/api', 'POST'), [], 'not where nobody is sent to sign in')
  t.same(await notes('/static', 'POST'), [], 'nor where nobody has to')
})

t.test('what rehearsed rules would make of it is a note, and changes nothing', async (t) => {
  const rehearsing = t.testdir({
    'claimgate.yaml': `
providers:
  staff: { issuer: "https://id.example.com", client_id: gate, client_secret: a-client-secret }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5:5000
    shared_secret: ${secret}
    require: signed_in
    locations:
      - { path: /next, require: { groups: admins }, enforce: false }
`,
  })
  const told = (path: string) =>
    runIn(command, ['--url', `https://wiki.example.com${path}`, '--claims', '-'], {
      cwd: rehearsing,
      stdin: JSON.stringify(alice),
    })
  const next = await told('/next')
  t.equal(next.code, 0)
  t.match(
    next.stdout.replaceAll(/\s+/g, ' '),
    /note: The rules that are only rehearsed would decide otherwise at \/next: deny, rule-not-met/,
  )
  t.notMatch((await told('/other')).stdout, /rehearsed/)
})

t.test('at an app that ignores case it says what the case of a path came to', async (t) => {
  const rows: readonly (readonly [
    path: string,
    reason: string,
    locations: readonly string[],
    note: string,
  ])[] = [
    ['/Shop/Account', 'no-session', ['/Shop/Account'], ''],
    ['/Shop/Stra%C3%9Fe', 'no-session', ['/Shop/Straße'], ''],
    ['/shop/ACCOUNT/x', 'no-session', ['/Shop/Account'], 'judged without it, and is sent as it stands'],
    ['/Shop/stra%C3%9Fe', 'no-session', ['/Shop/Straße'], 'judged without it'],
    ['/SHOP/x', 'open-to-anyone', ['*'], 'judged without it'],
    ['/Shop/x', 'open-to-anyone', ['*'], ''],
    ['/Shop/STRASSE', 'target-case', [], 'take the path for one of /Shop/Straße, others do not'],
    ['/Shop/Inner', 'target-case', [], 'take the path for one of the app inner (/shop/inner)'],
    ['/Shop/Inner/Account', 'target-case', [], 'take the path for one of the app inner (/shop/inner)'],
    ['/Shop/x%2FSTRASSE', 'open-to-anyone', ['*'], ''],
    ['/Shop/Inne%CC%87r', 'target-case', [], 'of the app inner'],
    ['/Shop/STRASSE%2Fx', 'target-case', [], 'one of /Shop/Straße, others'],
    ['/Shop/x/%EF%BC%8E%EF%BC%8E', 'target-case', [], 'take a character of the path for a slash'],
    ['/Shop/Account%EF%BC%8Fx', 'target-case', [], 'take a character of the path for a slash'],
    ['/Shop/%C5%BF', 'target-case', [], 'the Kelvin sign are letters of ASCII'],
  ]
  for (const [path, reason, locations, note] of rows) {
    const told = await json(['-c', 'case.yaml', '--anonymous', '--url', `https://shop.example.com${path}`])
    t.equal(told.reason, reason, path)
    t.same(told.locations, locations, path)
    if (note === '') t.notMatch(told.notes.join(' '), 'case', path)
    else t.match(told.notes.join(' '), note, path)
  }
})

t.test('where what follows the # is kept, a sign-in begins with a page', async (t) => {
  const { stdout } = await ask([
    '-c',
    'case.yaml',
    '--anonymous',
    '--url',
    'https://shop.example.com/Shop/Account',
  ])
  t.match(
    stdout,
    'The client gets 200: a page that keeps what follows #, then the sign-in at staff, and back here.',
  )
  const head = [
    '-c',
    'case.yaml',
    '--method',
    'HEAD',
    '--anonymous',
    '--url',
    'https://shop.example.com/Shop/Account',
  ]
  t.match((await ask(head)).stdout, 'The client gets 302: the sign-in at staff, and back here.')
})

t.test('a JWT is of the provider that the app accepts, where two have one issuer', async (t) => {
  const provider = (client: string) =>
    `{ issuer: "https://id.example.com", client_id: ${client}, client_secret: a-client-secret, bearer: { audiences: [api-${client}] } }`
  const app = (name: string) =>
    `{ url: "https://${name}.example.com", upstream: "http://10.0.0.5", provider: ${name}, credentials: [bearer], require: signed_in }`
  writeFileSync(
    join(folder, 'one-issuer.yaml'),
    `providers: { one: ${provider('gate')}, two: ${provider('other')} }\napps: { one: ${app('one')}, two: ${app('two')} }\n`,
  )
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = {
    iss: 'https://id.example.com',
    sub: 'ada',
    aud: 'api-other',
    azp: 'cli',
    exp: 4_000_000_000,
  }
  writeFileSync(join(folder, 'two.jwt'), `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`)
  const asked = (app: string) =>
    ask(['-c', 'one-issuer.yaml', '--url', `https://${app}.example.com/`, '--token', 'two.jwt'])
  const there = await asked('two')
  t.equal(there.code, 0, there.stdout + there.stderr)
  t.match(there.stdout, 'by an access token of two')
  t.match((await asked('one')).stdout, 'token-not-for-us')
})

t.test(
  'a JWT that names no issuer goes to the provider that is asked, so that nobody here can tell',
  async (t) => {
    const provider = (more: string) =>
      `{ issuer: "https://id.example.com", client_id: wiki, client_secret: secret-of-the-wiki, bearer: { audiences: [api]${more} } }`
    const write = (more: string) =>
      writeFileSync(
        join(folder, 'asked.yaml'),
        `session: { secret: a-session-secret-of-thirty-two-bytes-or-more }
providers: { op: ${provider(more)} }
apps: { wiki: { url: "${wiki}", upstream: "http://127.0.0.1:5000", credentials: [bearer], require: signed_in } }
`,
      )
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    writeFileSync(join(folder, 'home.jwt'), `${part({ alg: 'HS256' })}.${part({ sub: 'ada' })}.c2ln`)
    const asked = () => ask(['-c', 'asked.yaml', '--url', `${wiki}/`, '--token', 'home.jwt'])
    write(', check: introspection')
    const { code, stderr } = await asked()
    t.equal(code, 2)
    t.match(stderr, /holds a JWT without `iss`, of which a provider is asked\. .* give it as --claims/)
    write('')
    t.match((await asked()).stdout, 'credential-unknown')
  },
)

t.test('a JWT from a file, and options that do not go together', async (t) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const jwt = (claims: object) => `${part({ alg: 'RS256', typ: 'at+jwt' })}.${part(claims)}.c2ln`
  writeFileSync(join(folder, 'token.jwt'), `${jwt({ iss: 'https://id.example.com', sub: 'ada' })}\n`)
  writeFileSync(join(folder, 'opaque.txt'), 'ya29.opaque')
  const { code, stdout } = await ask(['--url', `${wiki}/api`, '--token', 'token.jwt'])
  t.equal(code, 1)
  t.match(stdout, 'by an access token of staff')
  t.match(stdout, /note: The signature of the token was not checked/)
  t.notMatch(stdout, 'c2ln', 'the token itself is printed nowhere')
  const rows: readonly (readonly [readonly string[], RegExp])[] = [
    [['--token', 'opaque.txt'], /holds no JWT\. What such a token says, only its provider knows/],
    [['--key', 'abc'], /--key: the configuration has no api_keys/],
    [['--key', 'abc', '--token', 'token.jwt'], /two credentials: give one/],
    [['--key', 'abc', '--credential', 'bearer'], /--key goes with --credential api_key/],
    [
      ['--token', 'token.jwt', '--credential', 'session'],
      /--token: the file holds a token of --credential bearer/,
    ],
    [['--token', 'token.jwt', '--anonymous'], /who asks\?/],
    [
      ['--claims', '-', '--credential', 'cookie'],
      /--credential takes session, bearer, api_key, exchange, widget, client_certificate, not/,
    ],
  ]
  for (const [args, message] of rows) {
    const told = await ask(['--url', `${wiki}/api`, ...args])
    t.equal(told.code, 2, args.join(' '))
    t.match(told.stderr, message)
  }
})
