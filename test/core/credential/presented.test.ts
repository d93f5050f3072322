import { randomBytes } from 'node:crypto'
import t from 'tap'
import { readJwtForm } from '../../../src/core/credential/jwt-form.ts'
import { isOurs, type Presented, presentedCredentials } from '../../../src/core/credential/presented.ts'
import type { KeyForms } from '../../../src/core/keys/api-key-settings.ts'
import { formatKey, formatKeyId, newKeyId, newKeySecret } from '../../../src/core/keys/key-form.ts'
import { limits } from '../../../src/core/limits/table.ts'

const forms: KeyForms = { prefixes: ['cg', 'old'], header: 'X-Api-Key' }
const key = { prefix: 'cg', id: newKeyId(randomBytes), secret: newKeySecret(randomBytes) }
const whole = formatKey(key)
const id = formatKeyId(key)
const shortToken = `cgt_k${randomBytes(60).toString('base64url')}`

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function jwt(payload: unknown, header: unknown = { alg: 'RS256' }): string {
  return `${base64url(header)}.${base64url(payload)}.c2ln`
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** Kind and way, and whose it says it is. */
function told(presented: readonly Presented[]): string {
  return presented
    .map((one) => {
      if (one.kind === 'short-token') return `short-token ${one.by} ${one.of}`
      const form = one.kind === 'token' ? readJwtForm(one.token) : null
      if (form !== null) return `jwt ${one.by} ${form.issuer}`
      return `${one.kind === 'token' ? 'opaque' : one.kind} ${one.by}`
    })
    .join(', ')
}

t.test('what a header carries is told by its form', async (t) => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['Authorization', `Bearer ${whole}`, 'key bearer'],
    ['authorization', `bEARER   ${whole}`, 'key bearer'],
    ['X-Api-Key', whole, 'key key-header'],
    ['x-aPi-kEY', whole, 'key key-header'],
    ['Authorization', basic(id, key.secret), 'key basic'],
    ['Authorization', `Bearer ${whole.slice(0, -1)}x`.replace(/xx$/, 'xy'), 'ours-malformed bearer'],
    ['Authorization', 'Bearer cg_', 'ours-malformed bearer'],
    ['Authorization', 'Bearer old_x', 'ours-malformed bearer'],
    ['Authorization', 'Bearer cgt_abc', 'ours-malformed bearer'],
    ['Authorization', `Bearer ${whole.replace('cg', 'Cg')}`, 'ours-malformed bearer'],
    ['Authorization', 'Bearer CGT_abc', 'ours-malformed bearer'],
    ['X-Api-Key', 'OLD_x', 'ours-malformed key-header'],
    ['Authorization', `Bearer\t${whole}`, 'foreign bearer'],
    ['Authorization', 'Bearer\tya29.a0', 'foreign bearer'],
    ['Authorization', 'BASIC\tYTpi', 'foreign basic'],
    ['X-Api-Key', 'cgt_', 'ours-malformed key-header'],
    ['X-Api-Key', 'an-app-key', 'foreign key-header'],
    ['X-Api-Key', '', 'foreign key-header'],
    ['Authorization', basic(id, 'wrong'), 'ours-malformed basic'],
    ['Authorization', basic(id, ''), 'ours-malformed basic'],
    ['Authorization', basic(whole, ''), 'ours-malformed basic'],
    ['Authorization', basic('git', whole), 'ours-malformed basic'],
    ['Authorization', basic('cg_short', key.secret), 'ours-malformed basic'],
    ['Authorization', basic('Cg_short', key.secret), 'ours-malformed basic'],
    ['Authorization', basic('git', whole.toUpperCase()), 'ours-malformed basic'],
    ['Authorization', basic(shortToken, ''), 'ours-malformed basic'],
    ['Authorization', basic('git', shortToken), 'ours-malformed basic'],
    // Some clients encode both halves as forms are, the underscore included; and blanks come along when one copies.
    ['Authorization', basic(id.replace('_', '%5F'), key.secret), 'ours-malformed basic'],
    ['Authorization', basic(id.replace('_', '%5f'), key.secret), 'ours-malformed basic'],
    ['Authorization', basic(` ${id}`, key.secret), 'ours-malformed basic'],
    ['Authorization', basic(`+${id}`, key.secret), 'ours-malformed basic'],
    ['Authorization', basic('git', ` ${whole}`), 'ours-malformed basic'],
    ['Authorization', basic('git', whole.replaceAll('_', '%5F')), 'ours-malformed basic'],
    ['Authorization', basic('git', `token:${whole}`), 'ours-malformed basic'],
    ['Authorization', basic('alice', '100%5_c%'), 'pair basic'],
    ['Authorization', basic('alice', 'secret'), 'pair basic'],
    ['Authorization', basic('alice', ''), 'pair basic'],
    ['Authorization', basic('alice', 'a:b'), 'pair basic'],
    ['Authorization', basic('alice', 'cg_rage'), 'pair basic'],
    ['Authorization', basic('alice', 'cgt_kafka'), 'pair basic'],
    ['Authorization', basic('', 'secret'), 'foreign basic'],
    ['Authorization', basic('alice', 'a\nb'), 'foreign basic'],
    ['Authorization', `Basic ${Buffer.from('alice', 'utf8').toString('base64')}`, 'foreign basic'],
    ['Authorization', `Basic ${Buffer.from([0x61, 0x3a, 0xff]).toString('base64')}`, 'foreign basic'],
    ['Authorization', `${basic('alice', 'secret')}, x`, 'foreign basic'],
    ['Authorization', `Bearer ${shortToken}`, 'short-token bearer api_key'],
    ['Authorization', `Bearer ${shortToken.replace('cgt_k', 'cgt_w')}`, 'short-token bearer widget'],
    ['X-Api-Key', shortToken, 'short-token key-header api_key'],
    ['Authorization', `Bearer ${shortToken.replace('cgt_k', 'cgt_K')}`, 'ours-malformed bearer'],
    ['Authorization', `Bearer ${shortToken.replace('cgt', 'Cgt')}`, 'ours-malformed bearer'],
    ['Authorization', `Bearer ${shortToken.replace('cgt_k', 'cgt_x')}`, 'ours-malformed bearer'],
    ['Authorization', `Bearer ${shortToken}.`, 'ours-malformed bearer'],
    ['Authorization', `Bearer cgt_k${'a'.repeat(limits.shortTokenBytes)}`, 'ours-malformed bearer'],
    ['Authorization', 'Basic !!!', 'foreign basic'],
    ['Authorization', 'Basic', 'foreign basic'],
    ['Authorization', `Bearer ${jwt({ iss: 'https://a.example' })}`, 'jwt bearer https://a.example'],
    ['Authorization', `Bearer ${jwt({ iss: 1 })}`, 'jwt bearer null'],
    ['Authorization', `Bearer ${jwt([])}`, 'jwt bearer null'],
    ['Authorization', `Bearer ${jwt({}, { typ: 'JWT' })}`, 'opaque bearer'],
    ['Authorization', 'Bearer ya29.a0Af_x-y.z', 'opaque bearer'],
    ['Authorization', 'Bearer a.b.c', 'opaque bearer'],
    ['Authorization', 'Bearer a.b.c.d.e', 'opaque bearer'],
    ['Authorization', 'Bearer', 'foreign bearer'],
    ['Authorization', 'Bearer ', 'foreign bearer'],
    ['Authorization', 'Bearer a b', 'foreign bearer'],
    ['Authorization', 'Bearer "x"', 'foreign bearer'],
    ['Authorization', `Bearer ${'a'.repeat(limits.accessTokenBytes + 1)}`, 'foreign bearer'],
    ['Authorization', 'Digest username="x"', 'other-scheme null'],
    ['Authorization', '', 'other-scheme null'],
    ['Authorisation', `Bearer ${whole}`, ''],
    ['X-Api-Keys', whole, ''],
    ['Cookie', 'a=b', ''],
  ]
  for (const [name, value, expected] of rows)
    t.equal(told(presentedCredentials([name, value], forms)), expected, `${name}: ${value.slice(0, 60)}`)
})

