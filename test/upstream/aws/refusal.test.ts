// Whose answer it is: AWS's own refusal of a request that we signed, or the app's; and what of AWS's words is told.
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { clockDistance, refusalIn, wordsIn } from '../../../src/upstream/aws/refusal.ts'

const head = (statusCode: number, ...headers: readonly string[]) => ({
  statusCode,
  reasonPhrase: null,
  headers,
})
const of = (type: string, statusCode = 403, service = 'execute-api', name = 'x-amzn-ErrorType') =>
  refusalIn(head(statusCode, 'Content-Type', 'application/json', name, type), service)

t.test('AWS’s own refusals, by `x-amzn-errortype`', async (t) => {
  const ours = [
    ['InvalidSignatureException', false],
    ['ExpiredTokenException', true],
    ['UnrecognizedClientException', true],
    ['IncompleteSignatureException', false],
    ['AccessDeniedException', false],
  ] as const
  for (const [type, areOver] of ours)
    for (const service of ['execute-api', 'lambda', 's3', 'vpc-lattice-svcs'])
      t.same(of(type, 403, service), { type, code: 'UPSTREAM_REFUSED_US', areOver }, `${type} ${service}`)
  t.match(of('MissingAuthenticationTokenException'), { code: 'UPSTREAM_PATH_UNKNOWN', areOver: false })
  for (const spelled of [
    'AccessDeniedException:http://internal.amazon.com/coral/com.amazon.coral.service/',
    'com.amazon.coral.service#AccessDeniedException',
    'com.amazon.coral.service#AccessDeniedException:http://internal.amazon.com/',
    'accessdeniedexception',
    'ACCESSDENIEDEXCEPTION:',
    ' AccessDeniedException ',
  ])
    t.match(of(spelled), { type: 'AccessDeniedException' }, spelled)
  for (const name of ['x-amzn-errortype', 'X-AMZN-ERRORTYPE', 'X-Amzn-Errortype'])
    t.match(of('AccessDeniedException', 403, 'execute-api', name), { code: 'UPSTREAM_REFUSED_US' }, name)
  for (const statusCode of [400, 401, 403, 404, 499])
    t.ok(of('AccessDeniedException', statusCode), `${statusCode}`)
})

t.test('everything else is the app’s own answer', async (t) => {
  t.equal(refusalIn(head(403, 'Content-Type', 'application/json'), 'execute-api'), null)
  t.equal(refusalIn(head(403), 'execute-api'), null)
  for (const type of [
    '',
    ':',
    '#',
    'Forbidden',
    'ForbiddenException',
    'ThrottlingException',
    'LimitExceededException',
    'AccessDenied',
    'AccessDeniedExceptional',
    'x:AccessDeniedException',
    '__proto__',
    'constructor',
  ])
    t.equal(of(type), null, type)
  for (const statusCode of [200, 204, 302, 399, 500, 502])
    t.equal(of('AccessDeniedException', statusCode), null, `${statusCode}`)
  for (const service of ['lambda', 's3', 'vpc-lattice-svcs'])
    t.equal(
      of('MissingAuthenticationTokenException', 403, service),
      null,
      'API Gateway alone says so of paths',
    )
  t.equal(
    refusalIn(head(403, 'X-Error', 'x-amzn-errortype', 'y', 'AccessDeniedException'), 'lambda'),
    null,
    'a value is no name',
  )
})

const json = (value: unknown) => Buffer.from(JSON.stringify(value))

t.test('AWS’s words: one line, short, escaped, and nothing of what was sent', async (t) => {
  const token = 'IQoJb3JpZ2luX2VjEXAMPLE/token+of=a/role=='
  const sent = [token, 'abcdef0123456789abcdef0123456789', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY']
  t.equal(
    wordsIn(json({ message: 'The security token included in the request is expired' }), sent),
    'The security token included in the request is expired',
  )
  t.equal(wordsIn(json({ Message: 'User: x is not authorized' }), sent), 'User: x is not authorized')
  const canonical = `The request signature we calculated does not match.\n\nThe Canonical String should have been\n'GET\n/\nx-amz-security-token:${token}'`
  t.equal(wordsIn(json({ message: canonical }), sent), 'The request signature we calculated does not match.')
  t.equal(
    wordsIn(
      json({ message: `Header requires 'Signature'. Authorization=AWS4-HMAC-SHA256 Credential=AKIA/x` }),
      sent,
    ),
    "Header requires 'Signature'.",
  )
  for (const secret of sent)
    for (const repeated of [
      secret,
      `no: ${secret} is bad`,
      `no: ${secret.slice(3, 30)}`,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
    ]) {
      const words = wordsIn(json({ message: repeated }), sent)
      t.equal(words, '[withheld: it repeats what was sent]', repeated)
    }
  const steering = wordsIn(json({ message: 'a\u0000b\u001b[31mc\u202ed\u2028e\u{1f600}' }), sent) ?? ''
  t.notMatch(steering, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  const long = wordsIn(json({ message: 'word '.repeat(1000) }), sent) ?? ''
  t.ok(long.length > 100 && long.length <= 301, `${long.length}`)
  for (const none of [
    '',
    '{',
    '[]',
    'null',
    '"text"',
    '<Error/>',
    '{"message":1}',
    '{"message":""}',
    '{"other":"x"}',
    '{"message":"\\n\\n"}',
  ])
    t.equal(wordsIn(Buffer.from(none), sent), null, none)
  t.equal(wordsIn(Buffer.from([0x1f, 0x8b, 0xff, 0x00]), sent), null, 'broken')
})

t.test(
  'words of an API that compresses its answers are read too, and no more of them than of others',
  async (t) => {
    const denied = 'User: arn:aws:sts::123456789012:assumed-role/gateway/x is not authorized'
    t.equal(wordsIn(gzipSync(json({ message: denied })), []), denied)
    t.equal(
      wordsIn(gzipSync(json({ message: `no: ${denied}` })), [denied]),
      '[withheld: it repeats what was sent]',
    )
    const padded = (bytes: number) => gzipSync(json({ message: denied, more: 'x'.repeat(bytes) }))
    t.equal(wordsIn(padded(limits.awsRefusalBytes / 2), []), denied)
    t.equal(wordsIn(padded(limits.awsRefusalBytes), []), null)
    t.equal(wordsIn(gzipSync(json({ message: denied })).subarray(0, 30), []), null, 'broken off')
  },
)

t.test('how far the clocks are apart, by `Date` of the answer', async (t) => {
  const at = Date.parse('Sun, 29 Nov 2026 10:00:00 GMT') / 1000
  const date = (...lines: readonly string[]) => clockDistance(head(403, ...lines), at)
  t.equal(date('Date', 'Sun, 29 Nov 2026 10:05:12 GMT'), 'its clock is 312 s ahead of ours')
  t.equal(date('date', 'Sun, 29 Nov 2026 09:59:00 GMT'), 'its clock is 60 s behind ours')
  t.equal(date('DATE', 'Sun, 29 Nov 2026 10:00:01 GMT'), 'its clock is as ours')
  for (const none of [[], ['Date', ''], ['Date', 'yesterday']]) t.equal(date(...none), null)
})
