import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runCommand } from '../../src/cli.ts'

/**
 * The mistakes that people make, each in a whole file that is right but for it, with what `claimgate check` says: the
 * place, what was found and what would be right.
 */
const folder = mkdtempSync(join(tmpdir(), 'claimgate-mistakes-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const right = `providers:
  acme:
    issuer: https://id.example.com
    client_id: gate
    client_secret: "\${env:CLIENT_SECRET}"
session:
  secret: "\${env:SESSION_SECRET}"
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5:5000
    shared_secret: "\${env:APP_SECRET}"
    require: signed_in
    locations:
      - path: /admin
        require: { groups: admins }
`
const env = {
  CLIENT_SECRET: 'canary-client',
  SESSION_SECRET: 'canary-kT4zQ8vX2nB6mL0pR5sD9fG3hJ7wE1cU',
  APP_SECRET: 'canary-aT4zQ8vX2nB6mL0pR5sD9fG3hJ7wE1cU',
  SHORT: 'canary-short',
}

interface Mistake {
  readonly name: string
  /** What of the right file is written otherwise. */
  readonly change: readonly [right: string, wrong: string]
  readonly also?: readonly [right: string, wrong: string]
  readonly says: readonly string[]
}

const require_ = 'apps.wiki.locations[0].require'
const rule = (wrong: string): Mistake['change'] => ['{ groups: admins }', wrong]

const mistakes: readonly Mistake[] = [
  {
    name: 'a misspelt key',
    change: ['    upstream:', '    upsteam:'],
    says: [
      '9:3 apps.wiki.upstream: is missing',
      '11:5 apps.wiki.upsteam: unknown key; did you mean "upstream"?',
    ],
  },
  {
    name: 'a line too far left',
    change: ['    upstream:', '   upstream:'],
    says: ['11:4: this line begins in column 4, where nothing else does: expected column 5, as in line 10'],
  },
  {
    name: 'a line too far right',
    change: ['    upstream:', '      upstream:'],
    says: [
      '11:7: this line begins in column 7, further in than line 10, which has a value already: expected column 5',
    ],
  },
  {
    name: 'an app that stands beside `apps`',
    change: ['  wiki:\n', 'wiki:\n'],
    says: [
      '8:6 apps: expected names below it, each further in and with its keys',
      '9:1 wiki: unknown key here: if it belongs to `apps` in line 8, it begins further in',
    ],
  },
  {
    name: 'a tab',
    change: ['    upstream:', '\tupstream:'],
    says: ['11:1: a tab is not allowed as indentation: use spaces'],
  },
  {
    name: 'a variable without quotes within braces',
    change: rule(`{ groups: \${env:GROUP} }`),
    says: [`16:28: in {…} and […] a value with "\${…}" stands in quotes: write "\${env:NAME}"`],
  },
  {
    name: 'a wrong type',
    change: ['    require: signed_in', '    require: true'],
    says: [
      '13:14 apps.wiki.require: expected a rule, such as signed_in or { groups: admins }, found the boolean true',
    ],
  },
  {
    name: 'a mapping of paths',
    change: ['      - path: /admin\n        require: { groups: admins }', '      /admin: { groups: admins }'],
    says: ['15:7 apps.wiki.locations: expected a list of `- path: /admin`, each with its `require`'],
  },
  {
    name: 'a variable that is missing',
    change: ['SESSION_SECRET', 'NO_SUCH_SECRET'],
    says: [
      '7:11 session.secret: the environment variable NO_SUCH_SECRET is not set, or empty: set it where claimgate starts',
    ],
  },
  {
    name: 'two apps on one host',
    change: [
      'apps:\n',
      'apps:\n  board: { url: "https://wiki.example.com", upstream: "http://10.0.0.6", require: signed_in }\n',
    ],
    says: [
      '11:5 apps.wiki.url: is the url of the app "board" too: give each a host of its own, or a path such as https://wiki.example.com/wiki',
    ],
  },
  {
    name: '`and`',
    change: rule('{ and: [{ groups: admins }, { level: 3 }] }'),
    says: [
      `16:20 ${require_}.and: "and" combines no rules here: a list of rules that must all hold is \`all: [ … ]\`, and entries of one mapping must all hold anyhow (a claim of this name: {claim: and, is: …}); did you mean "all"?`,
    ],
  },
  {
    name: '`or`',
    change: rule('{ or: [admins, ops] }'),
    says: [
      `16:20 ${require_}.or: "or" combines no rules here: a list of rules of which one must hold is \`any: [ … ]\` (a claim of this name: {claim: or, is: …}); did you mean "any"?`,
    ],
  },
  {
    name: '`not`',
    change: rule('{ not: { groups: banned } }'),
    says: [
      `16:20 ${require_}.not: "not" combines no rules here: a list of rules of which none may hold is \`none: [ … ]\`, and a value that a claim must not have \`groups: { not: … }\` (a claim of this name: {claim: not, is: …}); did you mean "none"?`,
    ],
  },
  {
    name: 'a glob in a path',
    change: ['path: /admin', 'path: /admin/*.php'],
    says: [
      '15:15 apps.wiki.locations[0].path: "*" stands for one whole segment, never for a part of one: write the folder, which covers all below it, or each path',
    ],
  },
  {
    name: 'a glob over folders in a path',
    change: ['path: /admin', 'path: /admin/**'],
    says: [
      '15:15 apps.wiki.locations[0].path: a path covers all below it, without a "**"; did you mean "/admin"?',
    ],
  },
  {
    name: 'a trailing slash',
    change: ['path: /admin', 'path: /admin/'],
    says: [
      '15:15 apps.wiki.locations[0].path: a path ends without "/": it covers all below it anyway; did you mean "/admin"?',
    ],
  },
  {
    name: 'a location that is unreachable, outside its app',
    change: ['url: https://wiki.example.com', 'url: https://wiki.example.com/docs'],
    says: [
      '15:15 apps.wiki.locations[0].path: outside the app, which begins at /docs: paths are written in full; did you mean "/docs/admin"?',
    ],
  },
  {
    name: 'a location that is unreachable, at an address of ours',
    change: ['path: /admin', 'path: /.auth/admin'],
    says: ['15:15 apps.wiki.locations[0].path: /.auth belongs to the gateway; `auth_prefix` moves it'],
  },
  {
    name: 'a key of oauth2-proxy',
    change: ['session:\n', 'session:\n  cookie_secure: true\n'],
    says: [
      '7:3 session.cookie_secure: unknown key: cookies are always `__Host-`, HttpOnly and, on https, Secure; `session.cookie_name` and `session.same_site` are what can be chosen',
    ],
  },
  {
    name: 'an issuer with the well-known suffix',
    change: ['https://id.example.com', 'https://id.example.com/.well-known/openid-configuration'],
    says: [
      '3:13 providers.acme.issuer: this is the address of the metadata: write the issuer that it names, https://id.example.com or https://id.example.com/',
    ],
  },
  {
    name: 'a secret that is too short',
    change: ['SESSION_SECRET', 'SHORT'],
    says: [
      '7:11 session.secret: must be at least 32 bytes long, it is 12: make one with `openssl rand -base64 32`',
    ],
  },
  {
    name: 'a duration without its unit',
    change: ['session:\n', 'session:\n  idle_timeout: 60\n'],
    says: [
      '7:17 session.idle_timeout: expected a number and its unit, such as 30s, 15m, 8h or 7d; did you mean "60s"?',
    ],
  },
  {
    name: 'a network with bits of a host',
    change: ['session:\n', 'trusted_proxies: [10.0.0.5/8]\nsession:\n'],
    says: [
      '6:19 trusted_proxies[0]: the address has bits beyond the length after "/"; did you mean "10.0.0.0/8"?',
    ],
  },
  {
    name: 'the same in a rule',
    change: rule('{ client_ip: 10.0.0.5/8 }'),
    also: ['session:\n', 'trusted_proxies: none\nsession:\n'],
    says: [
      `17:31 ${require_}.client_ip: the address has bits beyond the length after "/"; did you mean "10.0.0.0/8"?`,
    ],
  },
  {
    name: 'a regular expression that looks ahead',
    change: rule('{ email: { matches: "(?!root)[a-z]+@example[.]com" } }'),
    says: [
      `16:38 ${require_}.email.matches: no expression in RE2 syntax, which has no look-ahead and no look-behind ("(?!"): \`matches\` takes what the whole value is, \`not\` beside it what it is not`,
    ],
  },
  {
    name: 'an address with a star',
    change: rule('{ email: "*@example.com" }'),
    says: [
      `16:27 ${require_}.email: a value is compared as a whole, and "*" is no pattern: write { domain: example.com } (this very text: { is: … })`,
    ],
  },
  {
    name: '`$VAR`',
    change: rule('{ groups: "$GROUP" }'),
    says: [
      `16:28 ${require_}.groups: this looks like a variable, and is taken as it stands: a variable is written "\${env:NAME}", a file "\${file:/path}"; did you mean "\${env:GROUP}"?`,
    ],
  },
  {
    name: 'policies in a circle',
    change: ['session:\n', 'policies:\n  a: b\n  b: { any: [a, { groups: x }] }\nsession:\n'],
    says: [
      '8:14 policies.b.any[0]: policies that lead back to themselves: a → b → a; one of them must do without the next',
    ],
  },
  {
    name: 'an unknown policy',
    change: rule('admns'),
    also: ['session:\n', 'policies:\n  admins: { groups: admins }\nsession:\n'],
    says: [`18:18 ${require_}: no policy of this name, and no keyword; did you mean "admins"?`],
  },
  {
    name: 'an unknown policy that is like nothing',
    change: rule('zebra'),
    says: [
      `16:18 ${require_}: no policy of this name, and no keyword: expected anyone, maybe_signed_in, nobody, signed_in, or a condition such as { groups: admins }`,
    ],
  },
  {
    name: 'an anchor',
    change: rule('&admins { groups: admins }'),
    says: [
      `16:26 ${require_}: the anchor "&admins" is not allowed: write the value where it is used, or give the rule a name in \`policies\``,
    ],
  },
  {
    name: 'a key that stands twice',
    change: ['    require: signed_in\n', '    require: signed_in\n    require: anyone\n'],
    says: ['14:5 apps.wiki.require: this key already stands in line 13: keep one of the two'],
  },
  {
    name: 'a location without `require`',
    change: ['\n        require: { groups: admins }', ''],
    says: [`15:9 ${require_}: is missing: every location says who may pass, such as \`require: signed_in\``],
  },
  {
    name: 'several providers without names',
    change: [
      'session:\n',
      '  other: { issuer: "https://other.example.com", client_id: gate, client_secret: other }\nsession:\n',
    ],
    says: [
      '10:3 apps.wiki.provider: is missing: several providers are configured (acme, other), so the app names one of them, or a list',
    ],
  },
]

