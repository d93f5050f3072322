// S3 says in the body what is wrong with a signature, with the session token in it: such an answer becomes one that is told
// apart as others are, and no other one is touched.
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import type { AnswerHead } from '../../../src/core/ports.ts'
import { readingS3Errors } from '../../../src/upstream/aws/s3-errors.ts'

/** What the sink heard; `takes`: what it says of more data. */
function heard(head: Partial<AnswerHead>, pieces: readonly (string | Buffer)[], ends = true, takes = true) {
  const told: string[] = []
  const said: boolean[] = []
  const sink = readingS3Errors({
    head: ({ statusCode, headers }) => void told.push(`${statusCode} ${headers.join(' ')}`),
    data: (chunk) => {
      told.push(chunk.length > 500 ? `${chunk.length} bytes` : chunk.toString())
      return takes
    },
    end: () => void told.push('end'),
    failed: (fault) => void told.push(`failed ${fault.message}`),
  })
  sink.head({ statusCode: 403, reasonPhrase: null, headers: ['Content-Type', 'application/xml'], ...head })
  for (const piece of pieces) said.push(sink.data(Buffer.from(piece)))
  if (ends) sink.end()
  else sink.failed(new Error('broken off'))
  return { told, said }
}

const error = (code: string, more = '') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>Words of it.</Message>${more}<RequestId>4442587FB7D0A2F9</RequestId></Error>`

t.test('an error of the signature or the credentials is written as other services do', async (t) => {
  const token = '<Token-0>IQoJb3JpZ2luX2VjEXAMPLE</Token-0>'
  for (const [code, type] of Object.entries({
    SignatureDoesNotMatch: 'InvalidSignatureException',
    RequestTimeTooSkewed: 'InvalidSignatureException',
    AuthorizationHeaderMalformed: 'IncompleteSignatureException',
    ExpiredToken: 'ExpiredTokenException',
    TokenRefreshRequired: 'ExpiredTokenException',
    InvalidToken: 'UnrecognizedClientException',
    InvalidAccessKeyId: 'UnrecognizedClientException',
  }))
    for (const statusCode of [400, 401, 403]) {
      const text = error(code, token)
      const { told } = heard({ statusCode }, [text.slice(0, 50), text.slice(50)])
      t.same(told, [
        `${statusCode} Content-Type application/xml x-amzn-errortype ${type}`,
        JSON.stringify({ message: `${code}: Words of it.` }),
        'end',
      ])
    }
})

t.test('every other answer goes on byte for byte', async (t) => {
  const others: readonly (readonly [Partial<AnswerHead>, string])[] = [
    [{}, error('AccessDenied')],
    [{}, error('NoSuchKey')],
    [{}, '<Error><Message>No code.</Message></Error>'],
    [{}, '<html><Code>ExpiredToken</Code></html>'],
    [{}, '<list><Error><Code>ExpiredToken</Code></Error></list>'],
    [{}, ''],
    [{ statusCode: 200 }, error('ExpiredToken')],
    [{ statusCode: 404 }, error('ExpiredToken')],
    [{ headers: ['Content-Type', 'text/html'] }, error('ExpiredToken')],
    [{ headers: [] }, error('ExpiredToken')],
  ]
  for (const [head, body] of others) {
    const { told } = heard(head, body === '' ? [] : [body.slice(0, 20), body.slice(20)])
    t.notMatch(told[0], 'x-amzn-errortype', body)
    t.equal(told.slice(1, -1).join(''), body)
    t.equal(told.at(-1), 'end')
  }
})

t.test('what is too long for an error is held no longer, and a slow sink is waited for', async (t) => {
  const half = Buffer.alloc(limits.awsRefusalBytes / 2, 'x')
  for (const takes of [true, false]) {
    const { told, said } = heard({}, [half, half, Buffer.from('x'), Buffer.from('y')], true, takes)
    t.same(said, [true, true, takes, takes])
    t.same(told.slice(1), [`${limits.awsRefusalBytes + 1} bytes`, 'y', 'end'])
  }
})

t.test('one that breaks off is a fault, of which no byte is passed on', async (t) => {
  t.same(heard({}, [error('SignatureDoesNotMatch').slice(0, 90)], false).told, ['failed broken off'])
})
