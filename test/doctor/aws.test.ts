// `claimgate doctor` before the stand-in of AWS: a stage with a secret, stages and a function URL behind IAM.
// Whatever doctor should find is made wrong there, one thing at a time.
import t from 'tap'
import { type AwsKey, roleKey } from '../support/aws/stand-in.ts'
import { freePort } from '../support/ports.ts'
import { answerHeads, recordingUpstream } from '../support/upstream.ts'
import { checking, file, keys, secret, signed, start, told } from './aws-rig.ts'

/** What this process has of an environment while something is looked at; undefined: no such variable. */
async function withEnvironment<T>(
  variables: Readonly<Record<string, string | undefined>>,
  look: () => Promise<T>,
): Promise<T> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const)
  const set = (pairs: readonly (readonly [string, string | undefined])[]) => {
    for (const [name, value] of pairs) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
  set(Object.entries(variables))
  try {
    return await look()
  } finally {
    set(before)
  }
}

const aws = await start(t)

t.test('a stage with a secret: whether the wrapper checks it', async (t) => {
  const rest = { rest: { iam: false } }
  const open = await start(t, rest)
  const careless = await told(file(open.rest.local, `shared_secret: ${secret}`))
  t.match(careless.line('with the secret'), /^ok .* \/prod\/ answers 200/)
  t.match(careless.line('without the secret'), /^failed .* \/prod\/ answers 200\. Whoever reaches the app/)
  const closed = await start(t, {
    ...rest,
    app: 'checking.app',
    files: { 'checking.py': checking },
    env: { GATEWAY_SECRET: secret },
  })
  const { own, outcomes } = await told(file(closed.rest.local, `shared_secret: ${secret}`))
  t.same(
    own.filter(({ outcome }) => outcome === 'failed'),
    [],
  )
  t.same(
    outcomes.filter((one) => one.startsWith('without')),
    ['without the secret ok', 'without the secret ok'],
  )
  const [, without] = await closed.requests('rest')
  t.equal(without?.status, 403)
})

t.test('behind IAM: all is well, and nobody is warned of a secret', async (t) => {
  const ways = {
    'a REST API': signed(aws.rest, 'execute-api'),
    'an HTTP API': signed(aws.http, 'execute-api'),
    'a function URL': signed(aws.functionUrl, 'lambda'),
  }
  for (const [name, upstream] of Object.entries(ways)) {
    const { own, outcomes, line } = await told(file(upstream))
    t.same(
      outcomes,
      [
        'reachable ok',
        'credentials warning',
        'with the signature ok',
        'without the signature ok',
        'with the signature ok',
        'without the signature ok',
        'links ok',
      ],
      `${name}: ${JSON.stringify(own)}`,
    )
    t.match(line('with the signature'), / answers 200\n/)
    t.match(line('without the signature'), / answers 403\n/)
    t.match(line('credentials'), `access key ${roleKey.accessKeyId} of the file signs`)
  }
})

t.test('for nobody, and nothing secret is told', async (t) => {
  await aws.forget()
  const { own } = await told(file(signed(aws.rest, 'execute-api')))
  const came = await aws.requests()
  t.equal(came.length, 4)
  for (const { event, lines } of came) {
    const context = event?.requestContext as { readonly authorizer?: unknown } | undefined
    t.notOk(context?.authorizer, 'an event of nobody')
    t.notMatch(
      JSON.stringify([event?.headers ?? null, lines]),
      /X-Forwarded-(?:User|Email|Groups)|"cookie"/i,
      'no identity header, no cookie',
    )
  }
  const said = JSON.stringify(own)
  for (const hidden of [roleKey.secretAccessKey, roleKey.sessionToken ?? 'none', 'Signature='])
    t.notOk(said.includes(hidden), 'nothing secret')
})

t.test('the stage trap: the app writes its stage where Host is API Gateway’s own', async (t) => {
  const trapped = await start(t, { env: {} })
  const { line } = await told(file(signed(trapped.rest, 'execute-api')))
  t.match(line('links'), /^failed .* \/prod\/ leads browsers around the gateway: href \/prod\/who, /)
  t.match(line('links'), /STRIP_STAGE_PATH=yes/)
})

