// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
import t from 'tap'
import type { FileRead } from '../../src/config/files.ts'
import { mayHoldLines, readLines } from '../../src/config/lines.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'
import { readAddress } from '../../src/core/request/address.ts'
import { explainRequirement } from '../../src/core/rules/explain.ts'
import { sessionsOf } from '../../src/core/rules/identification.ts'
import { judge, type Requirement } from '../../src/core/rules/requirement.ts'
import { waysIn } from '../../src/core/rules/ways-in.ts'
import { surroundings } from './surroundings.ts'

const withFile = (content: string | Buffer) => ({
  ...surroundings,
  readFile: (): FileRead => ({ ok: true, bytes: Buffer.from(content), worldReadable: true }),
})

t.test('each line is an entry, once, without what stands at its edges', async (t) => {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['a\nb\n', ['a', 'b']],
    ['a\r\nb', ['a', 'b']],
    ['\ufeffa\n\ufeffb\n', ['a', 'b']],
    ['# who\n\n  a b \t\n  # more\nc#d\n', ['a b', 'c#d']],
    ['a\nb\na\n', ['a', 'b']],
    ['', []],
    ['\r\n \n#\n', []],
    ['${env:SECRET}\n', ['${env:SECRET}']],
  ]
  for (const [content, entries] of rows) {
    t.same(readLines('f', withFile(content)), { ok: true, entries }, JSON.stringify(content))
  }
})

t.test('what is no list of lines is told without what it holds', async (t) => {
  const rows: readonly (readonly [string | Buffer, string])[] = [
    ['a\nb\rc\n', 'the file f has a control character in line 2'],
    ['a\tb', 'the file f has a control character in line 1'],
    ['a\0', 'the file f has a control character in line 1'],
    ['# a comment with \u0007 in it', 'the file f has a control character in line 1'],
    [Buffer.from([0x61, 0xff]), 'the file f is no UTF-8 text'],
    [Buffer.from('a\n', 'utf16le'), 'the file f has a control character in line 1'],
    [Array.from({ length: 100_001 }, (_, i) => i).join('\n'), 'the file f has more than 100000 entries'],
  ]
  for (const [content, message] of rows)
    t.same(readLines('f', withFile(content)), { ok: false, message }, message)
  t.match(readLines('absent', surroundings), { ok: false, message: 'the file absent: no such file' })
})

function ruleOf(rule: string, files: Readonly<Record<string, string>>): Requirement {
  const text = `
trusted_proxies: none
providers: { acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" } }
apps: { wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5", require: ${rule} } }`
  const readFile = (path: string): FileRead => {
    const content = files[path.replace(/^.*[/]/, '')]
    if (content === undefined) return { ok: false, reason: 'no such file' }
    return { ok: true, bytes: Buffer.from(content), worldReadable: false }
  }
  const loaded = loadGatewayFromText(text, { ...surroundings, readFile })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues))
  const access = loaded.gateway.apps[0]?.fallback.access
  if (access?.kind !== 'rule') throw new Error('no rule')
  return access.requirement
}

const files = {
  'p.txt': 'ada@example.com\nkim@example.com\n',
  'e.txt': '# all gone\n',
  'n.txt': '10.0.0.0/8\n192.0.2.7',
}
const ada = 'ada@example.com'
const eve = 'eve@example.com'

function lets(rule: string, email: string | null, from = '10.1.2.3'): boolean {
  const claims = { sub: 'x', ...(email === null ? {} : { email }) }
  const address = readAddress(from)
  const clientAddress = address && { ...address, text: from }
  return (
    judge(ruleOf(rule, files), {
      subject: { kind: 'person', provider: 'acme', claims },
      clientAddress,
      certificate: null,
    }) === true
  )
}

t.test('the entries of a file are a list of operands', async (t) => {
  const rows: readonly (readonly [string, string | null, boolean])[] = [
    ['{ email: "${lines:p.txt}" }', ada, true],
    ['{ email: "${lines:p.txt}" }', 'ADA@example.com', false],
    ['{ email: "${lines:p.txt}" }', eve, false],
    ['{ email: [eve@example.com, "${lines:p.txt}"] }', eve, true],
    ['{ email: [eve@example.com, "${lines:p.txt}"] }', 'kim@example.com', true],
    ['{ email: { is_ignoring_case: "${lines:p.txt}" } }', 'ADA@example.com', true],
    ['{ email: { starts_with: "${lines:p.txt}" } }', 'ada@example.community', true],
    ['{ email: { matches: "${lines:p.txt}" } }', 'ada@exampleXcom', true],
    ['{ email: { not: "${lines:p.txt}" } }', eve, true],
    ['{ email: { not: "${lines:p.txt}" } }', ada, false],
    ['{ none: [{ email: "${lines:p.txt}" }] }', ada, false],
    ['{ none: [{ email: "${lines:p.txt}" }] }', null, false],
    ['{ client_ip: "${lines:n.txt}", email: { exists: true } }', ada, true],
    ['{ client_ip: ["198.51.100.1", "${lines:n.txt}"], email: { exists: true } }', ada, true],
    ['{ none: [{ client_ip: "${lines:n.txt}" }] }', ada, false],
  ]
  for (const [rule, email, wanted] of rows) t.equal(lets(rule, email), wanted, `${rule} ${email}`)
  t.equal(lets('{ none: [{ client_ip: "${lines:n.txt}" }] }', ada, '198.51.100.1'), true)
})

