import t from 'tap'
import type { ReturnTo } from '../../../src/core/session/return-to.ts'
import { fittingProviders } from '../../../src/http/sign-in/fitting-providers.ts'
import { loadGateway } from '../../support/request-context.ts'
import { orThrown } from '../../support/thrown.ts'

const gateway = loadGateway(`
providers:
  a: { issuer: "https://a.example", client_id: c, client_secret: s }
  b: { issuer: "https://b.example", client_id: c, client_secret: s, user_id_prefix: "b:" }
trusted_proxies: none
defaults: { require: signed_in }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9
    provider: [a, b]
    locations:
      - { path: /open, require: anyone }
      - { path: /only-b, require: { provider: b } }
      - { path: /nobody, require: { provider: a, client_ip: 192.0.2.0/24 } }
      - { path: /here, require: { any: [{ provider: b }, { client_ip: 192.0.2.0/24 }] } }
      - { path: /form, methods: [POST], require: { provider: b } }
`)
const origin = gateway.hosts.get('wiki.example')

t.test('a sign-in offers the providers with which the page’s rule could be met', async (t) => {
  if (origin === undefined) throw new Error('the file has the origin')
  const offers = (page: string, address: string | null = '198.51.100.7') =>
    orThrown(() =>
      fittingProviders(gateway, origin, page as ReturnTo, {
        clientAddress: address,
        certificate: null,
      }).join(),
    )
  t.equal(offers('/x'), 'a,b')
  t.equal(offers('/only-b'), 'b')
  t.equal(offers('/open'), 'a,b', 'a page that asks nobody: all of its app')
  t.equal(offers('no path'), 'a,b', 'what is no page: all of the origin')
  t.equal(offers('/form'), 'a,b', 'and where no GET leads to it')
  t.equal(offers('/nobody', '192.0.2.7'), 'a')
  t.equal(offers('/nobody'), 'a,b', 'where none could help: all, as the refusal says more than we may')
  t.equal(offers('/nobody', null), 'a,b', 'an address that is not known is none of the rule’s')
  t.equal(offers('/here', '192.0.2.7'), 'a,b', 'who meets it already')
  t.equal(offers('/here'), 'b')
  t.equal(offers('/here', 'nonsense'), 'b')
})

t.test('a provider that the edition does not have is not offered', async (t) => {
  if (origin === undefined) throw new Error('the file has the origin')
  const providers = new Map([...gateway.providers].filter(([name]) => name !== 'b'))
  const offers = (page: string) =>
    fittingProviders({ ...gateway, providers }, origin, page as ReturnTo, {
      clientAddress: null,
      certificate: null,
    }).join()
  t.equal(offers('/x'), 'a')
  t.equal(offers('/only-b'), 'a')
  t.equal(offers('/open'), 'a,b', 'but where nobody is asked, the chooser leaves it out')
})
