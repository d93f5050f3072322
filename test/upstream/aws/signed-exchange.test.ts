// One signed request from its first wait to its end: what is sent, what the sink hears, and that AWS's own refusal is a
// fault of which no byte is passed on.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import t from 'tap'
import { isFault, UpstreamFault } from '../../../src/core/fault.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { UpstreamExchange, UpstreamRequest, UpstreamSink } from '../../../src/core/ports.ts'
import type { AwsCredentials } from '../../../src/upstream/aws/signature.ts'
import { SignedExchange } from '../../../src/upstream/aws/signed-exchange.ts'
import { createSigner } from '../../../src/upstream/aws/signing.ts'
import { heldTiming } from '../../support/timing.ts'
import { request, settings } from '../rig.ts'

const token = 'IQoJb3JpZ2luX2VjEXAMPLE/token+of=a/role=='
const keys: AwsCredentials = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: token,
  endsAtMs: null,
}
const nowSeconds = Date.parse('2026-11-29T10:00:00Z') / 1000
const held = heldTiming()
const timing = { ...held, now: () => nowSeconds }
const upstream = settings(4711, { host: 'abc123.execute-api.eu-west-1.amazonaws.com' })

/** A request that is begun, with what came of it in order. */
function begun(
  more: Partial<UpstreamRequest> & {
    readonly credentials?: AwsCredentials | null
    readonly service?: string
    readonly sends?: () => void
  } = {},
) {
  const { credentials = keys, service = 'execute-api', sends = () => {}, ...rest } = more
  const heard: string[] = []
  const sent: { readonly request: UpstreamRequest; readonly sink: UpstreamSink }[] = []
  const loading = Promise.withResolvers<AwsCredentials>()
  const refused: AwsCredentials[] = []
  const failures: Error[] = []
  let takes = true
  const exchange = new SignedExchange(
    request(upstream, {
      headers: ['Host', upstream.host, 'X-Gateway-Secret', 'the-shared-secret-of-wiki'],
      ...rest,
    }),
    {
      ...{ service, region: 'eu-west-1', timing },
      source: {
        whose: 'role arn:aws:iam::123456789012:role/gateway',
        current: () => credentials,
        load: () => loading.promise,
        refused: (which) => void refused.push(which),
      },
      send: (what, to): UpstreamExchange => {
        sends()
        sent.push({ request: what, sink: to })
        return { resume: () => void heard.push('resumed'), cancel: () => void heard.push('cancelled') }
      },
    },
    {
      head: ({ statusCode }) => void heard.push(`head ${statusCode}`),
      data: (chunk) => {
        heard.push(`data ${chunk}`)
        return takes
      },
      end: () => void heard.push('end'),
      failed: (fault) => {
        failures.push(fault)
        heard.push(`failed ${isFault(fault) ? fault.code : fault.message}`)
      },
    },
  )
  exchange.start()
  const stop = () => {
    takes = false
  }
  return { exchange, heard, sent, loading, refused, failures, stop }
}

type Begun = ReturnType<typeof begun>

function answer(
  { sent }: Begun,
  statusCode: number,
  lines: readonly string[],
  ...body: readonly string[]
): void {
  const sink = sent[0]?.sink
  sink?.head({ statusCode, reasonPhrase: null, headers: lines })
  for (const piece of body) sink?.data(Buffer.from(piece))
  sink?.end()
}

const lineOf = (what: UpstreamRequest | undefined, name: string) => {
  const { headers = [] } = what ?? {}
  const found = headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase() === name)
  return found.length === 1 ? found[0] : found
}
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

t.test('what is sent bears the signature, and is else as it was', async (t) => {
  const body = Buffer.from([0, 1, 2, 255])
  const made = begun({ method: 'POST', path: '/prod/a?b=c', body })
  const [one] = made.sent
  t.equal(made.sent.length, 1)
  t.match(one?.request, { app: 'wiki', upstream, method: 'POST', path: '/prod/a?b=c' })
  t.equal(one?.request.body, body)
  t.equal(lineOf(one?.request, 'host'), upstream.host)
  t.equal(lineOf(one?.request, 'x-gateway-secret'), 'the-shared-secret-of-wiki')
  t.equal(lineOf(one?.request, 'x-amz-date'), '20261129T100000Z')
  t.equal(lineOf(one?.request, 'x-amz-content-sha256'), sha256(body))
  t.equal(lineOf(one?.request, 'x-amz-security-token'), token)
  t.match(
    lineOf(one?.request, 'authorization'),
    /^AWS4-HMAC-SHA256 Credential=ASIAIOSFODNN7EXAMPLE\/20261129\/eu-west-1\/execute-api\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
  )
})

