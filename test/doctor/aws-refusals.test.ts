// What doctor advises where AWS refuses: the very policy that is missing, and what each of AWS's names means.
import t from 'tap'
import type { AwsCredentialEvent } from '../../src/core/aws-credential-event.ts'
import { UpstreamFault } from '../../src/core/fault.ts'
import type { App } from '../../src/core/gateway.ts'
import { findingsOf } from '../../src/doctor/finding.ts'
import { usualPatience } from '../../src/doctor/patience.ts'
import type { UpstreamAnswer } from '../../src/doctor/upstreams/answer.ts'
import { credentialsFindings } from '../../src/doctor/upstreams/credentials.ts'
import { isUnknownPath, judgeAsGateway, judgeAsStranger } from '../../src/doctor/upstreams/judge.ts'
import { neededPolicy } from '../../src/doctor/upstreams/policy.ts'
import { credentialsCure, refusalCure } from '../../src/doctor/upstreams/refusals.ts'
import { gatewayOf } from './rig.ts'

function appOf(upstream: string, more = ''): App {
  const [app] = gatewayOf(`
providers: { main: { issuer: "https://id.example.com", client_id: gateway, client_secret: a-client-secret-of-some-length } }
apps: { wiki: { url: "https://wiki.example.com", upstream: ${upstream}, require: signed_in${more} } }
`).apps
  if (app === undefined) throw new Error('no app')
  return app
}

const role = 'arn:aws:iam::123456789012:role/gateway'
const api = (host: string, aws: string) => `{ url: "https://${host}", aws: { ${aws} } }`
const rest = api('abc123.execute-api.eu-west-1.amazonaws.com/prod', 'sign: execute-api')
const functionArn = 'arn:aws:lambda:eu-west-1:123456789012:function:wiki:live'
const lambda = `{ lambda: { function: "${functionArn}" } }`

t.test('the policy that an upstream needs', async (t) => {
  const cases: readonly (readonly [upstream: string, policy: string | null])[] = [
    ['http://10.0.0.5', null],
    ['https://abc123.execute-api.eu-west-1.amazonaws.com/prod', null],
    [rest, '`execute-api:Invoke` on `arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/*`'],
    [
      api('abc123.execute-api.eu-west-1.amazonaws.com', 'sign: execute-api'),
      '`execute-api:Invoke` on `arn:aws:execute-api:eu-west-1:123456789012:abc123/$default/*`',
    ],
    [
      api('abc123.execute-api.cn-north-1.amazonaws.com.cn/prod/below', 'sign: execute-api'),
      '`execute-api:Invoke` on `arn:aws-cn:execute-api:cn-north-1:123456789012:abc123/prod/*`',
    ],
    [
      api('api.example.com/base', 'sign: execute-api, region: eu-west-1'),
      '`execute-api:Invoke` on `arn:aws:execute-api:eu-west-1:123456789012:*/*/*`',
    ],
    [
      api('abcdefghijklmnop.lambda-url.eu-west-1.on.aws', 'sign: lambda'),
      '`lambda:InvokeFunctionUrl` and `lambda:InvokeFunction` on the function, `arn:aws:lambda:eu-west-1:123456789012:function:…`',
    ],
    [lambda, `\`lambda:InvokeFunction\` on \`${functionArn}\``],
    [api('site.s3.eu-west-1.amazonaws.com', 'sign: s3'), '`s3:GetObject` on `arn:aws:s3:::site/*`'],
    [api('s3.eu-west-1.amazonaws.com/site', 'sign: s3'), '`s3:GetObject` on `arn:aws:s3:::site/*`'],
    [
      api('wiki-0a1b.7d67968.vpc-lattice-svcs.eu-west-1.on.aws', 'sign: vpc-lattice-svcs'),
      '`vpc-lattice-svcs:Invoke` on the service, `arn:aws:vpc-lattice:eu-west-1:123456789012:service/…/*`',
    ],
  ]
  for (const [upstream, policy] of cases)
    t.equal(neededPolicy(appOf(upstream).upstream, '123456789012'), policy, upstream)
  t.match(neededPolicy(appOf(rest).upstream, null), 'eu-west-1:*:abc123/prod/*')
})

