// A bucket of S3 and a service of VPC Lattice over real sockets: botocore verifies each signature by the head of the request,
// and the body, which is not signed, passes as it comes and is never held.
import { createHash, randomBytes } from 'node:crypto'
import t from 'tap'
import { roleKey, startAws } from '../support/aws/stand-in.ts'
import { startLiveGateway } from '../support/live-gateway.ts'
import { rawClient, statusOf } from '../support/raw.ts'
import { poll } from '../support/waiting.ts'

const MiB = 1024 * 1024
const aws = await startAws(t)
const { accessKeyId, secretAccessKey } = roleKey
const token = roleKey.sessionToken === null ? '' : `, session_token: "${roleKey.sessionToken}"`
const keys = `credentials: { access_key_id: ${accessKeyId}, secret_access_key: "${secretAccessKey}"${token} }`
const gateway = await startLiveGateway(
  (url) => `
providers:
  op: { issuer: "https://id.example.com", client_id: gateway, client_secret: a-client-secret-of-32-bytes-or-more }
defaults: { require: anyone, max_body: 64MiB }
apps:
  files:
    url: ${url}/s3
    upstream: { url: "${aws.s3.url}", strip_prefix: true, aws: { sign: s3, ${keys}, endpoint: "${aws.s3.origin}" } }
    allow_encoded: [hash, question_mark, percent]
  service:
    url: ${url}/lattice
    upstream: { url: "${aws.lattice.url}", strip_prefix: true, aws: { sign: vpc-lattice-svcs, ${keys}, endpoint: "${aws.lattice.origin}" } }
    allow_encoded: [hash, question_mark, percent]
`,
)
t.teardown(() => gateway.close())
t.afterEach(async () => {
  await aws.setKeys([roleKey])
  await aws.setClock(null)
})

const ways = ['s3', 'lattice'] as const

function headOf(target: string, { method = 'GET', lines = [] as readonly string[] } = {}): string {
  return `${[`${method} ${target} HTTP/1.1`, `Host: localhost:${gateway.port}`, 'Connection: close', ...lines].join('\r\n')}\r\n\r\n`
}

const ask = async (target: string, more = {}) =>
  (await rawClient(gateway.port, headOf(target, more))).closed()

for (const way of ways) {
  t.test(`${way}: paths and queries of all kinds are signed as botocore signs them`, async (t) => {
    await aws.forget()
    const targets = [
      '/',
      '/a/b',
      '/a%20b',
      '/%C3%9Cbersicht/%F0%9F%98%80',
      "/a!b'c(d)*e~f",
      '/a+b',
      '/a=b&c',
      '/a@b:c,d$e',
      '/a%23b%3Fc%25d',
      '/%41%7e%2D',
      '/%c3%9cber',
      '/x?list-type=2&prefix=a%2Fb&x=',
      '/x?a=1&a=0&b=%20+%2B',
      '/x?versioning',
      '/x?b=2&a=1',
    ]
    for (const target of targets) {
      const text = await ask(`/${way}${target}`)
      t.equal(statusOf(text), 200, target)
    }
    const came = await aws.requests(way)
    t.equal(came.length, targets.length)
    t.same(
      came.map(({ refused }) => refused),
      targets.map(() => undefined),
    )
    const spelled = new Map([
      ['/%41%7e%2D', '/A~-'],
      ['/%c3%9cber', '/%C3%9Cber'],
    ])
    const paths = targets.map((target) => target.split('?')[0] ?? '').map((path) => spelled.get(path) ?? path)
    t.same(
      came.map(({ target }) => target.split('?')[0]),
      paths,
    )
  })

  t.test(`${way}: an upload passes as it comes, by its length or in chunks`, async (t) => {
    for (const framing of ['Content-Length', 'Transfer-Encoding'] as const) {
      await aws.forget()
      const body = randomBytes(24 * MiB)
      const chunked = framing === 'Transfer-Encoding'
      const line = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`
      const client = await rawClient(
        gateway.port,
        headOf(`/${way}/up.bin`, {
          method: 'PUT',
          lines: [line, 'Content-Type: application/octet-stream', 'Expect: 100-continue'],
        }),
      )
      await client.until('HTTP/1.1 100 Continue\r\n\r\n')
      const write = (piece: Buffer) => {
        if (chunked) client.write(`${piece.length.toString(16)}\r\n`)
        client.write(piece)
        if (chunked) client.write('\r\n')
      }
      write(body.subarray(0, MiB))
      const [one] = await poll(
        'its first bytes to be there',
        () => aws.requests(way),
        ([first]) => (first?.sent?.bytes ?? 0) >= MiB / 2 || (!chunked && first !== undefined),
      )
      t.equal(one?.refused, undefined, 'signed by its head')
      t.equal(one?.lines.find(([name]) => /^x-amz-content-sha256$/i.test(name))?.[1], 'UNSIGNED-PAYLOAD')
      write(body.subarray(MiB))
      if (chunked) client.write('0\r\n\r\n')
      t.equal(statusOf((await client.closed()).replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '')), 200)
      const [whole] = await aws.requests(way)
      t.same(
        whole?.sent,
        { bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') },
        framing,
      )
    }
  })

  t.test(`${way}: an upload that breaks off is complete for nobody`, async (t) => {
    await aws.forget()
    const client = await rawClient(
      gateway.port,
      headOf(`/${way}/broken`, { method: 'PUT', lines: ['Transfer-Encoding: chunked'] }),
    )
    client.write('5\r\nabcde\r\n')
    await poll(
      'it to be there',
      () => aws.requests(way),
      ([first]) => first?.sent?.bytes === 5,
    )
    client.destroy()
    t.equal(statusOf(await ask(`/${way}/next`)), 200)
  })

  t.test(`${way}: a refusal of AWS is 502, and its words stay here`, async (t) => {
    for (const [what, change] of [
      ['keys that ended', () => aws.setKeys([{ ...roleKey, expired: true }])],
      ['a clock that is wrong', () => aws.setClock(1_000_000_000)],
      ['keys that nobody knows', () => aws.setKeys([{ ...roleKey, accessKeyId: 'AKIAOTHER00000000000' }])],
    ] as const) {
      await change()
      const text = await ask(`/${way}/x`)
      t.equal(statusOf(text), 502, what)
      t.notMatch(text, /refused<|SignatureDoes|AccessDeniedException/)
      await aws.setKeys([roleKey])
      await aws.setClock(null)
    }
    t.equal(statusOf(await ask(`/${way}/x`)), 200)
  })
}
