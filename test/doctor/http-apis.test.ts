// `claimgate doctor` before an HTTP API of API Gateway, which says `Not Found` or `Forbidden` and not why: what the forms of its
// answers tell, with and without the signature, and what an app says in the same words.
import t, { type Test } from 'tap'
import { type Answerer, recordingUpstream } from '../support/upstream.ts'
import { file, secret, signed, start, told } from './aws-rig.ts'

t.test('a stage that is none: told as that, and not as an open door', async (t) => {
  const aws = await start(t, { http: { stage: 'live' } })
  const elsewhere = { ...aws.http, url: aws.http.url.replace('/live', '/prod') }
  const { outcomes, line, own } = await told(file(signed(elsewhere, 'execute-api')))
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
    /answers 404, as HTTP APIs do for a stage, path or method that they do not have/,
  )
  t.match(
    line('with the signature'),
    /See the stage in `url`: an HTTP API has one in its address only if it was given a name/,
  )
  t.match(line('without the signature'), /answers 404, as every path does that the API does not have/)
  t.notMatch(JSON.stringify(own), /IAM is not demanded/)
  const right = await told(file(signed(aws.http, 'execute-api')))
  // The page that the app itself does not have: it knows nothing of its stage.
  t.match(right.line('with the signature'), /^ok .* answers 404\n/)
  t.match(right.line('without the signature'), /^ok .* answers 403\n/)
})

t.test('the same with a secret in the place of a signature', async (t) => {
  const aws = await start(t, { http: { stage: 'live', iam: false } })
  const { line } = await told(file(aws.http.local.replace('/live', '/prod'), `shared_secret: ${secret}`))
  // By its own name nobody would know it for an API there: 127.0.0.1 is any app.
  t.match(line('without the secret'), /^failed /)
})

const json = (status: string, body: string, more: string) =>
  `HTTP/1.1 ${status}\r\nDate: Sun, 29 Nov 2026 12:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: keep-alive\r\n${more}\r\n${body}`
const id = 'apigw-requestid: WSg1ihmdliAEJXA=\r\n'
const notFound = (more = id) => json('404 Not Found', '{"message":"Not Found"}', more)
const forbidden = (more = id) => json('403 Forbidden', '{"message":"Forbidden"}', more)
const unauthorized = (more = id) => json('401 Unauthorized', '{"message":"Unauthorized"}', more)
const page = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

/** What is told of the first path, where whoever signs gets one answer and everybody else another. */
async function toldOf(t: Test, asGateway: string, asStranger: string) {
  const answer: Answerer = ({ received }) => {
    if (!received.endsWith('\r\n\r\n')) return null
    return /^authorization: aws4-hmac-sha256/im.test(received) ? asGateway : asStranger
  }
  const app = await recordingUpstream({ answer })
  t.teardown(() => app.close())
  const place = {
    url: 'https://def456.execute-api.eu-west-1.amazonaws.com',
    origin: `http://127.0.0.1:${app.port}`,
  }
  const { line } = await told(file(signed(place, 'execute-api')))
  return [line('with the signature'), line('without the signature')] as const
}

t.test('the answers of both are held against each other', async (t) => {
  const cloudFront = `${id}via: 1.1 x.cloudfront.net (CloudFront)\r\nx-cache: Error from cloudfront\r\nx-amz-cf-pop: FRA56-P1\r\nx-amz-cf-id: x\r\n`
  const cases: readonly (readonly [string, string, string, RegExp, RegExp])[] = [
    ['no such stage', notFound(), notFound(), /^failed .*See the stage in `url`/, /^note .*does not have/],
    ['behind CloudFront', notFound(cloudFront), notFound(cloudFront), /^failed .*See the stage/, /^note /],
    [
      'the app says it, IAM refuses strangers',
      notFound(),
      forbidden(),
      /^ok .* answers 404/,
      /^ok .* answers 403/,
    ],
    [
      'the app says it, to everybody',
      notFound(`${id}Vary: Cookie\r\n`),
      notFound(`${id}Vary: Cookie\r\n`),
      /^ok .*404/,
      /^failed .*IAM is not demanded/,
    ],
    ['no id of the API', notFound(''), notFound(''), /^ok .*404/, /^failed .*IAM is not demanded/],
    [
      'another spelling',
      json('404 Not Found', '{"message": "Not Found"}', id),
      notFound(),
      /^ok .*404/,
      /^failed /,
    ],
    [
      'jsonify ends its line',
      json('404 Not Found', '{"message":"Not Found"}\n', id),
      notFound(),
      /^ok .*404/,
      /^failed /,
    ],
    [
      'more members',
      json('404 Not Found', '{"message":"Not Found","x":1}', id),
      notFound(),
      /^ok .*404/,
      /^failed /,
    ],
    [
      'IAM refuses both',
      forbidden(),
      forbidden(),
      /^failed .*which AWS itself says: Forbidden\. .*IAM refuses/,
      /^ok /,
    ],
    [
      'the app refuses strangers',
      page,
      forbidden(`${id}Set-Cookie: a=b\r\n`),
      /^ok /,
      /^warning .*the app says and not IAM/,
    ],
    ['a refusal without its id', page, forbidden(''), /^ok /, /^warning .*the app says and not IAM/],
    [
      'the app refuses both',
      forbidden('Server: x\r\n'),
      forbidden('Server: x\r\n'),
      /^note .*it wants to know/,
      /^warning /,
    ],
    [
      'another authorizer',
      unauthorized(),
      unauthorized(),
      /^failed .*another authorizer than IAM/,
      /^ok .* answers 401/,
    ],
    [
      'a JWT authorizer',
      unauthorized(`${id}www-authenticate: Bearer\r\n`),
      unauthorized(`${id}www-authenticate: Bearer\r\n`),
      /^failed .*another authorizer/,
      /^ok /,
    ],
    ['open', page, page, /^ok /, /^failed .*IAM is not demanded/],
    ['no such path for strangers alone', page, notFound(), /^ok /, /^failed .*IAM is not demanded/],
  ]
  for (const [what, asGateway, asStranger, gateway, stranger] of cases) {
    const [with_, without] = await toldOf(t, asGateway, asStranger)
    t.match(with_, gateway, what)
    t.match(without, stranger, what)
  }
})