t.test('a file without entries lets nobody in, by a condition or by its negation', async (t) => {
  const conditions = [
    'email: "${lines:e.txt}"',
    'email: [ada@example.com, "${lines:e.txt}"]',
    'email: { is: "${lines:e.txt}" }',
    'email: { is_ignoring_case: "${lines:e.txt}" }',
    'email: { starts_with: "${lines:e.txt}" }',
    'email: { ends_with: "${lines:e.txt}" }',
    'email: { has_word: "${lines:e.txt}" }',
    'email: { domain: "${lines:e.txt}" }',
    'email: { matches: "${lines:e.txt}" }',
    'email: { not: "${lines:e.txt}" }',
    'email: { not: { domain: "${lines:e.txt}" } }',
    'email: { exists: true, not: "${lines:e.txt}" }',
    'email: { has: { x: "${lines:e.txt}" } }',
    'client_ip: "${lines:e.txt}"',
    'client_ip: ["10.0.0.0/8", "${lines:e.txt}"]',
  ]
  for (const condition of conditions) {
    const rules = [
      `{ ${condition} }`,
      `{ none: [{ ${condition} }] }`,
      `{ none: [{ none: [{ ${condition} }] }] }`,
    ]
    for (const rule of rules) {
      for (const email of [ada, eve, null]) t.equal(lets(rule, email), false, `${rule} ${email}`)
      t.same(waysIn(ruleOf(rule, files), sessionsOf(['acme'])).ways, [], `nobody meets ${rule}`)
    }
  }
  t.equal(
    lets('{ any: [{ email: "${lines:e.txt}" }, { email: ada@example.com }] }', ada),
    true,
    'others still do',
  )
})

t.test('explanations name the file and the number of its entries', async (t) => {
  const principal = { user: 'x', provider: 'acme', claims: { email: eve } }
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['{ email: "${lines:p.txt}" }', 'one of the 2 entries of p.txt', false],
    ['{ email: [a, "${lines:p.txt}"] }', 'one of a, the 2 entries of p.txt', false],
    ['{ email: "${lines:e.txt}" }', 'one of the entries of e.txt, which has none', false],
    ['{ none: [{ email: "${lines:e.txt}" }] }', 'one of the entries of e.txt, which has none', true],
  ]
  for (const [rule, expected, truth] of rows) {
    t.match(explainRequirement(ruleOf(rule, files), principal, { clientAddress: null, certificate: null }), [
      { expected, truth, blocks: true },
    ])
  }
})

t.test('a list of lines stands where a rule or `only` stands, by the whole path', async (t) => {
  const rows: readonly (readonly [string, boolean])[] = [
    ['policies.staff.email', true],
    ['policies', false],
    ['defaults.require.email', true],
    ['defaults.identity_headers.X.only', true],
    ['defaults.identity_headers.only', false],
    ['defaults.title', false],
    ['apps.wiki.require.email.is', true],
    ['apps.wiki.locations.0.require.email', true],
    ['apps.wiki.locations.0.identity_headers.X.only.1', true],
    ['apps.wiki.locations.0.identity_headers.X.claim', false],
    ['apps.wiki.locations.0.methods', false],
    ['apps.require.provider', false],
    ['apps.policies.provider', false],
    ['apps.wiki.upstream.headers.require', false],
    ['providers.require.scopes', false],
    ['tests.persons.require.claims.groups', false],
    ['listen', false],
  ]
  for (const [path, may] of rows) {
    const steps = path.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step))
    t.equal(mayHoldLines(steps), may, path)
  }
})

t.test('an emptied list of a shadow is told as one of the file itself, once', async (t) => {
  const file = (more: string, require = 'signed_in') =>
    loadGatewayFromText(
      `${more}
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
apps:
  wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5", require: ${require} }
`,
      surroundings,
    )
  const emptied = (loaded: ReturnType<typeof file>) => (loaded.ok ? loaded.gateway.emptyLists : loaded.issues)
  t.same(emptied(file('shadow: next.yaml')), [])
  t.same(emptied(file('shadow: emptied.yaml')), ['/etc/claimgate/nobody.txt'])
  const both = file('shadow: emptied.yaml', '{ sub: "${lines:nobody.txt}" }')
  t.same(emptied(both), ['/etc/claimgate/nobody.txt'])
})

t.test('a file without entries in only is an only without elements, not none', async (t) => {
  const text = (only: string) => `
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5
    require: signed_in
    identity_headers: { X-Groups: { claim: groups${only} } }
`
  const onlyOf = (only: string) => {
    const loaded = loadGatewayFromText(text(only), surroundings)
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues))
    return loaded.gateway.apps[0]?.fallback.forwarding.identityHeaders[0]?.form?.only
  }
  t.equal(onlyOf(''), null)
  t.same(onlyOf(', only: "${lines:nobody.txt}"'), { texts: [], patterns: [] })
  t.same(onlyOf(', only: ["${lines:nobody.txt}"]'), { texts: [], patterns: [] })
  t.same(onlyOf(', only: ["${lines:nobody.txt}", "app-*"]'), { texts: [], patterns: [['app-', '']] })
})
