// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
// The digest that ties lines of the log to files: of all that decide who gets in, the same on every machine.
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { FilesDigest } from '../../src/config/digest.ts'
import { printIssue } from '../../src/config/issue.ts'
import { loadGateway } from '../../src/config/load.ts'
import type { ApiKey } from '../../src/core/keys/api-key.ts'
import { encodeApiKey } from '../../src/core/keys/api-key-record.ts'
import { hashKeySecret } from '../../src/core/keys/key-secret.ts'

const head = `
session: { store: memory, secret: "\${env:SESSION}" }
providers:
  op: { issuer: "https://op.example.com", client_id: c, client_secret: "\${file:secrets/client}" }
`
const app = (name: string, keys: string) =>
  `  ${name}: { url: "https://${name}.example.com", upstream: "http://10.0.0.5", ${keys} }\n`

const plain = `${head}apps:\n${app('wiki', 'require: signed_in')}`

const lists = `${head}policies: { staff: { org: "\${file:org}" } }
apps:
${app('wiki', 'require: { groups: "${lines:lists/staff}" }, identity_headers: { X-Groups: { claim: groups, only: "${lines:lists/apps}" } }')}${app('require', 'shared_secret: "${file:secrets/shared}", locations: [{ path: /, require: { groups: "${lines:lists/staff}", org: "a${file:org}$${file:none}" } }]')}`

const fileKey: ApiKey = {
  ...{ id: '0123456789ABCDEF', prefix: 'cg', name: 'Acme', owner: { kind: 'operator', user: 'acme' } },
  ...{ claims: { plan: 'paid' }, claimsAt: 1_900_000_000, asleep: false },
  secrets: [{ hash: hashKeySecret('x'), until: null }],
  ...{ createdAt: 1_900_000_000, expiresAt: null, revokedAt: null },
  ...{ apps: null, methods: null, from: null, origins: [] },
}

/** A folder with what the texts name. */
function folderOf(t: Test, text: string): string {
  const folder = t.testdir({
    secrets: { client: 'a client secret', shared: 'kX3v9Qw7Zr1Lm5Tn8Bp2Yc6Hd4Jf0GsMa' },
    lists: { staff: 'staff\n', apps: 'app-a\n' },
    org: '00D\n',
  })
  writeFileSync(join(folder, 'claimgate.yaml'), text)
  return folder
}

