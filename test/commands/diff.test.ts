import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { command } from '../../src/commands/diff.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'
import { compileWholeMatch } from '../../src/core/rules/matcher.ts'
import { probe } from '../../src/http/admission/probe.ts'
import { compareGateways } from '../../src/rehearsal/difference/difference.ts'
import { samplesOf } from '../../src/rehearsal/pattern-sample.ts'
import { runIn } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-diff-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const head = `trusted_proxies: none
providers:
  op: { issuer: "https://op.example.com", client_id: c, client_secret: "\${env:CLIENT_SECRET}" }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5:5000
    shared_secret: "\${env:SHARED_SECRET}"
`
const env = {
  CLIENT_SECRET: 'canary-aaaaa-bbbbb-ccccc-ddddd-eeeee',
  SHARED_SECRET: 'canary-fffff-ggggg-hhhhh-iiiii-jjjjj',
}

async function diff(
  before: string,
  after: string,
  args: readonly string[] = [],
  variables: Readonly<Record<string, string>> = env,
) {
  writeFileSync(join(folder, 'old.yaml'), before)
  writeFileSync(join(folder, 'new.yaml'), after)
  const ran = await runIn(command, ['old.yaml', 'new.yaml', ...args], { cwd: folder, env: variables })
  return { ...ran, text: ran.stdout.replaceAll(/ +/g, ' ') }
}

const rules = `${head}    require: signed_in
    locations:
      - { path: /public, require: anyone }
      - { path: /admin, require: { groups: [admins, ops] } }
`

t.test('the same rules are no change, however they are written', async (t) => {
  const other = `${head.replace('apps:', 'policies: { staff: { groups: [admins, ops] } }\napps:')}    require: signed_in
    locations:
      - { path: /admin, require: staff }
      - { path: /public, require: anyone }
`
  const { code, stdout } = await diff(rules, other, ['--expect-none'])
  t.equal(code, 0)
  t.match(stdout, /^Nothing changes for anybody/)
})

t.test('methods of WebDAV that fare alike are one place', async (t) => {
  const dav = rules.replace(
    '- { path: /admin,',
    '- { path: /files, methods: [GET, webdav], require: { groups: staff } }\n      - { path: /admin,',
  )
  const { text } = await diff(dav, dav.replace('groups: staff', 'groups: [staff, guests]'))
  t.match(text, /^GET https:\/\/wiki.example.com\/files\nwebdav https:\/\/wiki.example.com\/files\n gains/m)
  t.match(text, 'somebody gains access at 2 places')
  const apart = await diff(dav, dav.replace('[GET, webdav]', '[GET, COPY]'))
  t.match(
    apart.text,
    /^MOVE https:\/\/wiki.example.com\/files$/m,
    'where one fares otherwise, each has its line',
  )
})

t.test('a socket that is listened on, and who is believed there', async (t) => {
  const on = (lines: string) => `${lines}\n${rules.replace('trusted_proxies: none\n', '')}`
  const { text } = await diff(
    on('listen: unix:/run/a.sock\ntrusted_proxies: none'),
    on('listen: { address: unix:/run/b.sock, mode: "0660" }\ntrusted_proxies: [unix]'),
  )
  for (const line of [
    /unix:\/run\/a\.sock.*unix:\/run\/b\.sock/,
    /listen\.mode.*0660/,
    /trusted_proxies.*none.*unix/,
  ])
    t.match(text, line)
})

t.test('who loses and who gains, in words, with somebody for whom it was seen', async (t) => {
  const { code, text } = await diff(rules, rules.replace('[admins, ops]', '[admins, root]'))
  t.equal(code, 0, 'a change is no failure unless none was expected')
  t.match(
    text,
    `https://wiki.example.com/admin
 loses access groups: "ops"
 such as {"sub":"somebody","groups":"ops"}: now refused with 403 (rule-not-met)
 gains access groups: "root"
 such as {"sub":"somebody","groups":"root"}
 let in now groups: one of admins, root
`,
  )
  t.match(text, 'Somebody loses access at 1 place, somebody gains access at 1 place, 0 settings changed')
  t.equal((await diff(rules, rules.replace(', ops', ''), ['--expect-none'])).code, 1)
})

