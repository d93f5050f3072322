import t from 'tap'
import type { Location } from '../../../src/core/gateway.ts'
import { formToKeep } from '../../../src/core/request/form-to-keep.ts'
import { loadGateway } from '../../support/request-context.ts'

const gateway = loadGateway(`
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9
    require: signed_in
    max_body: 1MiB
    locations:
      - { path: /less, require: signed_in, max_resumed_body: 1KiB }
      - { path: /little, require: signed_in, max_body: 512B }
      - { path: /endless, require: signed_in, max_body: none }
      - { path: /none, require: signed_in, resume: none }
      - { path: /deny, require: signed_in, unauthenticated: deny }
      - { path: /open, require: anyone }
`)
const at = (label: string): Location => {
  const found = gateway.apps[0]?.allLocations.find((one) => one.label === label) ?? gateway.apps[0]?.fallback
  if (found === undefined) throw new Error(label)
  return found
}
const headers = {
  accept: 'text/html',
  origin: 'https://wiki.example',
  'content-type': 'application/x-www-form-urlencoded',
  'content-length': '600',
}
const asked = (change: Readonly<Record<string, string | undefined>>, labels = ['*'], method = 'POST') =>
  formToKeep({
    method,
    headers: { ...headers, ...change },
    origin: 'https://wiki.example',
    locations: labels.map(at),
  })

t.test('a form of the app’s own page is kept where the location says so', async (t) => {
  t.same(asked({}), { kind: 'form', mostBytes: 256 * 1024 })
  t.same(asked({ 'content-length': undefined }), { kind: 'form', mostBytes: 256 * 1024 })
  for (const method of ['PUT', 'PATCH']) t.equal(asked({}, ['*'], method).kind, 'form')
  for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS']) t.equal(asked({}, ['*'], method).kind, 'none')
  for (const label of ['/none', '/deny', '/open']) t.equal(asked({}, [label]).kind, 'none', label)
  t.equal(asked({}, ['/less', '/none']).kind, 'none', 'of two readings of a path both keep it')
  t.equal(asked({}, []).kind, 'none')
})

t.test('the least of what the locations keep and take counts', async (t) => {
  t.same(asked({}, ['/less']), { kind: 'form', mostBytes: 1024 })
  t.same(asked({ 'content-length': '1024' }, ['/less']), { kind: 'form', mostBytes: 1024 })
  t.same(asked({ 'content-length': '1025' }, ['/less']), { kind: 'too-large', mostBytes: 1024 })
  t.same(asked({}, ['/little']), { kind: 'too-large', mostBytes: 512 })
  t.same(asked({}, ['/less', '/little']), { kind: 'too-large', mostBytes: 512 })
  t.same(asked({}, ['/endless']), { kind: 'form', mostBytes: 256 * 1024 })
})

t.test('a type that no header could have is not kept', async (t) => {
  t.equal(asked({ 'content-type': undefined }).kind, 'form')
  t.equal(asked({ 'content-type': 'a'.repeat(256) }).kind, 'form')
  t.equal(asked({ 'content-type': 'a'.repeat(257) }).kind, 'none')
  t.equal(asked({ 'content-type': 'text/plain\u00e9' }).kind, 'none')
})
