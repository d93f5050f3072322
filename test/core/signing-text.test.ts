// How `check` and `explain` say that an app is asked by signed requests, and whose they are.
import t from 'tap'
import { printIssue } from '../../src/config/issue.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'
import type { LambdaSettings } from '../../src/core/aws-settings.ts'
import { Secret } from '../../src/core/secret.ts'
import { signingText } from '../../src/core/signing-text.ts'
import { surroundings } from '../config/surroundings.ts'

function upstreamOf(upstream: string) {
  const loaded = loadGatewayFromText(
    `
providers: { main: { issuer: "https://id.example.com", client_id: gateway, client_secret: a-client-secret-of-some-length } }
apps: { wiki: { url: "https://wiki.example.com", upstream: ${upstream}, require: signed_in } }
`,
    surroundings,
  )
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  const [app] = loaded.gateway.apps
  if (app === undefined) throw new Error('no app')
  return app.upstream
}

const url = 'https://abc123.execute-api.eu-west-1.amazonaws.com/prod'
const role = 'arn:aws:iam::123456789012:role/gateway'
const keys =
  '{ access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY }'

t.test('what is not signed has no words', async (t) => {
  t.equal(signingText(upstreamOf(url)), null)
  t.equal(signingText(upstreamOf('http://10.0.0.5')), null)
})

t.test('service, region and whose credentials', async (t) => {
  const cases = {
    'with the credentials of the process': 'sign: execute-api',
    [`as ${role}, assumed with the credentials of the process`]: `sign: execute-api, role_arn: "${role}", external_id: a-shared-word`,
    'with the key AKIAIOSFODNN7EXAMPLE of the file': `sign: execute-api, credentials: ${keys}`,
    [`as ${role}, assumed with the key AKIAIOSFODNN7EXAMPLE of the file`]: `sign: execute-api, role_arn: "${role}", credentials: ${keys}`,
    'with the credentials of the process, by https://vpce-1.example.com':
      'sign: execute-api, endpoint: "https://vpce-1.example.com"',
  }
  for (const [words, aws] of Object.entries(cases)) {
    const text = signingText(upstreamOf(`{ url: "${url}", aws: { ${aws} } }`))
    t.equal(text, `signed for execute-api in eu-west-1 ${words}`)
    t.notMatch(text, /wJalr|a-shared-word/, 'nothing secret')
  }
})

t.test('a function: its name, and how its events and answers are', async (t) => {
  const aws = {
    service: 'lambda',
    region: 'eu-west-1',
    credentials: {
      given: {
        accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
        secretAccessKey: new Secret('hidden'),
        sessionToken: null,
      },
      role: null,
      region: 'eu-west-1',
    },
  } as const
  const lambda: LambdaSettings = {
    functionName: 'arn:aws:lambda:eu-west-1:123456789012:function:wiki:live',
    payload: '1.0',
    streaming: false,
  }
  const at = { origin: 'https://lambda.eu-west-1.amazonaws.com', ownOrigin: 'https://wiki.example.com' }
  const named = `Lambda function ${lambda.functionName}`
  const by = 'invoked with the key AKIAIOSFODNN7EXAMPLE of the file'
  t.equal(signingText({ ...at, aws, lambda }), `${named}, events 1.0, ${by}`)
  t.equal(
    signingText({ ...at, aws, lambda: { ...lambda, payload: '2.0', streaming: true } }),
    `${named}, events 2.0, streaming, ${by}`,
  )
})
