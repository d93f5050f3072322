import t from 'tap'
import { findProvider, isSameProvider } from '../../src/core/provider-id.ts'

const acme = { issuer: 'https://id.example.com', clientId: 'gateway' }

t.test('issuer and client id are compared exactly, and nothing else is', async (t) => {
  t.equal(isSameProvider(acme, { ...acme }), true)
  const renamed = { ...acme, name: 'renamed', label: 'Acme' }
  t.equal(isSameProvider(acme, renamed), true)
  for (const other of [
    { ...acme, issuer: 'https://id.example.com/' },
    { ...acme, issuer: 'https://ID.example.com' },
    { ...acme, issuer: 'http://id.example.com' },
    { ...acme, clientId: 'Gateway' },
    { ...acme, clientId: '' },
    { issuer: acme.clientId, clientId: acme.issuer },
  ]) {
    t.equal(isSameProvider(acme, other), false, JSON.stringify(other))
    t.equal(isSameProvider(other, acme), false, JSON.stringify(other))
  }
})

t.test('a provider is found among the accepted ones alone, under whatever name', async (t) => {
  const named = (name: string, id = acme) => [name, { ...id, name }] as const
  const other = { ...acme, clientId: 'other' }
  const providers = new Map([named('other', other), named('acme'), named('twin')])
  t.equal(findProvider(providers, ['other', 'acme', 'twin'], acme)?.name, 'acme')
  t.equal(findProvider(providers, ['twin', 'other'], acme)?.name, 'twin', 'of two the accepted one')
  t.equal(findProvider(providers, ['other'], acme), null, 'it is configured, and not accepted')
  t.equal(findProvider(providers, [], acme), null)
  t.equal(findProvider(providers, ['gone', 'acme'], acme)?.name, 'acme', 'a name that is none is passed over')
  t.equal(findProvider(new Map(), ['acme'], acme), null)
})
