// `signing_keys`: what is a key that signs assertions, and what else a file may hold in its place.

import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readFromDisk } from '../../../src/config/files.ts'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { readSigningKey } from '../../../src/config/signing-key.ts'

const { privateKey: good, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const jwk = (key: KeyObject): Record<string, unknown> => ({ ...key.export({ format: 'jwk' }) })
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

interface Said {
  readonly kids: readonly string[]
  readonly said: readonly string[]
}

/** `value`: what stands behind `signing_keys: `. */
function read(
  value: string,
  { rest = '', worldReadable = false, files = {} as Record<string, string> } = {},
): Said {
  const text = `session: { secret: "\${env:SECRET}" }
signing_keys: ${value}
providers: { acme: { issuer: "https://id.example.com", client_id: a, client_secret: b${rest} } }
apps: { wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5", require: signed_in, identity_assertion: {} } }
`
  const loaded = loadGatewayFromText(text, {
    ...{ file: 'x.yaml', folder: '/etc', env: { SECRET: 'aB3dEf6hIj9lMn2pQr5tUv8xYz1bCd4f' } },
    readFile: (path) => {
      const content = files[path.replace('/etc/', '')]
      return content === undefined
        ? { ok: false, reason: 'no such file' }
        : { ok: true, bytes: Buffer.from(content), worldReadable }
    },
  })
  const issues = loaded.ok ? loaded.warnings : loaded.issues
  return {
    kids: loaded.ok ? loaded.gateway.signingKeys.map(({ kid }) => kid) : [],
    said: issues.map((issue) => printIssue(issue).replace(/^x\.yaml:/, '')),
  }
}

/** As a text of YAML in one line. */
const inline = (text: string) => JSON.stringify(text)

t.test('PEM in either form, a JWK, a file, and a list of them', async (t) => {
  const sec1 = good.export({ type: 'sec1', format: 'pem' }).toString()
  const ecparam = execFileSync('openssl', ['ecparam', '-name', 'prime256v1', '-genkey'], { encoding: 'utf8' })
  const [kid = ''] = read(inline(pem(good))).kids
  t.match(kid, /^[\w-]{43}$/)
  t.same(read(inline(pem(good))).said, [])
  for (const text of [
    sec1,
    JSON.stringify(jwk(good)),
    JSON.stringify({ ...jwk(good), use: 'sig', key_ops: ['sign', 'verify'], kid: 'mine', x5c: [] }),
    pem(good).replaceAll('\n', '\r\n'),
    `  \n${pem(good)}`,
  ])
    t.same(read(inline(text)), { kids: [kid], said: [] }, text.slice(0, 20))
  t.same(read(`"\${file:a.pem}"`, { files: { 'a.pem': pem(good) } }), { kids: [kid], said: [] })
  t.same(read('a.pem', { files: { 'a.pem': pem(good) } }), { kids: [kid], said: [] })
  const several = read(`[a.pem, ${inline(ecparam)}]`, { files: { 'a.pem': pem(good) } })
  t.equal(several.kids.length, 2)
  t.equal(several.kids[0], kid, 'in their order')
})

t.test('the name of a key is its thumbprint', async (t) => {
  // RFC 7638 3.2 over the members of RFC 7517 A.2, by another program: jose's calculateJwkThumbprint.
  const { calculateJwkThumbprint } = await import('jose')
  const reading = readSigningKey(pem(good))
  if (!reading.ok) throw new Error(reading.message)
  t.equal(reading.key.kid, await calculateJwkThumbprint({ ...publicKey.export({ format: 'jwk' }) }))
})

t.test('what is no such key is told by what it is, and nothing of it is printed', async (t) => {
  const expects =
    'expected an EC key on P-256, such as `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` makes'
  const kind = (what: string) => `is ${what}: assertions are signed by ES256; ${expects}`
  const make = (type: 'rsa' | 'ed25519') =>
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
      : generateKeyPairSync('ed25519').privateKey
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  const k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey
  const cipher = { cipher: 'aes-256-cbc', passphrase: 'canary' }
  const encrypted =
    'is encrypted by a passphrase, which nobody is there to type: write it without one (`openssl pkcs8 -topk8 -nocrypt`)'
  const { d: _, ...publicJwk } = jwk(good)
  const { x, y } = jwk(other)
  const unreadable = `holds no private key that can be read: ${expects}`
  const rows: readonly (readonly [string, string])[] = [
    [pem(make('rsa')), kind('an RSA key')],
    [JSON.stringify(jwk(make('rsa'))), kind('an RSA key')],
    [pem(make('ed25519')), kind('an Ed25519 key')],
    [pem(p384), kind('an EC key on P-384')],
    [JSON.stringify(jwk(p384)), kind('an EC key on P-384')],
    [pem(k1), kind('an EC key on secp256k1')],
    [good.export({ type: 'pkcs8', format: 'pem', ...cipher }).toString(), encrypted],
    [good.export({ type: 'sec1', format: 'pem', ...cipher }).toString(), encrypted],
    [publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'is a public key: the private one signs'],
    [JSON.stringify(publicJwk), 'is a public key: the private one signs'],
    [JSON.stringify({ keys: [jwk(good)] }), 'is a set of keys: write each of them as a member of the list'],
    [pem(good) + pem(other), 'holds several private keys: write each as a member of the list'],
    [JSON.stringify({ ...jwk(good), x, y }), unreadable],
    [JSON.stringify({ ...jwk(good), d: 'AA' }), unreadable],
    [JSON.stringify({ ...jwk(good), use: 'enc' }), 'is a key whose `use` is not `sig`'],
    [JSON.stringify({ ...jwk(good), alg: 'ECDH-ES' }), 'is a key whose `alg` is not ES256'],
    [
      JSON.stringify({ ...jwk(good), key_ops: ['verify'] }),
      'is a key whose `key_ops` do not have `sign` in them',
    ],
    [
      JSON.stringify({ ...jwk(good), key_ops: 'sign' }),
      'is a key whose `key_ops` do not have `sign` in them',
    ],
    [
      pem(good).replaceAll('\n', '\\n'),
      'has `\\n` written out where its lines end: write line breaks, or the name of a file',
    ],
    [JSON.stringify({ kty: 'oct', k: 'canary' }), unreadable],
    ['{"kty": "EC"', `is no JSON: ${expects}`],
    ['{}', unreadable],
    ['-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n', unreadable],
    ['-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----\n', `holds no private key: ${expects}`],
    ['canary\ncanary', 'is neither PEM text nor the name of a file'],
    ['a.pem', 'the file cannot be used: no such file'],
  ]
  for (const [text, message] of rows) {
    const { said } = read(inline(text))
    t.same(said, [`2:15 signing_keys: ${message}`], text.slice(0, 40))
    t.notMatch(said.join(), 'canary')
    t.same(read(`[${inline(text)}]`).said, [`2:16 signing_keys[0]: ${message}`])
  }
})

t.test('a key stands once, and serves nothing else', async (t) => {
  const [one, sec1] = [inline(pem(good)), inline(good.export({ type: 'sec1', format: 'pem' }).toString())]
  t.match(read(`[${one}, ${sec1}]`).said, [/signing_keys\[1\]: is the same key as signing_keys\[0\]$/])
  const rest = `, token_endpoint_auth_method: private_key_jwt, client_key: ${one}`.replace(
    'client_secret: b',
    '',
  )
  const { said } = read(`[${inline(pem(other))}, ${sec1}]`, { rest })
  t.ok(
    said.some((line) =>
      line.endsWith('signing_keys[1]: is the key of providers.acme.client_key: each key serves one purpose'),
    ),
    said.join('\n'),
  )
})

t.test('S-222: a file that everybody may read is warned of, however it is named', async (t) => {
  const files = { 'a.pem': pem(good) }
  for (const value of ['a.pem', `"\${file:a.pem}"`, '[a.pem]'])
    t.match(read(value, { files, worldReadable: true }).said, [
      /^2:1\d signing_keys(?:\[0\])?: everyone on this machine may read the file a\.pem: chmod o-r$/,
    ])
})

t.test('an empty list is a fault, and so is what is no text', async (t) => {
  for (const value of ['[]', '""', '7', '{ a: b }', '[7]', '[""]'])
    t.equal(read(value).said.filter((line) => line.includes('signing_keys')).length, 1, value)
})

t.test('the key of a listener signs no assertion', async (t) => {
  const folder = t.testdir()
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  writeFileSync(join(folder, 'key.pem'), pem(privateKey))
  const made = [
    'req',
    '-x509',
    '-key',
    'key.pem',
    '-subj',
    '/CN=wiki.example.com',
    '-days',
    '30',
    '-out',
    'cert.pem',
  ]
  execFileSync('openssl', made, { cwd: folder, stdio: 'ignore' })
  const text = `
listen: { address: "0.0.0.0:8443", tls: [{ certificate: cert.pem, key: key.pem }] }
signing_keys: key.pem
providers: { acme: { issuer: "https://id.example.com", client_id: a, client_secret: b } }
apps: { wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5", require: signed_in, identity_assertion: {} } }
`
  const loaded = loadGatewayFromText(text, { file: 'x.yaml', folder, env: {}, readFile: readFromDisk })
  t.same(loaded.ok ? [] : loaded.issues.map(printIssue), [
    'x.yaml:3:15 signing_keys: is the key of listen.tls: each key serves one purpose',
  ])
})