function digestIn(
  folder: string,
  file = 'claimgate.yaml',
  session = 's3cr3t-0f-thirty-tw0-bytes-0r-m0re',
): FilesDigest {
  const loaded = loadGateway(join(folder, file), { SESSION: session })
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  return loaded.digest
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

t.test('of one file it is that of its bytes, by a manifest that anybody can write down', async (t) => {
  const folder = folderOf(t, plain)
  const { digest, files } = digestIn(folder)
  t.strictSame(files, [{ as: 'configuration', name: '', sha256: sha256(plain) }])
  t.equal(digest, `sha256:${sha256(`["configuration","","${sha256(plain)}"]\n`)}`)
  writeFileSync(join(folder, 'other-name.yaml'), plain)
  t.equal(digestIn(folder, 'other-name.yaml').digest, digest, 'whatever it is called')
  writeFileSync(join(folder, 'claimgate.yaml'), `\uFEFF${plain}`)
  t.equal(digestIn(folder).digest, digest, 'with a byte order mark too')
  writeFileSync(join(folder, 'claimgate.yaml'), `${plain}# a comment\n`)
  t.not(digestIn(folder).digest, digest)
})

t.test('files that rules and headers name are in it, once each, as they are named', async (t) => {
  const folder = folderOf(t, lists)
  const { digest, files } = digestIn(folder)
  t.strictSame(files.slice(1), [
    { as: 'file', name: 'org', sha256: sha256('00D\n') },
    { as: 'lines', name: 'lists/apps', sha256: sha256('app-a\n') },
    { as: 'lines', name: 'lists/staff', sha256: sha256('staff\n') },
  ])
  for (const [name, text] of [
    ['org', '00E'],
    ['lists/staff', 'staff\nops\n'],
    ['lists/apps', '# none\napp-a\n'],
  ] as const) {
    const other = folderOf(t, lists)
    writeFileSync(join(other, name), text)
    t.not(digestIn(other).digest, digest, name)
  }
})

t.test('keys of the file, and who may have keys, decide who gets in', async (t) => {
  const text = `${head}api_keys:
  store: sqlite
  keys: "\${file:keys.jsonl}"
  self_service: { at: "https://wiki.example.com", require: { org: "\${file:org}" }, claims: [org], max_keys: 1 }
apps:
${app('wiki', 'require: signed_in, credentials: [session, api_key]')}`
  const folder = folderOf(t, text)
  writeFileSync(join(folder, 'keys.jsonl'), encodeApiKey({ ...fileKey, claims: {} }))
  const { digest, files } = digestIn(folder)
  t.strictSame(files.slice(1), [
    { as: 'file', name: 'keys.jsonl', sha256: sha256(encodeApiKey({ ...fileKey, claims: {} })) },
    { as: 'file', name: 'org', sha256: sha256('00D\n') },
  ])
  for (const changed of [fileKey, { ...fileKey, apps: ['wiki'] }, { ...fileKey, revokedAt: 1_900_000_001 }]) {
    writeFileSync(join(folder, 'keys.jsonl'), encodeApiKey(changed))
    t.not(digestIn(folder).digest, digest)
  }
})

t.test('what a step-up asks for decides who gets in too', async (t) => {
  const text = (keys: string) => `${head}apps:\n${app('wiki', `require: signed_in, ${keys}`)}`
  const named = [
    'step_up: { acr_values: "${file:org}" }',
    'locations: [{ path: /, require: signed_in, step_up: { acr_values: ["${file:org}"] } }]',
  ]
  for (const keys of named) {
    const { files } = digestIn(folderOf(t, text(keys)))
    t.strictSame(files.slice(1), [{ as: 'file', name: 'org', sha256: sha256('00D\n') }], keys)
  }
})

t.test('it is the same wherever the files lie', async (t) => {
  const folder = folderOf(t, lists)
  const { digest } = digestIn(folder)
  mkdirSync(join(folder, 'elsewhere'))
  for (const name of ['claimgate.yaml', 'lists', 'org', 'secrets'])
    cpSync(join(folder, name), join(folder, 'elsewhere', name), { recursive: true })
  t.equal(digestIn(join(folder, 'elsewhere')).digest, digest)
})

t.test('no secret is in it, be its app called like a key of rules, and no variable', async (t) => {
  const folder = folderOf(t, lists)
  const { digest, files } = digestIn(folder)
  t.notMatch(JSON.stringify(files), 'secrets/')
  writeFileSync(join(folder, 'secrets', 'client'), 'another client secret')
  writeFileSync(join(folder, 'secrets', 'shared'), 'Vt5Rb8Nq2Wm7Xk1Zc4Lp9Hj3Gd6Fs0AyKo')
  t.equal(digestIn(folder, 'claimgate.yaml', 'an0ther-s3cr3t-0f-thirty-tw0-bytes').digest, digest)
})

t.test('a shadow and its lists are in it', async (t) => {
  const folder = folderOf(t, `shadow: next.yaml\n${lists}`)
  writeFileSync(join(folder, 'next.yaml'), lists)
  const { digest, files } = digestIn(folder)
  t.strictSame(files.slice(4), [
    { as: 'shadow', name: 'next.yaml', sha256: sha256(lists) },
    { as: 'shadow file', name: 'org', sha256: sha256('00D\n') },
    { as: 'shadow lines', name: 'lists/apps', sha256: sha256('app-a\n') },
    { as: 'shadow lines', name: 'lists/staff', sha256: sha256('staff\n') },
  ])
  writeFileSync(join(folder, 'next.yaml'), `${lists}\n`)
  t.not(digestIn(folder).digest, digest)
})