t.test('without keys nothing is ours', async (t) => {
  t.equal(told(presentedCredentials(['X-Api-Key', whole], null)), '')
  t.equal(told(presentedCredentials(['Authorization', `Bearer ${whole}`], null)), 'opaque bearer')
  t.equal(told(presentedCredentials(['Authorization', basic(id, key.secret)], null)), 'pair basic')
  t.equal(told(presentedCredentials(['Authorization', `Bearer ${shortToken}`], null)), 'opaque bearer')
})

t.test('every line counts, in its order', async (t) => {
  const raw = [
    'Authorization',
    `Bearer ${whole}`,
    'Host',
    'x',
    'X-API-KEY',
    whole,
    'authorization',
    'Digest x',
  ]
  t.equal(told(presentedCredentials(raw, forms)), 'key bearer, key key-header, other-scheme null')
})

t.test('a key keeps its parts, a token its text', async (t) => {
  t.match(presentedCredentials(['Authorization', `Bearer ${whole}`], forms), [{ key }])
  t.match(presentedCredentials(['Authorization', basic(id, key.secret)], forms), [{ key }])
  const token = jwt({ iss: 'https://a.example' })
  t.match(presentedCredentials(['Authorization', `Bearer  ${token} `], forms), [{ token }])
})

t.test('what is ours is said so, right or mistyped', async (t) => {
  const ours = (value: string) => presentedCredentials(['Authorization', value], forms).map(isOurs)
  t.strictSame(ours(`Bearer ${whole}`), [true])
  t.strictSame(ours('Bearer cg_x'), [true])
  t.strictSame(ours(basic(id, 'x')), [true])
  t.strictSame(ours('Bearer abc'), [false])
  t.strictSame(ours(basic('alice', 'x')), [false])
})