t.test('links to AWS’s own host: the app makes them of Host, and no stage is to blame', async (t) => {
  const files = {
    'outside.py': `
from flask import url_for
from seed_app import app

@app.get("/mail")
def mail():
    return ""

app.view_functions["start"] = lambda: f'<!doctype html><a href="{url_for("mail", _external=True)}">x</a>'
`,
  }
  const outside = await start(t, { app: 'outside.app', files })
  for (const way of [signed(outside.rest, 'execute-api'), signed(outside.functionUrl, 'lambda')]) {
    const { line } = await told(file(way))
    t.match(
      line('links'),
      /^failed .* leads browsers around the gateway: href https:\/\/[a-z0-9.-]+\/mail\. /,
    )
    t.match(line('links'), /HTTP_HOST.*docs\/aws\.md/)
    t.notMatch(line('links'), /STRIP_STAGE_PATH/)
  }
})

t.test('IAM is not demanded', async (t) => {
  const iam = { iam: false }
  const open = await start(t, { rest: iam, http: iam, functionUrl: iam })
  const ways = [
    [signed(open.rest, 'execute-api'), /IAM is not demanded: set `authorizer: aws_iam`/],
    [signed(open.http, 'execute-api'), /IAM is not demanded: set `authorizer: aws_iam`/],
    [signed(open.functionUrl, 'lambda'), /IAM is not demanded: set `AuthType: AWS_IAM`/],
  ] as const
  for (const [upstream, cure] of ways) {
    const { line } = await told(file(upstream))
    t.match(line('with the signature'), /^ok /)
    t.match(line('without the signature'), /^failed .* answers 200\. Whoever reaches the app/)
    t.match(line('without the signature'), cure)
  }
})

t.test('IAM is not demanded, and the app itself refuses: strangers start it', async (t) => {
  const own = await start(t, {
    rest: { iam: false },
    app: 'checking.app',
    files: { 'checking.py': checking },
    env: { GATEWAY_SECRET: secret },
  })
  const { line } = await told(file(signed(own.rest, 'execute-api'), `shared_secret: ${secret}`))
  t.match(line('with the signature'), /^ok .* answers 200/)
  t.match(line('without the signature'), /^warning .* answers 403, which the app says and not IAM/)
})

t.test('what the role may not do: the policy with the very resource', async (t) => {
  const denied = await start(t, { keys: [{ ...roleKey, allowed: false }] })
  const { line } = await told(file(signed(denied.rest, 'execute-api')))
  t.match(line('reachable'), /^ok /)
  t.match(line('with the signature'), /^failed .*AccessDeniedException: User: arn:aws:sts::123456789012:/)
  t.match(
    line('with the signature'),
    'Allow `execute-api:Invoke` on `arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/*`',
  )
  t.match(line('without the signature'), /^ok /)
  const http = await told(file(signed(denied.http, 'execute-api')))
  t.match(http.line('with the signature'), /^failed .* answers 403, which AWS itself says: Forbidden\. /)
  t.match(http.line('with the signature'), /arn:aws:execute-api:eu-west-1:\*:def456\/\$default\/\*/)
  const url = await told(file(signed(denied.functionUrl, 'lambda')))
  t.match(url.line('with the signature'), /^failed .*Allow `lambda:InvokeFunctionUrl` and/)
})

t.test('keys that are wrong, over, or unknown', async (t) => {
  const cases = [
    [
      keys({ ...roleKey, secretAccessKey: 'another-secret-access-key' }),
      /InvalidSignatureException/,
      /belongs to the key/,
    ],
    [
      keys({ ...roleKey, sessionToken: 'another-token-than-the-role-has' }),
      /UnrecognizedClientException/,
      /does not know this key/,
    ],
  ] as const
  for (const [given, type, cure] of cases)
    for (const upstream of [
      signed(aws.rest, 'execute-api', given),
      signed(aws.functionUrl, 'lambda', given),
    ]) {
      const { line } = await told(file(upstream))
      t.match(line('with the signature'), /^failed /)
      t.match(line('with the signature'), type)
      t.match(line('with the signature'), cure)
    }
  await aws.setKeys([{ ...roleKey, expired: true }])
  t.match(
    (await told(file(signed(aws.rest, 'execute-api')))).line('with the signature'),
    /^failed .*ExpiredTokenException.* are over/,
  )
  await aws.setKeys([roleKey])
})