t.test('no body, and one of no bytes, are one: such a request may be sent again', async (t) => {
  for (const body of [null, Buffer.alloc(0)]) {
    const [one] = begun({ body }).sent
    t.equal(one?.request.body, null)
    t.equal(lineOf(one?.request, 'x-amz-content-sha256'), sha256(''))
  }
})

t.test('where the service takes unsigned bodies a stream goes on as it is', async (t) => {
  for (const service of ['s3', 'vpc-lattice-svcs']) {
    const body = Readable.from(['piece'])
    const [one] = begun({ method: 'PUT', body, service }).sent
    t.equal(one?.request.body, body)
    t.equal(lineOf(one?.request, 'x-amz-content-sha256'), 'UNSIGNED-PAYLOAD')
  }
})

t.test('it waits for credentials, and goes once they are there', async (t) => {
  const made = begun({ credentials: null })
  t.equal(made.sent.length, 0)
  made.loading.resolve(keys)
  await settled()
  t.equal(made.sent.length, 1)
  t.match(lineOf(made.sent[0]?.request, 'authorization'), /ASIAIOSFODNN7EXAMPLE/)
})

t.test('without credentials nothing is sent, and the fault says which app', async (t) => {
  const made = begun({ credentials: null })
  made.loading.reject(new UpstreamFault('AWS_CREDENTIALS_UNAVAILABLE', 'credentials of the role: none'))
  await settled()
  t.same([made.heard, made.sent.length], [['failed AWS_CREDENTIALS_UNAVAILABLE'], 0])
  t.equal(made.failures[0]?.message, 'app wiki, http://127.0.0.1:4711: credentials of the role: none')
  const bug = begun({ credentials: null })
  bug.loading.reject(new TypeError('a bug'))
  await settled()
  t.same(bug.heard, ['failed a bug'])
})

t.test('a bug on the way is told as one, and ends no process', async (t) => {
  const made = begun({
    credentials: null,
    sends: () => {
      throw new TypeError('a bug of ours')
    },
  })
  made.loading.resolve(keys)
  await settled()
  t.same(made.heard, ['failed a bug of ours'])
})

t.test('cancelled while it waits: nothing is sent, nothing is told', async (t) => {
  for (const settle of ['resolve', 'reject'] as const) {
    const made = begun({ credentials: null })
    made.exchange.resume()
    made.exchange.cancel()
    if (settle === 'resolve') made.loading.resolve(keys)
    else made.loading.reject(new Error('late'))
    await settled()
    t.same([made.heard, made.sent.length], [[], 0], settle)
  }
})

t.test('the app’s answer passes as it comes; resume and cancel go on', async (t) => {
  const made = begun()
  answer(made, 403, ['Content-Type', 'application/json'], 'no', ' entry')
  t.same(made.heard, ['head 403', 'data no', 'data  entry', 'end'])
  made.exchange.resume()
  made.exchange.cancel()
  t.same(made.heard.slice(4), ['resumed', 'cancelled'])
  const slow = begun()
  slow.stop()
  t.equal(slow.sent[0]?.sink.data(Buffer.from('x')), false)
  slow.sent[0]?.sink.failed(new Error('broken off'))
  t.same(slow.heard, ['data x', 'failed broken off'])
})

const refusedBy = (type: string) => ['x-amzn-ErrorType', type, 'Date', 'Sun, 29 Nov 2026 10:06:00 GMT']

