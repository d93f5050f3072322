// What `diff` says where a file changes who gets an answer of an app without the gateway.
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { compareGateways } from '../../../src/rehearsal/difference/difference.ts'
import { surroundings } from '../../config/surroundings.ts'

function gatewayOf(app: string) {
  const text = `
providers: { acme: { issuer: "https://id.example.com", client_id: gate, client_secret: a-client-secret-of-some-length } }
apps: { wiki: { url: "https://wiki.example.com", require: signed_in, ${app} } }
`
  const loaded = loadGatewayFromText(text, surroundings)
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  return loaded.gateway
}

const url = 'https://abc123.execute-api.eu-west-1.amazonaws.com/prod'
const open = `upstream: "${url}"`
const secret = `${open}, shared_secret: qT4zQ8vX2nB6mL0pR5sD9fG3hJ7wE1cU`
const signed = `upstream: { url: "${url}", aws: { sign: execute-api } }`
const both = `${signed}, shared_secret: qT4zQ8vX2nB6mL0pR5sD9fG3hJ7wE1cU`
const invoked = 'upstream: { lambda: { function: "arn:aws:lambda:eu-west-1:123456789012:function:wiki" } }'
const verifying = `${open}, identity_assertion: {}`
const socket = 'upstream: "unix:/run/wiki.sock"'

function around(before: string, after: string) {
  const { settings } = compareGateways({ before: gatewayOf(before), after: gatewayOf(after) })
  return settings
    .filter(({ setting }) => setting === 'reached around the gateway by')
    .map((one) => `${one.before} → ${one.after} (${one.effect})`)
}

t.test('a lock that goes is looser, one that comes is stricter', async (t) => {
  const [iam, known, anyone] = ['whom IAM allows', 'who knows the shared secret', 'who reaches the address']
  t.same(around(signed, open), [`${iam} → ${anyone} (looser)`])
  t.same(around(both, secret), [`${iam} → ${known} (looser)`])
  t.same(around(secret, open), [`${known} → ${anyone} (looser)`])
  t.same(around(invoked, open), [`${iam} → ${anyone} (looser)`])
  t.same(around(open, signed), [`${anyone} → ${iam} (stricter)`])
  t.same(around(secret, invoked), [`${known} → ${iam} (stricter)`])
  const asserted = 'who holds an assertion of the gateway'
  t.same(around(verifying, open), [`${asserted} → ${anyone} (looser)`])
  t.same(around(signed, verifying), [`${iam} → ${asserted} (looser)`])
  t.same(around(open, socket), [`${anyone} → who reaches the socket (null)`])
})

t.test('of locks that stay nothing is said', async (t) => {
  t.same(around(signed, both), [])
  t.same(around(signed, invoked), [])
  t.same(around(secret, secret.replace('qT4z', 'xT4z')), [])
})