t.test('each kind of change of a location', async (t) => {
  const location = (text: string) => rules.replace('- { path: /public, require: anyone }', text)
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'it is closed',
      location('- { path: /public, require: nobody }'),
      ['loses access everybody, signed in or not', 'let in now nobody'],
    ],
    ['it is gone', location(''), ['https://wiki.example.com/public\n', 'asked to sign in with 302']],
    [
      'it is not open any more below itself',
      location('- { path: /public, exact: true, require: anyone }'),
      ['https://wiki.example.com/public/…\n loses access everybody'],
    ],
    [
      'it is open to one method alone',
      location('- { path: /public, methods: [GET], require: anyone }'),
      [
        'POST https://wiki.example.com/public\n loses access everybody',
        'rejected with 405 (method-not-allowed)',
      ],
    ],
    [
      'a path below it opens',
      location('- { path: /public, require: anyone }\n      - { path: /admin/help, require: anyone }'),
      ['https://wiki.example.com/admin/help\n gains access everybody'],
    ],
    [
      'the floor is another one',
      rules.replace('require: signed_in', 'require: { org: a }'),
      [
        'https://wiki.example.com/\n loses access signed in with op',
        'https://wiki.example.com/admin\n loses access groups: "admins"',
      ],
    ],
    [
      'people are told instead of sent',
      rules.replace('ops] } }', 'ops] }, unauthenticated: deny }'),
      ['not signed in asked to sign in with 302 (no-session) → asked to sign in with 401 (no-session)'],
    ],
    [
      'the host is another one',
      rules.replace('wiki.example.com', 'docs.example.com'),
      [
        'https://wiki.example.com/public\n loses access',
        'https://docs.example.com/public\n gains access',
        '421 (host-unknown)',
      ],
    ],
    [
      'it depends on the address',
      location('- { path: /public, require: { client_ip: 192.0.2.0/24 } }'),
      ['loses access everybody', 'let in now signed in with op and client_ip: 192.0.2.0/24'],
    ],
  ]
  for (const [name, after, expected] of cases) {
    const { text } = await diff(rules, after)
    for (const part of expected) t.ok(text.includes(part), `${name}: ${part}\n${text}`)
    t.equal(text.includes('unauthenticated'), name === 'people are told instead of sent', name)
  }
})

t.test('where patterns with `*` meet, neither of them speaks for the place', async (t) => {
  const at = (path: string, group: string) =>
    `${head}    require: signed_in\n    locations: [{ path: "${path}", require: { groups: ${group} } }]\n`
  const { text } = await diff(at('/*/b', 'x'), at('/a/*', 'y'))
  t.match(text, 'https://wiki.example.com/a/b\n loses access groups: "x"\n')
})

t.test('what is the same at several places is told once', async (t) => {
  const many = `${head}    locations:
      - { path: /a, require: { groups: x } }
      - { path: /b, require: { groups: x } }
`
  const { text } = await diff(many, many.replaceAll('groups: x', 'groups: y'))
  t.match(text, 'https://wiki.example.com/a\nhttps://wiki.example.com/b\n loses access groups: "x"')
  t.equal(text.split('loses access groups').length, 2)
})

t.test('everything that a provider is asked by or judged by is told', async (t) => {
  for (const [key, line] of [
    ['preset: cognito', 'provider op preset generic → cognito'],
    ['internal_url: "https://inside.example"', 'provider op internal_url none → https://inside.example'],
    ['response_mode: form_post', 'provider op response_mode query → form_post'],
    [
      'token_endpoint_auth_method: client_secret_post',
      'provider op token_endpoint_auth_method none → client_secret_post',
    ],
  ] as const) {
    const { code, text } = await diff(rules, rules.replace('client_id: c', `client_id: c, ${key}`), [
      '--expect-none',
    ])
    t.equal(code, 1, key)
    t.match(text, ` ${line}\n`, key)
  }
})