t.test('each of AWS’s names has a cure', async (t) => {
  const app = appOf(rest)
  const words = {
    'AccessDeniedException: User: arn:aws:sts::210987654321:assumed-role/gateway/claimgate is not authorized to perform: execute-api:Invoke on resource: …':
      /^Allow `execute-api:Invoke` on `arn:aws:execute-api:eu-west-1:210987654321:abc123\/prod\/\*`/,
    'InvalidSignatureException: The request signature we calculated does not match; its clock is as ours':
      /secret key belongs to the key id/,
    'InvalidSignatureException: Signature expired: 20260101T000000Z is now earlier than …': /clock, by NTP/,
    'InvalidSignatureException: x; its clock is 3600 s ahead of ours': /clock, by NTP/,
    'IncompleteSignatureException: x': /takes or changes `Authorization`/,
    'ExpiredTokenException: x': /are over/,
    'UnrecognizedClientException: x': /does not know this key/,
    'MissingAuthenticationTokenException: x': /^See the stage at the end of `url`/,
    'ForbiddenException: Forbidden': /the stage at the end of `url`.*API key.*x-api-key.*WAF/,
    'TooManyRequestsException: Too Many Requests': /throttl.*usage plan/,
    'InternalServerErrorException: x': /function's own log/,
    'SomethingNewException: x': /^See what AWS says/,
    '': /^See what AWS says/,
  }
  for (const [said, cure] of Object.entries(words)) t.match(refusalCure(app, said), cure, said)
  const unsigned = appOf('https://abc123.execute-api.eu-west-1.amazonaws.com/prod')
  t.match(
    refusalCure(unsigned, 'MissingAuthenticationTokenException'),
    /write `aws: \{ sign: execute-api \}`/,
  )
  t.match(refusalCure(appOf(lambda), 'ResourceNotFoundException: x'), /lambda\.function/)
  t.match(
    refusalCure(appOf(lambda), 'AccessDeniedException: x'),
    /^See `lambda\.function` first: AWS says the same of a function that is not there\. Allow /,
  )
})

t.test('credentials that cannot be had, and a role that cannot be assumed', async (t) => {
  const fault = (words: string) => new UpstreamFault('AWS_CREDENTIALS_UNAVAILABLE', words)
  t.match(
    credentialsCure(appOf(rest), fault('the machine: no token')),
    /^Give the machine, task or pod a role/,
  )
  t.match(
    credentialsCure(
      appOf(rest),
      fault('AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity'),
    ),
    /^See the trust policy of the role in AWS_ROLE_ARN/,
  )
  const assuming = (more: string) =>
    appOf(
      api('abc123.execute-api.eu-west-1.amazonaws.com/prod', `sign: execute-api, role_arn: "${role}"${more}`),
    )
  const denied = fault('AccessDenied: status 403, User: x is not authorized to perform: sts:AssumeRole')
  t.match(credentialsCure(assuming(''), denied), `Allow \`sts:AssumeRole\` on \`${role}\``)
  t.match(credentialsCure(assuming(''), denied), /whether it demands an `external_id`/)
  t.match(credentialsCure(assuming(', external_id: a-word'), denied), /with this `external_id`/)
  t.match(credentialsCure(assuming(''), fault('the machine: no token')), /^Give the machine/)
})

t.test('whose credentials sign, and until when', async (t) => {
  const told = (app: App, events: readonly AwsCredentialEvent[]) =>
    credentialsFindings(findingsOf('apps.wiki'), app, events, []).map(
      ({ outcome, saw }) => `${outcome}: ${saw}`,
    )
  const endsAtMs = Date.UTC(2026, 10, 29, 12, 30)
  const fetched = { kind: 'fetched', accessKeyId: 'ASIAEXAMPLE', isTemporary: true, failures: 0 } as const
  const own = { ...fetched, whose: 'this process', endsAtMs: null }
  t.same(told(appOf(rest), [{ ...own, accessKeyId: 'AKIAEXAMPLE', isTemporary: false }]), [
    'ok: what AWS gives this process signs, access key AKIAEXAMPLE, which does not end',
  ])
  t.same(
    told(appOf(rest), [own]),
    [
      'warning: what AWS gives this process signs, access key ASIAEXAMPLE, which is temporary, and nobody says until when',
    ],
    'keys that somebody exported for a shell',
  )
  t.same(told(appOf(rest), [{ ...fetched, whose: `role ${role}`, endsAtMs }]), [
    `ok: role ${role} signs, access key ASIAEXAMPLE, until 2026-11-29 12:30 UTC, renewed before`,
  ])
  const given = (key: string) =>
    told(
      appOf(api('abc123.execute-api.eu-west-1.amazonaws.com/prod', `sign: execute-api, credentials: ${key}`)),
      [],
    )
  t.same(given('{ access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: a-secret-access-key }'), [
    'ok: access key AKIAIOSFODNN7EXAMPLE of the file signs',
  ])
  t.same(
    given(
      '{ access_key_id: ASIAIOSFODNN7EXAMPLE, secret_access_key: a-secret-access-key, session_token: a-token }',
    ),
    ['warning: access key ASIAIOSFODNN7EXAMPLE of the file signs, which is temporary, and nobody renews it'],
  )
  t.same(told(appOf('http://10.0.0.5'), []), [], 'nothing signs')
  t.same(told(appOf(rest), []), [], 'nothing was fetched')
})

const say = findingsOf('apps.wiki')
const askedOf = (app: App) => ({
  ...{ app, location: app.fallback, path: '/prod/', url: app.url, patience: usualPatience },
})
const answered = (more: Partial<Extract<UpstreamAnswer, { kind: 'answered' }>>): UpstreamAnswer => ({
  ...{ kind: 'answered', status: 403, location: null, errorType: null, message: null, page: null },
  refusal: null,
  httpApiSays: null,
  ...{ json: null, coding: null, refresh: null, link: null },
  ...more,
})
const failed = (code: ConstructorParameters<typeof UpstreamFault>[0]): UpstreamAnswer => ({
  kind: 'failed',
  fault: new UpstreamFault(code, 'the words'),
})

