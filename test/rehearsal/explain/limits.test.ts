// What `explain` says of limits: those that such a request draws from, as they are for this person.
import t from 'tap'
import { explain } from '../../../src/rehearsal/explain/explanation.ts'
import { explanationText } from '../../../src/rehearsal/explain/text.ts'
import { gatewayOf } from '../../support/model.ts'

const gateway = gatewayOf(`
trusted_proxies: none
providers: { acme: { issuer: "https://id.example.com", client_id: gate, client_secret: s } }
apps:
  api:
    url: https://api.example.com
    upstream: http://10.0.0.5
    require: signed_in
    limits:
      - { per: user, rate: 100/1m }
      - { name: plan, per: user, by: { claim: plan, is: { paid: { quota: 6000/1d } }, otherwise: 10/1h } }
      - { per: client_ip, rate: 5/1s }
    locations:
      - { path: /free, require: anyone, limits: [] }
      - { path: /closed, require: nobody }
`)

function told(path: string, plan: string | null, clientAddress = '192.0.2.1') {
  return explain(gateway, {
    method: 'GET',
    url: `https://api.example.com${path}`,
    person: plan === null ? null : { provider: 'acme', claims: { sub: 'eve', plan } },
    clientAddress,
  })
}

t.test('the limits that count are told as they are for this person', async (t) => {
  const rows = [
    { name: 'client_ip 5/1s', kind: 'rate', count: 5, window: '1s' },
    { name: 'user 100/1m', kind: 'rate', count: 100, window: '1m' },
    { name: 'plan', kind: 'quota', count: 6000, window: '1d' },
  ]
  t.same(told('/x', 'paid').limits, rows)
  t.match(
    explanationText(told('/x', 'paid')),
    /limits +client_ip 5\/1s, user 100\/1m, plan \(quota 6000\/1d\)/,
  )
  t.match(told('/x', 'free').limits[2], { name: 'plan', kind: 'rate', count: 10, window: '1h' })
  t.same(told('/x', null).limits, rows.slice(0, 1), 'nobody who is not known is counted')
})

t.test('where there are none, nothing is told', async (t) => {
  for (const path of ['/free', '/closed']) {
    t.same(told(path, 'paid').limits, [])
    t.notMatch(explanationText(told(path, 'paid')), /limits/)
  }
})

t.test('a preflight that the gateway answers itself draws from those of its network alone', async (t) => {
  const origin = 'https://shop.example.com'
  const app = `url: "https://api.example.com", upstream: "http://10.0.0.5", require: signed_in`
  const limits = '[{ per: app, rate: 9/1m }, { per: client_ip, rate: 5/1s }]'
  const drawn = (more: string) => {
    const answering = gatewayOf(`
trusted_proxies: none
providers: { acme: { issuer: "https://id.example.com", client_id: gate, client_secret: s } }
apps: { api: { ${app}, limits: ${limits}, ${more} } }
`)
    const headers = { origin, 'access-control-request-method': 'GET' }
    const asked = { method: 'OPTIONS', url: 'https://api.example.com/', person: null, headers }
    return explain(answering, { ...asked, clientAddress: '192.0.2.1' }).limits.map(({ name }) => name)
  }
  t.same(drawn(`cors: ["${origin}"]`), ['client_ip 5/1s'])
  t.same(drawn('cors_preflight: pass'), ['client_ip 5/1s', 'app 9/1m'], 'the app hears of this one')
})