t.test(
  'what changes for apps, signing in and sessions; secrets are told apart and never shown',
  async (t) => {
    const after = rules
      .replace('10.0.0.5', '10.0.0.6')
      .replace('client_id: c', 'client_id: d, trust_email: true')
      .replace('SHARED_SECRET', 'OTHER_SECRET')
      .concat('session: { sign_in_timeout: 2h }\n')
      .replace(
        '[admins, ops] }',
        '[admins, ops] }, identity_headers: { X-Forwarded-User: user, X-Team: team }',
      )
    const other = { ...env, OTHER_SECRET: 'canary-kkkkk-lllll-mmmmm-nnnnn-ooooo' }
    const { code, text, stdout } = await diff(rules, after, ['--expect-none'], other)
    t.equal(code, 1)
    for (const line of [
      'the gateway session.sign_in_timeout 3600s → 7200s',
      'provider op client_id c → d',
      'provider op trust_email false → true',
      'app wiki upstream http://10.0.0.5:5000 → http://10.0.0.6:5000',
      'wiki /admin header X-Forwarded-Email email → none',
      'wiki /admin header X-Team none → team',
    ]) {
      t.ok(text.includes(` ${line}\n`), `${line}\n${text}`)
    }
    t.match(
      text,
      /app wiki shared_secret X-Gateway-Secret: \(secret \w{8}\) →\s+X-Gateway-Secret: \(secret \w{8}\)/,
    )
    t.notMatch(stdout, 'canary')
    t.match(text, 'Somebody loses access at 0 places')
  },
)

t.test('a location that is rehearsed changes nothing for people, and is told', async (t) => {
  const more = (rest: string) => `${rules}      - { path: /new, require: { groups: x }${rest} }\n`
  const { text } = await diff(rules, more(', enforce: false'))
  t.match(text, ' the gateway rehearsed none → wiki /new\n')
  t.match(text, 'Somebody loses access at 0 places')
  t.match(
    (await diff(more(', enforce: false'), more(''))).text,
    'https://wiki.example.com/new\n loses access',
  )
})

t.test('rules with more ways in than are worked out are no "nothing changes"', async (t) => {
  const any = (name: string) =>
    `{ any: [${Array.from({ length: 12 }, (_, n) => `{ ${name}${n}: x }`).join(', ')}] }`
  const wide = (last: string) => `${head}    require: { all: [${any('a')}, ${any('b')}, { c: ${last} }] }\n`
  const { code, text } = await diff(wide('x'), wide('"x"').replace('a11: x', 'a12: x'), ['--expect-none'])
  t.equal(code, 1)
  t.match(
    text,
    'More may change here than is told\n https://wiki.example.com/ the rule has more ways in than are worked out\n',
  )
})

t.test('--json says all of it for programs', async (t) => {
  const { stdout } = await diff(rules, rules.replace('[admins, ops]', 'admins'), ['--json'])
  t.match(JSON.parse(stdout), {
    changed: true,
    access: [
      {
        places: ['https://wiki.example.com/admin'],
        lost: [
          {
            who: 'groups: "ops"',
            example: {
              method: 'GET',
              url: 'https://wiki.example.com/admin',
              person: { provider: 'op' },
              after: { status: 403 },
            },
          },
        ],
        gained: [],
        not_signed_in: null,
        now: ['groups: "admins"'],
      },
    ],
    settings: [],
    unsure: [],
  })
})

t.test('usage, faults and unreadable files are status 2', async (t) => {
  const { code, stderr } = await diff(rules, rules.replace('anyone', 'anybody'))
  t.equal(code, 2)
  t.match(stderr, /new\.yaml:11:35 apps\.wiki\.locations\[0\]\.require: no policy of this name/)
  t.equal((await diff(rules, rules, [], {})).code, 0, 'no secret is needed')
  const run = (args: readonly string[]) => runIn(command, args, { cwd: folder, env })
  t.equal((await run(['old.yaml'])).code, 2)
  t.equal((await run(['old.yaml', 'no.yaml'])).code, 2)
  t.equal((await run(['--help'])).code, 0)
})

