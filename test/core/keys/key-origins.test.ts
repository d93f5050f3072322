import t from 'tap'
import { hasKeyOrigin, keyOriginFault } from '../../../src/core/keys/key-origins.ts'
import { loadRules } from '../../support/rules.ts'
import { keyOf, personKeyOf } from './keys.ts'

const { hosts } = loadRules('  require: signed_in').gateway
const [own] = new Set(hosts.values())
if (own === undefined) throw new Error('there is no app')
const app = own.origin

t.test('an origin of a key is https, and stands as browsers write it', async (t) => {
  for (const text of [
    'https://shop.example',
    'https://shop.example:8443',
    'https://192.0.2.7',
    'https://[2001:db8::1]',
  ])
    t.equal(keyOriginFault(text, hosts), null, text)
})

t.test('what is almost an origin is none, and nothing is repaired', async (t) => {
  const none = [
    ...[
      '',
      'null',
      '*',
      'shop.example',
      'http://shop.example',
      'https://',
      'https:shop.example',
      'wss://shop.example',
    ],
    ...['https://shop.example/', 'https://shop.example/a', 'https://shop.example?', 'https://shop.example#'],
    ...['https://Shop.example', 'HTTPS://shop.example', 'https://shop.example:443', 'https://a@shop.example'],
    ...[' https://shop.example', 'https://shop.example\n', 'https://shop.example, https://shop.example'],
    ...[
      'https://*.shop.example',
      'https://sh%6fp.example',
      'https://sh\u00f6p.example',
      'https://shop.example\\',
    ],
    ...[
      'https://shop.example.',
      'https://shop.example.:8443',
      'https://127.1',
      `https://${'a.'.repeat(150)}example`,
    ],
  ]
  for (const text of none) t.type(keyOriginFault(text, hosts), 'string', JSON.stringify(text))
  t.match(keyOriginFault('https://Shop.example:443/', hosts), /did you mean https:\/\/shop\.example\?$/)
  t.match(keyOriginFault('http://shop.example', hosts), /expected such as https:\/\/shop\.example$/)
})

t.test('no origin of an app of ours is one of a key, whatever its case or port', async (t) => {
  t.match(keyOriginFault(app, hosts), /origin of an app/)
  t.equal(keyOriginFault(`${app}:8443`, hosts), null, 'another port is another origin')
  t.type(keyOriginFault(`${app}:443`, hosts), 'string')
  t.type(keyOriginFault(`${app}.`, hosts), 'string')
  t.type(keyOriginFault(app.replace('https://', 'https://X@'), hosts), 'string')
})

t.test('a key has an origin while it names it and no app of ours is there', async (t) => {
  const key = keyOf('k', { origins: ['https://shop.example', app] })
  const around = { hosts, selfService: null }
  t.ok(hasKeyOrigin(key, 'https://shop.example', around))
  t.notOk(hasKeyOrigin(key, 'https://other.example', around))
  t.notOk(hasKeyOrigin(key, app, around), 'an app moved there after the key was made')
  t.notOk(hasKeyOrigin(keyOf('k', { origins: ['http://shop.example'] }), 'http://shop.example', around))
})

t.test('a person’s own key has origins only where people may name them', async (t) => {
  const key = personKeyOf('k', { origins: ['https://shop.example'] })
  const judged = (selfService: { origins: boolean } | null) =>
    hasKeyOrigin(key, 'https://shop.example', { hosts, selfService })
  t.same([judged(null), judged({ origins: false }), judged({ origins: true })], [false, false, true])
})