t.test('a clock that is wrong', async (t) => {
  await aws.setClock(Math.round(Date.now() / 1000) + 3600)
  for (const upstream of [signed(aws.rest, 'execute-api'), signed(aws.functionUrl, 'lambda')])
    t.match(
      (await told(file(upstream))).line('with the signature'),
      /^failed .*Signature expired.*Set this machine's clock/,
    )
  await aws.setClock(null)
})

t.test('a stage that is none: every path is unknown, and a refusal says nothing', async (t) => {
  const elsewhere = { ...aws.rest, url: aws.rest.url.replace('/prod', '/dev') }
  const { outcomes, line } = await told(file(signed(elsewhere, 'execute-api')))
  t.same(outcomes, [
    'reachable ok',
    'credentials warning',
    'with the signature failed',
    'without the signature note',
    'with the signature warning',
    'without the signature note',
  ])
  t.match(
    line('with the signature'),
    /no such path or method, or no such stage.*See the stage at the end of `url`/,
  )
})

t.test('a function that fails behind its API', async (t) => {
  const failing = await start(t, {
    handler: 'own.handler',
    files: { 'own.py': 'def handler(event, context):\n    raise ValueError("broken")\n' },
  })
  const { line } = await told(file(signed(failing.rest, 'execute-api')))
  t.match(line('with the signature'), /^failed .*InternalServerErrorException.*own log/)
})

t.test('no credentials: where they were looked for; the stranger is asked all the same', async (t) => {
  const nowhere = {
    ...{ HOME: t.testdir({}), AWS_EC2_METADATA_DISABLED: 'true' },
    ...{ AWS_ACCESS_KEY_ID: undefined, AWS_PROFILE: undefined, AWS_SHARED_CREDENTIALS_FILE: undefined },
  }
  const without = `{ url: "${aws.rest.url}", aws: { sign: execute-api, endpoint: "${aws.rest.origin}" } }`
  const { outcomes, line } = await withEnvironment(nowhere, () => told(file(without)))
  t.same(outcomes, [
    'reachable ok',
    'credentials failed',
    'without the signature ok',
    'without the signature ok',
  ])
  t.match(
    line('credentials'),
    /^failed {2}apps\.wiki {2}credentials: credentials of this process: the profile default: .*[^.]\. Give the machine, task or pod a role/,
  )
  const nobody = without.replace(aws.rest.origin, `http://127.0.0.1:${await freePort()}`)
  t.same((await withEnvironment(nowhere, () => told(file(nobody)))).outcomes, [
    'reachable failed',
    'credentials failed',
  ])
  const found = { AWS_ACCESS_KEY_ID: roleKey.accessKeyId, AWS_SECRET_ACCESS_KEY: roleKey.secretAccessKey }
  const more = { ...found, AWS_SESSION_TOKEN: roleKey.sessionToken ?? '' }
  const well = await withEnvironment(more, () => told(file(without)))
  t.match(well.line('credentials'), /^warning .*what AWS gives this process signs, access key ASIA/)
  t.match(well.line('with the signature'), /^ok /)
})

