// `claimgate doctor` and a function that is invoked, before the stand-in of Lambda.
import t from 'tap'
import { roleKey } from '../support/aws/stand-in.ts'
import { file, invoked, keys, start, told } from './aws-rig.ts'

const aws = await start(t, { env: {} })

t.test('all is well: invoked for each location, and once by a stranger; no secret is missed', async (t) => {
  await aws.forget()
  const { own, outcomes, line } = await told(file(invoked(aws)))
  t.same(
    outcomes,
    [
      'reachable ok',
      'credentials warning',
      'with the signature ok',
      'without the signature ok',
      'with the signature ok',
      'links ok',
    ],
    JSON.stringify(own),
  )
  t.match(line('with the signature'), /: \/ answers 200\n/)
  t.match(line('without the signature'), /: an invocation answers 403\n/)
  const came = await aws.requests('lambda')
  t.same(
    came.map(({ key, status }) => [key ?? 'nobody', status]),
    [
      [roleKey.accessKeyId, 200],
      ['nobody', 403],
      [roleKey.accessKeyId, 200],
    ],
  )
  for (const { event } of came) {
    const context = event?.requestContext as { readonly authorizer?: unknown } | undefined
    t.notOk(context?.authorizer, 'an event of nobody')
    t.notMatch(JSON.stringify(event?.headers ?? null), /X-Forwarded-(?:User|Email|Groups)|cookie/i)
  }
  t.equal(came[1]?.body?.toString(), '{}', 'what nobody signed says nothing')
  for (const hidden of [roleKey.secretAccessKey, roleKey.sessionToken ?? 'none', 'Signature='])
    t.notOk(JSON.stringify(own).includes(hidden), 'nothing secret')
})

t.test('what the role may not do: the policy with the very function', async (t) => {
  await aws.setKeys([{ ...roleKey, allowed: false }])
  const { line } = await told(file(invoked(aws)))
  t.match(line('with the signature'), /^failed .*AccessDeniedException/)
  t.match(line('with the signature'), `Allow \`lambda:InvokeFunction\` on \`${aws.lambda.arn}\``)
  t.match(line('without the signature'), /^ok /)
  await aws.setKeys([roleKey])
})

t.test('keys that are wrong, a clock that is, and a function that is not there', async (t) => {
  const wrong = keys({ ...roleKey, secretAccessKey: 'another-secret-access-key' })
  const cases = [
    [invoked(aws, wrong), /^failed .*InvalidSignatureException.*belongs to the key/],
    [invoked(aws, keys(), aws.lambda.arn.replace(':live', ':other')), /^failed .*`lambda\.function`/],
  ] as const
  for (const [upstream, line] of cases) t.match((await told(file(upstream))).line('with the signature'), line)
  await aws.setClock(Math.round(Date.now() / 1000) + 3600)
  t.match(
    (await told(file(invoked(aws)))).line('with the signature'),
    /^failed .*Signature expired.*Set this machine's clock/,
  )
  await aws.setClock(null)
})

t.test('a function that fails, and one that refuses whoever is no proxy of its own', async (t) => {
  const failing = await start(t, {
    handler: 'own.handler',
    files: { 'own.py': 'def handler(event, context):\n    raise ValueError("broken")\n' },
  })
  t.match((await told(file(invoked(failing)))).line('with the signature'), /^failed .*own log/)
  const comparing = await start(t, {
    handler: 'own.handler',
    files: {
      'own.py': `def handler(event, context):
    ours = event["requestContext"]["identity"]["sourceIp"] == "10.0.0.5"
    return {"statusCode": 200 if ours else 403, "body": "no", "headers": {"Content-Type": "text/plain"}}
`,
    },
  })
  t.match(
    (await told(file(invoked(comparing)))).line('with the signature'),
    /^note .* answers 403.*REMOTE_ADDR/,
  )
})

t.test(
  'a function that takes too long, or of which no more copies start: Lambda answered, and is no network',
  async (t) => {
    const slow = await start(t, {
      handler: 'own.handler',
      files: { 'own.py': 'import time\ndef handler(event, context):\n    time.sleep(60)\n' },
      timeoutSeconds: 1,
    })
    const late = await told(file(invoked(slow)))
    t.match(late.line('reachable'), /^ok /)
    t.match(
      late.line('with the signature'),
      /^failed .*which is its own time-out there.*log, by the request id/,
    )
    t.notMatch(late.line('with the signature'), /network/)
    await aws.answerNext('lambda', [
      {
        status: 429,
        headers: { 'x-amzn-errortype': 'TooManyRequestsException', 'x-amzn-requestid': 'one' },
        body: '{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","message":"Rate Exceeded."}',
      },
    ])
    const busy = await told(file(invoked(aws)))
    t.match(busy.line('reachable'), /^ok /)
    t.match(busy.line('with the signature'), /^failed .*no further invocation.*0 switches it off/)
    t.notMatch(busy.line('with the signature'), /scheme/)
  },
)