/** Lines that are no faults, and mean nothing: told whole, without failing. */
const unmeant: readonly Mistake[] = [
  {
    name: 'a list in a text',
    change: rule('{ groups: "admins, ops" }'),
    says: [
      `16:28 ${require_}.groups: this is one text, with what parts it: a list is written \`[a, b]\` [value-list]. Write a list, \`[admins, ops]\`: one of them has to be met. Where the value is one text, write \`{ is: "admins, ops" }\`.`,
    ],
  },
  {
    name: 'a glob as a value',
    change: rule('{ groups: "app-*" }'),
    says: [
      `16:28 ${require_}.groups: this is compared to the letter: what begins so is \`{ starts_with: … }\`, without "*" [value-pattern]. Write \`starts_with\`, \`ends_with\`, \`domain\`, \`matches\` (an expression), or \`exists: true\` for any value. Where the text is meant, write \`{ is: "app-*" }\`.`,
    ],
  },
  {
    name: 'a word for true',
    change: rule('{ mfa: yes }'),
    says: [
      `16:25 ${require_}.mfa: this is a text: \`mfa\` that is true is written \`true\`, without quotes [value-word]. Write \`true\` or \`false\`, without quotes. Where the claim is a text, write \`{ is: "yes" }\`.`,
    ],
  },
  {
    name: 'a glob at the end of a path',
    change: ['path: /admin', 'path: /static/*'],
    also: ['{ groups: admins }', 'anyone'],
    says: [
      '15:9 apps.wiki.locations[0]: /static/* does not cover /static itself: the app’s own `require` does [star-leaves-parent]. Write the path without `/*`. It covers everything below anyhow. If you mean the difference, write a location for the path above too.',
    ],
  },
  {
    name: '`group` beside `groups`',
    change: rule('{ all: [{ groups: admins }, { group: ops }] }'),
    says: [
      `16:48 ${require_}.all[1].group: \`group\` stands beside \`groups\` in line 16: are both sent? [claims-alike]. Write the name that the provider sends. Where it sends both, say that in a comment.`,
    ],
  },
  {
    name: 'a claim one slip away from another rule’s',
    change: rule('{ all: [{ department: a }, { departement: b }] }'),
    says: [
      `16:47 ${require_}.all[1].departement: \`departement\` stands beside \`department\` in line 16: are both sent? [claims-alike]. Write the name that the provider sends. Where it sends both, say that in a comment.`,
    ],
  },
]

