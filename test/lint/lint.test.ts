import { generateKeyPairSync } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { isSalesforceId, longSalesforceId } from '../../src/core/rules/salesforce-id.ts'
import { checks } from '../../src/lint/checks.ts'
import { commentsOf } from '../../src/lint/comments.ts'
import { type Finding, kinds, lint } from '../../src/lint/lint.ts'
import { isOneSlip } from '../../src/lint/one-slip.ts'
import { type ProviderAnswer, readSubject, type Subject } from '../../src/lint/subject.ts'
import { createAuthority } from '../support/tls.ts'

/**
 * Golden files, one for each finding: a configuration that gets it, what is said, and one that nearly gets it. What
 * providers would answer to `--online` stands in a comment, `# answers: {…}`.
 */
const cases = globSync(fileURLToPath(new URL('./cases/*.txt', import.meta.url))).toSorted()
const separator = /^=====.*\n/m

/** Values that no message may ever hold. */
const canaries = [/canary/, /hunter2/]

const env = {
  SECRET: 'canary-aaaaa-bbbbb-ccccc-ddddd-eeeee',
  OTHER_SECRET: 'canary-fffff-ggggg-hhhhh-iiiii-jjjjj',
  THIRD_SECRET: 'canary-kkkkk-lllll-mmmmm-nnnnn-ooooo',
  CLIENT_SECRET: 'canary-client',
  SALESFORCE_ID: '0055e0000canary',
}

/** Certificates of ten years, and lists of a month: what is told of them goes by the `# now: SECONDS` of a case. */
const files = new Map(
  ['ca.pem', 'partners.pem', 'partners.crl'].map((name) => [
    `/etc/claimgate/${name}`,
    readFileSync(fileURLToPath(new URL(name, import.meta.url))),
  ]),
)

/** What the host shows in cases in which the gateway itself speaks TLS. */
const shown = createAuthority().issue({ names: ['DNS:api.example.com'] })
files.set('/etc/claimgate/host.pem', Buffer.from(shown.cert))
files.set('/etc/claimgate/host.key', Buffer.from(shown.key))

function subjectOf(text: string): Subject {
  const [, now] = /^# now: (\d+)$/m.exec(text) ?? []
  const read = readSubject(text, {
    file: 'claimgate.yaml',
    folder: '/etc/claimgate',
    env,
    readFile: (path) => {
      const bytes = files.get(path)
      return bytes === undefined
        ? { ok: false, reason: 'no such file' }
        : { ok: true, bytes, worldReadable: true }
    },
    ...(now === undefined ? {} : { now: Number(now) }),
  })
  if (!read.ok) throw new Error(JSON.stringify(read.loaded.issues))
  const [, answers] = /^# answers: (.*)$/m.exec(text) ?? []
  if (answers === undefined) return read.subject
  return { ...read.subject, answers: new Map(Object.entries<ProviderAnswer>(JSON.parse(answers))) }
}

function told({ position: { line, column }, severity, path, message }: Finding): string {
  return [`${line}:${column}`, severity, path, message].filter((part) => part !== '').join(' ')
}

for (const path of cases) {
  const id = basename(path, '.txt')
  t.test(id, async (t) => {
    const [hit = '', expected = '', near = ''] = readFileSync(path, 'utf8').split(separator)
    const { findings } = lint(subjectOf(hit))
    const own = findings.filter((finding) => finding.id === id)
    t.same(own.map(told), expected.trimEnd().split('\n'))
    const nearby = lint(subjectOf(near)).findings.filter((finding) => finding.id === id)
    t.same(nearby.map(told), [], 'a near miss')
    for (const canary of canaries) t.notMatch(JSON.stringify(findings), canary, 'no value from outside')
  })
}

t.test('every finding has its golden file, its own id and sentences', async (t) => {
  const ids = kinds.map(({ id }) => id)
  t.same(ids.toSorted(), cases.map((path) => basename(path, '.txt')).toSorted())
  for (const { id, finds, why, fix, example } of kinds) {
    t.match(id, /^[a-z]+(?:-[a-z]+)*$/)
    t.match(finds, /[^.]$/, `${id} has a title`)
    t.match(why, /\.$/, `${id} says why in sentences`)
    t.match(fix, /\.$/, `${id} says what to do in sentences`)
    t.not(example, '', `${id} has an example`)
  }
})

t.test('without --online nothing is said of what nobody asked', async (t) => {
  const path = cases.find((one) => basename(one) === 'claim-not-issued.txt') ?? ''
  const [hit = ''] = readFileSync(path, 'utf8').split(separator)
  const { findings } = lint({ ...subjectOf(hit), answers: null })
  const online = new Set(checks.filter((check) => check.online === true).map(({ id }) => id))
  t.ok(online.size >= 5)
  t.same(
    findings.filter(({ id }) => online.has(id)),
    [],
  )
})

const head = `session: { secret: "\${env:OTHER_SECRET}" }
providers:
  main: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:CLIENT_SECRET}" }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5:5000
    shared_secret: "\${env:SECRET}"
`

t.test('comments with a reason leave findings out', async (t) => {
  const because = 'because the wiki is public'
  const texts: Readonly<Record<string, string>> = {
    'in its line': `    require: anyone # lint-ignore: app-open ${because}\n`,
    'in the line above': `    # lint-ignore: app-open ${because}\n    require: anyone\n`,
    'with others between': `    # lint-ignore: app-open ${because}\n    # As agreed in May.\n    require: anyone\n`,
    'above a mapping': `    # lint-ignore: rule-only-signed-in ${because}\n    require:\n      any: [signed_in, { groups: a }]\n`,
    'several ids': `    # lint-ignore: app-open, maybe-signed-in ${because}\n    require: maybe_signed_in\n`,
  }
  for (const [name, text] of Object.entries(texts)) {
    const { findings, ignored } = lint(subjectOf(head + text))
    t.same(findings.map(told), [], name)
    t.ok(ignored.length > 0, name)
    for (const { reason } of ignored) t.equal(reason, 'the wiki is public')
  }
})

