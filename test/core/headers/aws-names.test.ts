import t from 'tap'
import type { AwsSettings, LambdaSettings } from '../../../src/core/aws-settings.ts'
import type { HeaderPlan } from '../../../src/core/headers/plan.ts'
import { upstreamHeaders } from '../../../src/core/headers/request.ts'
import { forwarding, lines, makeApp, makePlan, valuesOf } from './apps.ts'

// What AWS's services take for their own words, and no client may say.

const aws: AwsSettings = {
  service: 'execute-api',
  region: 'eu-west-1',
  credentials: { given: null, role: null, region: 'eu-west-1' },
}
const lambda: LambdaSettings = { functionName: 'wiki', payload: '1.0', streaming: false }

const plain = makePlan(makeApp())
const signed = makePlan(makeApp({ upstream: { aws } }))
const invoked = makePlan(makeApp({ upstream: { aws, lambda } }))

function sent(plan: HeaderPlan, ...rawHeaders: readonly string[]): readonly string[] {
  const result = upstreamHeaders(plan, {
    rawHeaders,
    forwarding: { ...forwarding, upstreamAuthorization: 'pass' },
    principal: null,
    tokens: null,
    clientAddress: null,
    destination: null,
  })
  if (!result.ok) throw new Error(result.reason)
  return result.headers
}

const kinds = [
  ['an app that is asked as it stands', plain],
  ['one whose requests are signed', signed],
  ['a function', invoked],
] as const

const names = [
  ...['X-Amz-Date', 'X-Amz-Security-Token', 'X-Amz-Content-Sha256', 'X-Amz-Target', 'X-Amz-'],
  ...['X-Amz-Client-Context', 'X-Amz-Invocation-Type', 'X-Amz-Log-Type', 'x-amz-cf-id'],
  ...['X-Amzn-Oidc-Data', 'X-Amzn-Mtls-Clientcert-Subject', 'X-Amzn-Request-Context', 'X-Amzn-RequestId'],
  ...['X-Amzn-Lambda-Context', 'x-amzn-errortype', 'X-Amzn-Trace-Id-2', 'X-Amzn-Trace', 'X-Apigw-Api-Id'],
  ...['x-apigw-', 'x_amz_date', 'X_Amz-Date', 'X-Amzn_Oidc-Data', 'X_APIGW_API_ID'],
  // Events as adapters of Node hand them on: @fastify/aws-lambda 6.4.0 believes them.
  ...['X-ApiGateway-Event', 'x-apigateway-context', 'X_ApiGateway_Event'],
]

for (const [what, plan] of kinds) {
  t.test(`S-040: ${what} never gets what only AWS says from a client`, async (t) => {
    const bare = lines(sent(plan))
    for (const name of names)
      for (const spelling of [name, name.toLowerCase(), name.toUpperCase()])
        t.same(lines(sent(plan, spelling, 'evil')), bare, spelling)
  })

  t.test(`${what} gets the name of a trace, and not one that another spelling could stand for`, async (t) => {
    const trace = 'Root=1-5759e988-bd862e3fe1be46a994272793'
    t.same(valuesOf(sent(plan, 'X-Amzn-Trace-Id', trace), 'X-Amzn-Trace-Id'), [trace])
    t.same(valuesOf(sent(plan, 'x-amzn-trace_id', trace, 'x_amzn_trace_id', trace), 'x-amzn-trace_id'), [])
  })
}

const credentials = ['Bearer token', 'Basic YTpi', 'AWS4-HMAC-SHA256 Credential=AKIA/x', 'Negotiate x', '']

t.test('whose requests are signed gets no Authorization and no Date of a client', async (t) => {
  const bare = lines(sent(signed))
  for (const value of credentials) {
    t.same(lines(sent(signed, 'Authorization', value)), bare, `Authorization: ${value}`)
    t.same(lines(sent(signed, 'AUTHORIZATION', value, 'authorization', value)), bare, 'in any spelling')
  }
  t.same(lines(sent(signed, 'Date', 'Thu, 01 Jan 1970 00:00:00 GMT', 'date', 'x')), bare)
})

t.test('an app that is not signed, and a function, get both as before', async (t) => {
  for (const plan of [plain, invoked]) {
    t.same(valuesOf(sent(plan, 'Authorization', 'Bearer x'), 'Authorization'), ['Bearer x'])
    t.same(valuesOf(sent(plan, 'Date', 'x'), 'Date'), ['x'])
  }
})

t.test('what Connection names takes nothing of ours away', async (t) => {
  const named = 'Host, X-Forwarded-Proto, X-Amz-Date, Authorization, X-Gateway-Secret, X-Forwarded-Host'
  t.same(lines(sent(signed, 'Connection', named, 'X-Amz-Date', 'x')), lines(sent(signed)))
})