t.test('AWS’s refusal is a fault: words, role and clock for the log, nothing for the client', async (t) => {
  const made = begun()
  answer(
    made,
    403,
    refusedBy('InvalidSignatureException'),
    '{"message":"Signature expired: 20261129T100000Z is now ',
    'earlier than 20261129T100100Z"}',
  )
  t.same(made.heard, ['failed UPSTREAM_REFUSED_US'])
  t.equal(
    made.failures[0]?.message,
    'app wiki, http://127.0.0.1:4711: AWS refused the request that role arn:aws:iam::123456789012:role/gateway signed for execute-api (InvalidSignatureException: Signature expired: 20261129T100000Z is now earlier than 20261129T100100Z); its clock is 360 s ahead of ours',
  )
  t.same(made.refused, [], 'the credentials are not over')
})

t.test('credentials that are over are told to their source', async (t) => {
  for (const type of ['ExpiredTokenException', 'UnrecognizedClientException']) {
    const made = begun()
    answer(made, 403, refusedBy(type), '{"message":"The security token included in the request is expired"}')
    t.same([made.heard, made.refused], [['failed UPSTREAM_REFUSED_US'], [keys]], type)
  }
})

t.test('words that repeat what was sent are withheld', async (t) => {
  const made = begun({
    headers: ['Host', upstream.host, 'Cookie', 'session=a-session-of-the-app', 'X-Key', 'short'],
  })
  const authorization = String(lineOf(made.sent[0]?.request, 'authorization'))
  const secrets = [
    token,
    keys.secretAccessKey,
    'session=a-session-of-the-app',
    authorization.split('Signature=')[1] ?? '',
  ]
  for (const secret of secrets) {
    const again = begun({ headers: made.sent[0]?.request.headers.slice(0, 6) ?? [] })
    answer(again, 403, refusedBy('AccessDeniedException'), JSON.stringify({ message: `you said ${secret}!` }))
    const [fault] = again.failures
    t.match(fault?.message, /AccessDeniedException: \[withheld: it repeats what was sent\]\)/)
    t.notOk(fault?.message.includes(secret))
  }
})

t.test('what is short, or what anybody may read, is withheld from no words', async (t) => {
  const made = begun({
    headers: ['Host', upstream.host, 'X-Key', 'short', 'X-Forwarded-Host', 'wiki.example.com'],
  })
  const message = `${upstream.host} of wiki.example.com is too short`
  answer(made, 403, refusedBy('AccessDeniedException'), JSON.stringify({ message }))
  t.match(made.failures[0]?.message, `(AccessDeniedException: ${message})`)
})

t.test('of S3 an error of the signature in the body is the gateway’s, and any other the app’s', async (t) => {
  const xml = (code: string) =>
    `<Error><Code>${code}</Code><Message>Words</Message><Token-0>${token}</Token-0></Error>`
  const made = begun({ service: 's3' })
  answer(made, 400, ['Content-Type', 'application/xml'], xml('ExpiredToken'))
  t.same([made.heard, made.refused], [['failed UPSTREAM_REFUSED_US'], [keys]])
  t.match(made.failures[0]?.message, 'signed for s3 (ExpiredTokenException: ExpiredToken: Words)')
  const denied = begun({ service: 's3' })
  answer(denied, 403, ['Content-Type', 'application/xml'], xml('AccessDenied'))
  t.same(denied.heard, ['head 403', `data ${xml('AccessDenied')}`, 'end'])
  const other = begun()
  answer(other, 400, ['Content-Type', 'application/xml'], xml('ExpiredToken'))
  t.same(other.heard, ['head 400', `data ${xml('ExpiredToken')}`, 'end'], 'an app may say what it likes')
})

t.test('no such path is 404 of API Gateway alone', async (t) => {
  const made = begun()
  answer(
    made,
    403,
    refusedBy('MissingAuthenticationTokenException'),
    '{"message":"Missing Authentication Token"}',
  )
  t.same(made.heard, ['failed UPSTREAM_PATH_UNKNOWN'])
  t.match(
    made.failures[0]?.message,
    /^app wiki, http:\/\/127\.0\.0\.1:4711: API Gateway has no such path or method/,
  )
})