t.test('what only looks like such a comment leaves nothing out', async (t) => {
  const texts: readonly string[] = [
    `    title: "# lint-ignore: app-open because"\n    require: anyone\n`,
    `    contact: x#lint-ignore app-open because it is one\n    require: anyone\n`,
    `    # lint-ignore: app-open because it is far away\n    title: x\n    require: anyone\n`,
    `    # lint-ignore: maybe-signed-in because it is another one\n    require: anyone\n`,
  ]
  for (const text of texts) {
    const { findings } = lint(subjectOf(head + text))
    t.ok(
      findings.some(({ id }) => id === 'app-open'),
      text,
    )
  }
})

t.test('a comment for --online is not told to be unused where nobody was asked', async (t) => {
  const text = `${head}    # lint-ignore: claim-not-issued because the list is not complete\n    require: { department: a }\n`
  t.same(lint(subjectOf(text)).findings.map(told), [])
  const answer: ProviderAnswer = {
    ok: true,
    issuer: 'https://id.example.com',
    claims: ['sub', 'name'],
    scopes: null,
  }
  const asked = lint({ ...subjectOf(text), answers: new Map([['main', answer]]) })
  t.same(
    asked.ignored.map(({ id }) => id),
    ['claim-not-issued'],
  )
  t.same(asked.findings.map(told), [])
})

t.test('a secret that is nowhere: where the one that is made goes, by the store', async (t) => {
  const text = head.replace(/^session.*\n/, '')
  const messages = (session: string) =>
    lint(subjectOf(`${session}\n${text}    require: { groups: a }\n`))
      .findings.filter(({ id }) => id === 'session-secret-missing')
      .map(({ message }) => message)
  t.same(messages('session: { store: sqlite }'), [
    'without `session.secret` sessions serve one instance alone',
  ])
  t.same(messages('session: { store: memory }'), [
    'without `session.secret` sign-ins that are under way end with the process, as sessions in `memory` do',
  ])
  const [why] = kinds.flatMap((kind) => (kind.id === 'session-secret-missing' ? [kind.why] : []))
  t.match(why, /keeps it in the `data` folder.*with `session\.store: memory` nowhere/)
})

t.test('findings come in the order of the file', async (t) => {
  const text = `${head}    require: { gruops: a }\n    identity_headers: { X-Client-IP: user }\n    websocket: false\nlog: { subject: plain }\n`
  const lines = lint(subjectOf(text)).findings.map(({ position }) => position.line)
  t.ok(lines.length >= 3)
  t.same(
    lines,
    lines.toSorted((a, b) => a - b),
  )
})

t.test('comments are found where they are, and nowhere else', async (t) => {
  const text = `# top
a: 1 # behind
b: "# no" # yes
c: |
  # in a text
  end
d: [x, # in a list
  y]
e: x#y
`
  t.same(
    commentsOf(text).map(({ position, text: said, alone }) => [position.line, position.column, said, alone]),
    [
      [1, 1, 'top', true],
      [2, 6, 'behind', false],
      [3, 11, 'yes', false],
      [7, 8, 'in a list', false],
    ],
  )
  t.same(
    commentsOf('a: 1\r\n# after a carriage return\r\n').map(({ position, text: said }) => [position, said]),
    [[{ line: 2, column: 1 }, 'after a carriage return']],
  )
})

t.test('a key that signs is a secret, and the name of its file is none', async (t) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  files.set('/etc/claimgate/signing.pem', Buffer.from(pem))
  const found = (keys: string) => {
    const text = `signing_keys: ${keys}
providers: { main: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:CLIENT_SECRET}" } }
apps: { wiki: { url: "https://wiki.example.com", upstream: "https://inside.example.com", require: signed_in, identity_assertion: {} } }
`
    return lint(subjectOf(text)).findings.flatMap(({ id, path }) => (id === 'secret-in-file' ? [path] : []))
  }
  t.same(found(JSON.stringify(pem)), ['signing_keys'])
  t.same(found(JSON.stringify([JSON.stringify(privateKey.export({ format: 'jwk' }))])), ['signing_keys[0]'])
  t.same(found('signing.pem'), [])
  t.same(found(`"\${file:signing.pem}"`), [])
})

t.test('Salesforce ids of 15 and 18 characters', async (t) => {
  t.equal(longSalesforceId('00D5e000000HEcP'), '00D5e000000HEcPEAW')
  t.equal(longSalesforceId('000000000000000'), '000000000000000AAA')
  t.equal(longSalesforceId('ZZZZZZZZZZZZZZZ'), 'ZZZZZZZZZZZZZZZ555')
  t.equal(longSalesforceId('00D5e000000HEcPEAW'), null)
  t.ok(isSalesforceId('00D5e000000HEcPEAW'))
  t.notOk(isSalesforceId('00D5e000000hecpEAW'))
})

t.test('one slip of the hand', async (t) => {
  const slips = ['gruops', 'grups', 'grooups', 'groupz', 'Groups', 'gro_ups', 'rgoups']
  for (const slip of slips) t.ok(isOneSlip(slip, 'groups'), slip)
  const others = ['groups', 'group', 'groups2', 'gropus2', 'rooms', 'g']
  for (const other of others) t.notOk(isOneSlip(other, 'groups'), other)
  t.notOk(isOneSlip('level1', 'level2'))
  t.notOk(isOneSlip('hd', 'id'))
})