t.test('a role that is assumed: until when, and what the token service says', async (t) => {
  const user: AwsKey = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: roleKey.secretAccessKey,
    sessionToken: null,
    arn: 'arn:aws:iam::123456789012:user/gateway',
    allowed: false,
  }
  const arn = 'arn:aws:iam::123456789012:role/gateway'
  const guarded = await start(t, { keys: [user], sts: { roles: [{ arn, externalId: 'a-word' }] } })
  const told_ = (externalId: string) => {
    const given = `role_arn: "${arn}", external_id: ${externalId}, credentials: { access_key_id: ${user.accessKeyId}, secret_access_key: "${user.secretAccessKey}" }`
    return withEnvironment({ AWS_ENDPOINT_URL_STS: guarded.sts.origin }, () =>
      told(file(signed(guarded.rest, 'execute-api', given))),
    )
  }
  const well = await told_('a-word')
  t.match(
    well.line('credentials'),
    /^ok .*: role arn:aws:iam::123456789012:role\/gateway signs, access key ASIA\w+, until \d{4}-\d\d-\d\d \d\d:\d\d UTC, renewed before\n/,
  )
  t.match(well.line('with the signature'), /^ok .* answers 200/)
  const denied = await told_('another')
  t.match(denied.line('credentials'), /^failed .*AccessDenied: User: arn:aws:iam::123456789012:user\/gateway/)
  t.match(denied.line('credentials'), `Allow \`sts:AssumeRole\` on \`${arn}\``)
  t.match(denied.line('without the signature'), /^ok /)
  await guarded.setKeys([])
  t.match(
    (await told_('a-word')).line('credentials'),
    /^failed .*InvalidClientTokenId.* wrong, over or deleted/,
  )
})

t.test('odd answers of what stands there: read as far as they can be, and told on one line', async (t) => {
  const hidden = roleKey.sessionToken ?? ''
  const json = (body: string, name = '', status = '403 Forbidden') =>
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\n${name}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  const cases: readonly (readonly [answer: string, line: RegExp])[] = [
    [
      json('{"Message":"Forbidden"}', 'x-amzn-ErrorType: com.amazon.x#ForbiddenException:http://a/b\r\n'),
      /^failed .* answers 403, which AWS itself says: ForbiddenException: Forbidden\. See the stage/,
    ],
    [json('{"message":"Forbidden'), /^note .* answers 403: it wants to know/],
    [json('["Forbidden"]'), /^note /],
    [json(JSON.stringify({ message: 'Forbidden', more: 'x'.repeat(5000) })), /^note /],
    [json('{"message":7}', 'x-amzn-ErrorType: \r\n'), /^note /],
    [
      json('{"message":"one\\n\\u202etwo"}', 'x-amzn-ErrorType: NewException\r\n'),
      /^failed .*: NewException: one\\u\{a\}\\u\{202e\}two\. /,
    ],
    [
      json(JSON.stringify({ message: `we got ${secret}` }), 'x-amzn-ErrorType: NewException\r\n'),
      /: NewException: \[withheld: it repeats a secret\]\. /,
    ],
    [
      json('{}', 'x-amzn-ErrorType: NotFoundException\r\n', '404 Not Found'),
      /^failed .* answers 404, which AWS/,
    ],
    [json('{}', 'x-amzn-ErrorType: NotFoundException\r\n', '200 OK'), /^ok /],
  ]
  for (const [answer, line] of cases) {
    const app = await recordingUpstream({ answer: answerHeads(answer) })
    t.teardown(() => app.close())
    const origin = `http://127.0.0.1:${app.port}`
    const told_ = await told(file(signed({ ...aws.rest, origin }, 'execute-api'), `shared_secret: ${secret}`))
    t.match(told_.line('with the signature'), line, answer.slice(0, 200))
    t.notOk(JSON.stringify(told_.own).includes(hidden))
  }
})

t.test('nothing listens there: told once, and the credentials beside it', async (t) => {
  const origin = `http://127.0.0.1:${await freePort()}`
  const { outcomes, line } = await told(file(signed({ ...aws.rest, origin }, 'execute-api')))
  t.same(outcomes, ['reachable failed', 'credentials warning'])
  t.match(line('reachable'), /ECONNREFUSED.* See that this machine reaches AWS: .*`aws\.endpoint`/)
  t.notMatch(line('reachable'), 'Start the app', 'nobody starts AWS')
})

t.test('a network that swallows what is sent, as that of a VPC without a way out', async (t) => {
  const { port, close } = await recordingUpstream({ answer: () => null })
  t.teardown(close)
  const way = signed({ ...aws.rest, origin: `http://127.0.0.1:${port}` }, 'execute-api')
  const { line } = await told(file(way, 'timeouts: { response: 1s }'))
  t.match(line('reachable'), /^failed .*whether this machine reaches AWS: .*`aws\.endpoint`/)
})