t.test('what came as the gateway asked', async (t) => {
  const judged = (app: App, answer: UpstreamAnswer, isFirst = true) => {
    const asked = askedOf(app)
    const isUnknown = isUnknownPath(asked, answer, null)
    return judgeAsGateway(say, asked, answer, { isFirst, isUnknown })
  }
  const [signed, function_] = [appOf(rest), appOf(lambda)]
  t.match(judged(signed, answered({ status: 200 })), { outcome: 'ok', check: 'with the signature' })
  t.match(judged(signed, failed('UPSTREAM_PATH_UNKNOWN')), { outcome: 'failed', cure: /\{proxy\+\}/ })
  t.match(judged(signed, failed('UPSTREAM_PATH_UNKNOWN'), false), { outcome: 'warning' })
  t.match(judged(signed, failed('UPSTREAM_FUNCTION_FAILED')), { outcome: 'failed', cure: /own log/ })
  t.match(judged(signed, answered({ message: 'Forbidden', httpApiSays: 'Forbidden' })), {
    outcome: 'failed',
    saw: '/prod/ answers 403, which AWS itself says: Forbidden',
    cure: /HTTP APIs do not say why: allow `execute-api:Invoke`.* the clock, and whether its keys are over/,
  })
  t.match(judged(signed, answered({ errorType: 'ForbiddenException', message: 'Forbidden' })), {
    outcome: 'failed',
    saw: /: ForbiddenException: Forbidden$/,
    cure: /WAF/,
  })
  t.match(judged(signed, answered({ message: 'not you' })), { outcome: 'note' }, "the app's own")
  t.match(judged(function_, answered({})), { outcome: 'note', cure: /REMOTE_ADDR/ })
  t.match(judged(function_, answered({ status: 502, errorType: null })), { outcome: 'failed' })
  const unsigned = appOf('https://abc123.execute-api.eu-west-1.amazonaws.com/prod')
  const missing = answered({ errorType: 'MissingAuthenticationTokenException' })
  t.match(judged(unsigned, missing), { outcome: 'failed', cure: /sign: execute-api/ })
  const own = appOf('https://app.example.net')
  t.match(
    judged(own, missing),
    {
      outcome: 'note',
      saw: /with AWS's name for it, MissingAuthenticationTokenException$/,
      cure: /sign: execute-api/,
    },
    'what anybody may write into a header: a domain of the API, or an app that plays it',
  )
})

t.test('what came as a stranger asked', async (t) => {
  const judged = (app: App, answer: UpstreamAnswer, isUnknown = false) =>
    judgeAsStranger(say, askedOf(app), answer, { isUnknown, same: 'none' })
  const signed = appOf(rest)
  const check = 'without the signature'
  for (const status of [200, 204, 302, 404, 500])
    t.match(judged(signed, answered({ status })), { check, outcome: 'failed', cure: /authorizer: aws_iam/ })
  for (const words of [
    { errorType: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' },
    { message: 'Forbidden', httpApiSays: 'Forbidden' as const },
    { status: 401, errorType: 'UnauthorizedException', message: 'Unauthorized' },
  ])
    t.match(judged(signed, answered(words)), { check, outcome: 'ok' })
  t.match(judged(signed, answered({ errorType: 'MissingAuthenticationTokenException' }), true), {
    outcome: 'note',
    saw: /every path/,
  })
  for (const words of [{ status: 401 }, { message: 'no secret' }])
    t.match(judged(signed, answered(words)), { outcome: 'warning', saw: /the app says and not IAM/ })
  t.match(judged(signed, failed('UPSTREAM_ABORTED')), { outcome: 'ok' })
  t.match(judged(signed, failed('UPSTREAM_RESPONSE_INVALID')), { outcome: 'failed' })
  const cures = [
    [api('abcdefghijklmnop.lambda-url.eu-west-1.on.aws', 'sign: lambda'), /AuthType: AWS_IAM/],
    [api('site.s3.eu-west-1.amazonaws.com', 'sign: s3'), /public access/],
    [api('wiki-0a1b.7d67968.vpc-lattice-svcs.eu-west-1.on.aws', 'sign: vpc-lattice-svcs'), /auth policy/],
    [lambda, /not Lambda/],
  ] as const
  for (const [upstream, cure] of cures)
    t.match(judged(appOf(upstream), answered({ status: 200 })), { outcome: 'failed', cure })
  t.match(judged(appOf(lambda), answered({ status: 200 })), { saw: 'an invocation answers 200' })
  t.match(judged(appOf(cures[1][0]), answered({})), { outcome: 'ok' }, 'a bucket refuses in words of its own')
})
