import t from 'tap'
import { carriesOwn, ownCredentials } from '../../../src/core/headers/own-credentials.ts'
import { formatKey } from '../../../src/core/keys/key-form.ts'

const own = ownCredentials({ prefixes: ['cg', 'old1'], header: 'X-Api-Key' })
const parts = { prefix: 'cg', id: 'Ab3dEf6hIj9kLm2n', secret: 'S'.repeat(43) }
const key = formatKey(parts)
const basic = (pair: string) => Buffer.from(pair).toString('base64')

const ours: readonly string[] = [
  key,
  key.slice(0, 30),
  `${key}x`,
  key.toUpperCase(),
  `Bearer ${key}`,
  `bearer ${key}`,
  `BEARER  ${key}`,
  `Bearer\t${key}`,
  `Bearer "${key}"`,
  `Bearer: ${key}`,
  `Bearer=${key}`,
  `Token ${key}`,
  `ApiKey token=${key}`,
  `Digest username="${key}", realm="x"`,
  `Bearer other, Bearer ${key}`,
  `other,${key}`,
  'Bearer cg_mistyped',
  // A whole id behind something else is no chance.
  `Bearer%20${key}`,
  `Bearer+${key}`,
  `Bearer x.${key.slice(0, 40)}`,
  `Basic ${basic(`alice:see/${key}`)}`,
  `Basic ${basic(`alice:x:${key}`)}`,
  'Bearer old1_x',
  'Bearer cgt_AbCd',
  'Bearer CGT_AbCd',
  `Basic ${basic(`cg_${parts.id}:${parts.secret}`)}`,
  `basic   ${basic(`cg_${parts.id}:${parts.secret}`)}`,
  `Basic\t${basic(`cg_${parts.id}:${parts.secret}`)}`,
  `Basic ${basic(`cg_${parts.id}:${parts.secret}`).replaceAll('=', '')}`,
  `Basic ${basic(`cg_${parts.id}:${parts.secret}`).slice(0, 20)} ${basic(`cg_${parts.id}:${parts.secret}`).slice(20)}`,
  `Basic ${basic(`cg_${parts.id}`)}`,
  `Basic ${basic('cg_mistyped:x')}`,
  `Basic ${basic(`git:${key}`)}`,
  `Basic ${basic(`:${key}`)}`,
  `Basic ${basic(`${key}:`)}`,
  `Basic ${basic(` ${key}:`)}`,
  `Basic ${basic('x:cgt_AbCd')}`,
  `Basic ${key}`,
  // Encoded as forms are, which some clients do to an underscore too (RFC 6749 section 2.3.1).
  `Basic ${basic(`cg%5F${parts.id}:${parts.secret}`)}`,
  `Basic ${basic(`cg%5f${parts.id}:${parts.secret}`)}`,
  `Basic ${basic(`alice:${key.replaceAll('_', '%5F')}`)}`,
  `Bearer ${key.replaceAll('_', '%5F')}`,
]

const others: readonly string[] = [
  '',
  'Bearer',
  'Bearer abc',
  'Bearer eyJ.abc_def.ghi',
  'Bearer x.cg_y',
  'Bearer xcg_y',
  'Bearer cg-y',
  'Bearer _cg',
  'Bearer scg_',
  `Basic ${basic('alice:secret')}`,
  `Basic ${basic('alice:my_cg_secret')}`,
  `Basic ${basic('alice_cg_:secret')}`,
  'Basic',
  'Negotiate YII=',
]

for (const value of ours)
  t.test(`ours, so that no app sees it: ${value}`, async (t) => t.ok(carriesOwn(value, own)))
for (const value of others) t.test(`somebody else’s: ${value}`, async (t) => t.notOk(carriesOwn(value, own)))

t.test('a value as long as headers may be costs no more than its length', async (t) => {
  const text = '_'.repeat(64 * 1024)
  t.notOk(carriesOwn(`Bearer ${text}`, own))
  t.notOk(carriesOwn(`Basic ${text}`, own))
})

t.test('the name of the header is compared as names of headers are', async (t) => {
  t.equal(ownCredentials({ prefixes: [], header: 'X-API-Key' }).keyHeader, 'x-api-key')
})