t.test('a refusal whose body breaks off, has no end or is none is one all the same', async (t) => {
  const broken = begun()
  broken.sent[0]?.sink.head({
    statusCode: 403,
    reasonPhrase: null,
    headers: refusedBy('AccessDeniedException'),
  })
  broken.sent[0]?.sink.data(Buffer.from('{"mess'))
  broken.sent[0]?.sink.failed(new Error('broken off'))
  t.same(broken.heard, ['failed UPSTREAM_REFUSED_US'])
  t.match(broken.failures[0]?.message, /\(AccessDeniedException\); its clock/)

  const endless = begun()
  endless.sent[0]?.sink.head({
    statusCode: 403,
    reasonPhrase: null,
    headers: refusedBy('AccessDeniedException'),
  })
  const piece = Buffer.alloc(limits.awsRefusalBytes / 2)
  for (let i = 0; i < 9; i += 1) t.equal(endless.sent[0]?.sink.data(piece), true)
  t.same(endless.heard, ['failed UPSTREAM_REFUSED_US'], 'told as soon as it is too much')
  await settled()
  t.same(endless.heard.slice(1), ['cancelled'])

  const cancelled = begun()
  cancelled.sent[0]?.sink.head({
    statusCode: 403,
    reasonPhrase: null,
    headers: refusedBy('ExpiredTokenException'),
  })
  cancelled.exchange.cancel()
  t.same(cancelled.heard, ['cancelled'])

  t.equal(held.waiting(), 0, 'nobody waits for any of them')
  const silent = begun()
  const { idleSeconds } = request(upstream).timeouts
  silent.sent[0]?.sink.head({
    statusCode: 403,
    reasonPhrase: null,
    headers: refusedBy('AccessDeniedException'),
  })
  held.pass(idleSeconds * 1000 - 1)
  silent.sent[0]?.sink.data(Buffer.from('{"mess'))
  t.same(silent.heard, [])
  held.pass(1)
  t.same(silent.heard, ['failed UPSTREAM_REFUSED_US'], 'told when it says no more, or drips')
  await settled()
  t.same(silent.heard.slice(1), ['cancelled'])
})

const aws = {
  service: 'execute-api',
  region: 'eu-west-1',
  credentials: { given: null, role: null, region: 'eu-west-1' },
} as const

function signer(current: AwsCredentials | null, load = () => Promise.resolve(keys)) {
  let loads = 0
  const source = {
    ...{ whose: 'somebody', current: () => current, refused: () => {} },
    load: () => {
      loads += 1
      return load()
    },
  }
  const sources = { of: () => source, renew: () => sources, close: () => {} }
  const sent: UpstreamRequest[] = []
  const made = createSigner(sources, timing, (what) => {
    sent.push(what)
    return { resume: () => {}, cancel: () => {} }
  })
  return { made, sent, loads: () => loads }
}

t.test('the bytes that the signature takes are known, and never fewer than it takes', async (t) => {
  const signed = settings(4711, { aws })
  for (const credentials of [keys, { ...keys, sessionToken: null }]) {
    const { made, sent } = signer(credentials)
    made.request(request(signed, { headers: ['Host', 'a', 'Content-Type', 'text/plain'] }), {
      ...{ head: () => {}, data: () => true, end: () => {}, failed: (fault) => t.fail(fault.message) },
    })
    const lines = sent[0]?.headers.slice(4) ?? []
    const bytes = lines.join('').length + (lines.length / 2) * ': \r\n'.length
    const told = made.headerBytes(signed)
    t.ok(told >= bytes && told - bytes < 30, `${told} ${bytes}`)
  }
  const before = signer(null).made.headerBytes(signed)
  t.ok(before > signer(keys).made.headerBytes(signed) + 1500, 'as long as nobody knows them')
  t.equal(signer(keys).made.headerBytes(settings(4711)), 0)
  const lambda = { functionName: 'arn', payload: '1.0', streaming: false } as const
  t.equal(signer(keys).made.headerBytes(settings(4711, { aws, lambda })), 0, 'of a function no header')
})

t.test('credentials are fetched ahead, in the background, and only where something is signed', async (t) => {
  const signed = settings(4711, { aws })
  const waiting = signer(null)
  waiting.made.prepare([settings(1), signed])
  t.equal(waiting.loads(), 1)
  const there = signer(keys)
  there.made.prepare([signed])
  const plain = signer(null)
  plain.made.prepare([settings(1)])
  t.same([there.loads(), plain.loads()], [0, 0])
  const failing = signer(null, () => Promise.reject(new Error('none')))
  failing.made.prepare([signed])
  await settled()
  t.equal(failing.loads(), 1, 'no rejection is left over')
})