t.test('held against everybody of a small world: whoever loses or gains is told of', async (t) => {
  const forms = [
    'anyone',
    'nobody',
    'signed_in',
    '{ groups: a }',
    '{ groups: [a, b] }',
    '{ groups: { not: a } }',
    '{ none: [{ groups: a }] }',
    '{ groups: { exists: false } }',
    '{ any: [{ groups: b }, { level: { at_least: 3 } }] }',
    '{ all: [{ groups: a }, { groups: b }] }',
    '{ level: { at_least: 2, at_most: 3 } }',
    '{ groups: { matches: "a|[c-d]+" } }',
    '{ groups: a, none: [{ level: 3 }] }',
    '{ any: [{ client_ip: 192.0.2.0/24 }, { groups: a }] }',
    '{ none: [{ client_ip: 192.0.2.0/24 }] }',
    '{ org: { has: { id: "1", role: a } } }',
    '{ groups: { starts_with: a, ends_with: c } }',
    '{ groups: { matches: "[ab].*" } }',
  ]
  const gateways = forms.map((form) => {
    const loaded = loadGatewayFromText(`${head}    locations: [{ path: /, require: ${form} }]\n`, {
      file: 'x.yaml',
      folder: '/',
      env,
      readFile: () => ({ ok: false, reason: 'none is needed' }),
    })
    if (!loaded.ok) throw new Error(loaded.issues.map(({ message }) => message).join('\n'))
    return loaded.gateway
  })
  const groups = [undefined, null, [], 'a', 'b', 'c', 'cd', 'abc', ['a'], ['a', 'b'], ['b', 'x'], 7, [7]]
  const levels = [undefined, 1, 2, 3, 4, '3']
  const orgs = [undefined, { id: '1', role: 'a' }, { id: '1' }]
  const claims = groups.flatMap((group) =>
    levels.flatMap((level) =>
      orgs.map((org) => JSON.parse(JSON.stringify({ sub: 's', groups: group, level, org }))),
    ),
  )
  const people = [null, ...claims.map((one) => ({ provider: 'op', claims: one }))]
  const ends = gateways.map((gateway) =>
    people.flatMap((person) =>
      [null, '192.0.2.1', '198.51.100.1'].map((clientAddress) => {
        const asked = { method: 'GET', url: 'https://wiki.example.com/', person, clientAddress }
        return probe(gateway, asked).admission.decision.kind === 'allow'
      }),
    ),
  )
  for (const [i, before] of gateways.entries()) {
    for (const [j, after] of gateways.entries()) {
      const [one = [], other = []] = [ends[i], ends[j]]
      const loses = one.some((allowed, at) => allowed && other[at] === false)
      const gains = one.some((allowed, at) => !allowed && other[at] === true)
      const { access } = compareGateways({ before, after })
      // Each that is told was seen under both by itself; here the question is whether one was missed.
      if (loses)
        t.ok(
          access.some(({ change }) => change.lost.length > 0),
          `${forms[i]} → ${forms[j]}: lost`,
        )
      if (gains)
        t.ok(
          access.some(({ change }) => change.gained.length > 0),
          `${forms[i]} → ${forms[j]}: gained`,
        )
    }
  }
})

t.test('a text for an expression, where it is one that people write', async (t) => {
  for (const expression of [
    'a',
    'a|b',
    '(?:dev|ops)-[0-9]{2}',
    '\\d+',
    'team-.*',
    '[^a]x?',
    '^x$',
    '.+@example\\.com',
    '(?i)abc',
    'a{3,}b*',
  ]) {
    const compiled = compileWholeMatch(expression)
    for (const sample of samplesOf(expression)) {
      t.ok(compiled.ok && compiled.pattern.test(sample) === true, `${expression}: ${sample}`)
    }
  }
  for (const odd of ['(', '[', '\\', 'a{', ')', '']) t.ok(samplesOf(odd).length > 0, odd)
})

t.test(
  'an app whose paths are compared without case is told of, with the spellings that change',
  async (t) => {
    const ignoring = rules.replace('    locations:', '    ignore_case: true\n    locations:')
    const { text } = await diff(rules, ignoring)
    t.match(text, /^https:\/\/wiki.example.com\/ADMIN\n loses/m)
    t.match(text, /^https:\/\/wiki.example.com\/PUBLIC\n/m)
    t.notMatch(text, /wiki.example.com\/(?:admin|public)\n/)
    t.match(text, 'app wiki ignore_case false → true')
    const back = await diff(ignoring, rules)
    t.match(back.text, /^https:\/\/wiki.example.com\/ADMIN\n gains/m)
    const { stdout } = await diff(ignoring, ignoring.replace('/admin', '/ADMIN'), ['--expect-none'])
    t.match(stdout, /^Nothing changes for anybody/)
  },
)

t.test('where an app begins to ignore case, what is no longer its of a nested one is told too', async (t) => {
  const nested = `${rules.replace('    locations:', '    ignore_case: false\n    locations:').trimEnd()}
  docs:
    url: https://wiki.example.com/Docs
    upstream: http://10.0.0.6:5000
    shared_secret: a-third-secret-of-thirty-two-bytes-and-more
    require: signed_in
`
  const { text } = await diff(nested, nested.replace('ignore_case: false', 'ignore_case: true'))
  t.match(text, /^https:\/\/wiki.example.com\/DOCS\n(?:https.*\n)* loses/m)
  t.match(text, 'target-case')
})
