// The key of assertions where the file names none: drawn once, kept for this user alone, the same for all who read it.

import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Gateway } from '../../src/core/gateway.ts'
import type { SessionStoreSettings } from '../../src/core/session-store-settings.ts'
import { readSigningKeys, renewedSigningKeys } from '../../src/runtime/signing-keys.ts'
import { gatewayOf } from '../support/model.ts'
import { orThrown } from '../support/thrown.ts'

const file = (assertion: string) => `
providers: { acme: { issuer: "https://acme.example.com", client_id: id, client_secret: s } }
apps: { wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5", require: signed_in${assertion} } }
`
const wanting = gatewayOf(file(', identity_assertion: {}'))
const plain = gatewayOf(file(''))

function at(dataFolder: string, kind: 'sqlite' | 'memory' = 'sqlite', gateway: Gateway = wanting): Gateway {
  const store: SessionStoreSettings = { kind }
  return { ...gateway, dataFolder, session: { ...gateway.session, store } }
}

t.test('it is drawn once, for this user alone', async (t) => {
  const folder = t.testdir()
  const place = join(folder, 'signing.key')
  const [key] = readSigningKeys(at(folder), randomBytes)
  t.match(key?.kid, /^[\w-]{43}$/)
  t.equal(statSync(place).mode & 0o777, 0o600)
  t.match(readFileSync(place, 'utf8'), /^-----BEGIN PRIVATE KEY-----\n/)
  t.same(
    readSigningKeys(at(folder), randomBytes).map(({ kid }) => kid),
    [key?.kid],
    'a worker reads the same',
  )
  chmodSync(place, 0o644)
  readSigningKeys(at(folder), randomBytes)
  t.equal(statSync(place).mode & 0o777, 0o600, 'and nobody else may read it from then on')
  rmSync(place)
  t.not(readSigningKeys(at(folder), randomBytes)[0]?.kid, key?.kid)
})

t.test('where nothing is signed, none is made', async (t) => {
  const folder = t.testdir()
  t.same(readSigningKeys(at(folder, 'sqlite', plain), randomBytes), [])
  t.notOk(existsSync(join(folder, 'signing.key')))
})

t.test('a damaged one stops the start, and nothing of it is told', async (t) => {
  const form = (text: string) => `-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----\n`
  for (const text of ['', 'canary', form('canary'), form('canary'.repeat(40))]) {
    const folder = t.testdir()
    writeFileSync(join(folder, 'signing.key'), text)
    const thrown = orThrown(() => readSigningKeys(at(folder), randomBytes))
    t.match(thrown, { code: 'STORE_INVALID' })
    t.match(String(thrown), /signing\.key (?:is damaged|holds no private key).*remove it/)
    t.notMatch(String(thrown), 'canary')
  }
})

t.test('with the memory store it lives as long as the process, and is in no file', async (t) => {
  const folder = t.testdir()
  const gateway = at(folder, 'memory')
  const signingKeys = readSigningKeys(gateway, randomBytes)
  t.equal(signingKeys.length, 1)
  t.notOk(existsSync(join(folder, 'signing.key')))
  t.equal(renewedSigningKeys({ gateway, signingKeys }, gateway, randomBytes), signingKeys)
  const none = at(folder, 'memory', plain)
  t.same(renewedSigningKeys({ gateway, signingKeys }, none, randomBytes), [])
  t.equal(renewedSigningKeys({ gateway: none, signingKeys: [] }, gateway, randomBytes).length, 1)
  const kept = renewedSigningKeys({ gateway, signingKeys }, at(folder), randomBytes)
  t.not(kept[0]?.kid, signingKeys[0]?.kid, 'of the file once the sessions are in files')
  const written = { ...gateway, signingKeys: kept }
  const [drawn] = renewedSigningKeys({ gateway: written, signingKeys: kept }, gateway, randomBytes)
  t.not(drawn?.kid, kept[0]?.kid, 'a key that was taken out of the file signs no more')
  t.equal(renewedSigningKeys({ gateway, signingKeys }, written, randomBytes), kept)
})