function written({ change, also }: Pick<Mistake, 'change' | 'also'>): string {
  let text = right
  for (const [before, after] of [change, ...(also === undefined ? [] : [also])]) {
    if (!text.includes(before)) throw new Error(`${before} is not in the file`)
    text = text.replace(before, () => after)
  }
  return text
}

async function check(
  text: string,
  more: readonly string[] = [],
): Promise<{ readonly code: number; readonly stdout: string }> {
  writeFileSync(join(folder, 'claimgate.yaml'), text)
  let stdout = ''
  const code = await runCommand(['check', ...more], {
    stdout: (said) => {
      stdout += said
    },
    stderr: (said) => {
      stdout += said
    },
    stdin: async () => '',
    env,
    cwd: folder,
  })
  return { code, stdout }
}

t.test('the file is right but for the mistake', async (t) => {
  const { code, stdout } = await check(right)
  t.equal(code, 0, stdout)
})

for (const { name, says, ...mistake } of mistakes) {
  t.test(name, async (t) => {
    const { code, stdout } = await check(written(mistake))
    t.equal(code, 1)
    const faults = stdout.split('\n').filter((line) => line.startsWith('claimgate.yaml:'))
    t.same(
      faults.map((line) => line.replace('claimgate.yaml:', '')),
      says,
    )
    t.notMatch(stdout, 'canary')
  })
}

