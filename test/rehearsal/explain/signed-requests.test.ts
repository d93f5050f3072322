// What the tools say of requests to an app on AWS that are let in by its rules, and yet cannot be sent.
import t from 'tap'
import { probe } from '../../../src/http/admission/probe.ts'
import { outcomeOf } from '../../../src/rehearsal/explain/outcome.ts'
import { gatewayOf } from '../../support/model.ts'

const gateway = gatewayOf(`
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: s }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: { url: "https://abc.execute-api.eu-west-1.amazonaws.com/prod", aws: { sign: execute-api } }
    require: signed_in
`)

function outcome(
  path: string,
  groups: readonly string[] = [],
  headers: Readonly<Record<string, string>> = {},
) {
  const person = { provider: 'acme', claims: { sub: 'alice', groups } }
  const asked = { method: 'GET', url: `https://wiki.example.com${path}`, clientAddress: null, headers }
  return outcomeOf(probe(gateway, { ...asked, person }), 'sub')
}

t.test('a query that cannot be signed is told as the gate tells it', async (t) => {
  t.match(outcome('/a?X-Amz-Date=1'), { outcome: 'rejected', reason: 'query-reserved', status: 400 })
  t.match(outcome('/a?b=%FF'), { outcome: 'rejected', reason: 'query-undecodable', status: 400 })
  t.match(outcome('/a?b+c'), { outcome: 'allowed' })
})

t.test('so is a Content-Type that cannot be signed', async (t) => {
  t.match(outcome('/a', [], { 'content-type': 'text/plain;\tcharset=utf-8' }), {
    outcome: 'rejected',
    reason: 'content-type-ambiguous',
    status: 400,
  })
  t.match(outcome('/a', [], { 'content-type': 'text/plain' }), { outcome: 'allowed' })
})

t.test('who has more groups than fit is told so, with the sizes', async (t) => {
  const groups = Array.from({ length: 300 }, (_, i) => `a-group-with-a-name-${i}`)
  t.match(outcome('/a', groups), {
    outcome: 'denied',
    reason: 'identity-unsendable',
    status: 403,
    sentence: /Here: the gateway’s own headers would have \d+ bytes.*5120 at most/,
  })
  t.match(outcome('/a', groups.slice(0, 50)), { outcome: 'allowed' })
})

t.test('and so is a client that sends too much', async (t) => {
  t.match(outcome('/a', [], { accept: '*/*', 'x-long': 'v'.repeat(10_000) }), {
    outcome: 'rejected',
    reason: 'headers-too-large',
    status: 431,
    sentence: /Here: the headers would have \d+ bytes/,
  })
})
