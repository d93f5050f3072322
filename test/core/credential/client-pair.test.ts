import t from 'tap'
import { readBasicPair, toClientPair } from '../../../src/core/credential/client-pair.ts'

const forms = { prefixes: ['cg', 'old'], header: 'X-Api-Key' }
const [id, secret] = ['a'.repeat(16), 'b'.repeat(43)]

t.test('a pair is ours by its id, right or mistyped, and a provider’s otherwise', async (t) => {
  t.same(toClientPair(`cg_${id}`, secret, forms), { kind: 'key', key: { prefix: 'cg', id, secret } })
  t.match(toClientPair(`old_${id}`, secret, forms), { kind: 'key', key: { prefix: 'old' } })
  t.same(toClientPair('alice@example.com', 'p w', forms), {
    ...{ kind: 'pair', id: 'alice@example.com', secret: 'p w' },
  })
})

t.test('what holds something of ours goes to no provider', async (t) => {
  for (const [first, second] of [
    [`cg_${id}`, 'short'],
    [`cg_${id.slice(1)}`, secret],
    ['CG_x', secret],
    ['alice', `cg_${id}_${secret}_000000`],
    ['alice', `cgt_k${id}${id}`],
    ['alice', `x:cg_${id}_${secret}`],
    [`cg%5F${id}`, secret],
    [`cgt_k${id}`, 'x'],
    [` cg_${id}`, secret],
  ] as const)
    t.same(toClientPair(first, second, forms), { kind: 'ours-malformed' }, `${first}:${second}`)
})

t.test(
  'a password that begins with the same letters by chance is that of a pair, as it is at a location',
  async (t) => {
    for (const chance of ['cg_rage', 'cgt_kafka', 'my cg_word'])
      t.match(toClientPair('alice', chance, forms), { kind: 'pair', secret: chance })
  },
)

t.test('where there are no keys nothing is ours', async (t) => {
  t.match(toClientPair(`cg_${id}`, secret, null), { kind: 'pair' })
})

const basic = (text: string) => readBasicPair(Buffer.from(text).toString('base64'))

t.test('both halves of Basic are encoded as forms are', async (t) => {
  t.same(basic('cg_x:s'), { id: 'cg_x', secret: 's' })
  t.same(basic('cg%5Fx:s%3At%2B'), { id: 'cg_x', secret: 's:t+' })
  t.same(basic('a+b:c:d'), { id: 'a b', secret: 'c:d' }, 'the first colon parts them')
  t.same(basic('z%C3%B6e:'), { id: 'zöe', secret: '' })
})

t.test('what cannot be read is no pair', async (t) => {
  for (const text of [':s', 'id', '', 'a%:s', 'a%zz:s', 'a%ff:s', 'a:b\n', 'a%00:s', 'a%0a:s'])
    t.equal(basic(text), null, JSON.stringify(text))
  for (const text of ['YTpi=x', 'YTpi YTpi', 'YT-i', '%', '']) t.equal(readBasicPair(text), null, text)
  t.equal(readBasicPair(Buffer.from([0xff, 0x3a, 0x61]).toString('base64')), null, 'no UTF-8')
})