for (const { name, says, ...mistake } of unmeant) {
  t.test(name, async (t) => {
    const { code, stdout } = await check(written(mistake))
    t.equal(code, 0, stdout)
    t.match(
      stdout,
      /^claimgate\.yaml has no faults: 1 app, 1 location, 1 provider\n\nprobably not meant: 1 line\n/,
    )
    const lines = stdout.split('\n').filter((line) => line.startsWith('  claimgate.yaml:'))
    t.same(
      lines.map((line) => line.replace('  claimgate.yaml:', '')),
      says,
    )
  })
}

t.test('the last line is what lint would say, and never fails it', async (t) => {
  const last = async (text: string) => (await check(text)).stdout.trimEnd().split('\n').at(-1)
  t.equal(await last(right), 'lint: nothing found')
  const open = written({ change: ['    require: signed_in', '    require: anyone'] })
  t.equal(await last(open), 'lint: 2 warnings (`claimgate lint -c claimgate.yaml`)')
  t.equal((await check(open)).code, 0)
  const both = open.replace('{ groups: admins }', '{ groups: "a,b" }')
  t.equal(await last(both), 'lint: 2 warnings more (`claimgate lint -c claimgate.yaml`)')
  const said = both.replace(
    '        require: { gr',
    '        # lint-ignore: value-list because the group is called so\n        require: { gr',
  )
  t.equal(await last(said), 'lint: 2 warnings (1 ignored by comments) (`claimgate lint -c claimgate.yaml`)')
  const error = `trusted_proxies: ["0.0.0.0/0"]\n${right}`
  t.match(await last(error), /^lint: 1 error/)
  t.equal((await check(error)).code, 0)
})

t.test('for programs: the findings, and how many of each severity lint has', async (t) => {
  const text = written({ change: rule('{ groups: "a, b" }') })
  const { code, stdout } = await check(text, ['--json'])
  t.equal(code, 0)
  t.match(JSON.parse(stdout), {
    ok: true,
    findings: [{ id: 'value-list', severity: 'warning', line: 16, column: 28, path: `${require_}.groups` }],
    lint: { error: 0, warning: 1, note: 0 },
  })
})

t.test('the command line says the same', async (t) => {
  writeFileSync(join(folder, 'claimgate.yaml'), written({ change: ['    upstream:', '   upstream:'] }))
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
  const ran = spawnSync(process.execPath, [main, 'check'], { cwd: folder, env, encoding: 'utf8' })
  t.equal(ran.status, 1, ran.stderr)
  t.match(ran.stdout, 'claimgate.yaml:11:4: this line begins in column 4')
})
