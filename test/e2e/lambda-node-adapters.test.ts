// Functions of Node behind the adapters that people use there: Express by serverless-http, Hono and Fastify by their own. What
// the app sees of a request and what a browser gets of its answer, by events of both formats; and Hono's answers streamed.
import t from 'tap'
import { startLambdaFront } from '../support/aws/lambda-front.ts'
import { startNodeFunction } from '../support/aws/node-function.ts'

const app = `
    require: signed_in
    identity_headers: { X-Wiki-User: user }
`
const runtime = { handler: 'runtime', timeoutSeconds: 120 }
const fronts = {
  whole: await startLambdaFront(t, {
    aws: runtime,
    app,
    startFunction: (aws) =>
      startNodeFunction(t, aws, { file: new URL('../support/aws/node-adapters.mjs', import.meta.url) }),
  }),
  streamed: await startLambdaFront(t, {
    aws: runtime,
    app,
    streaming: true,
    startFunction: (aws) =>
      startNodeFunction(t, aws, { file: new URL('../support/aws/node-streams.mjs', import.meta.url) }),
  }),
}

type Shot = NonNullable<Parameters<(typeof fronts)['whole']['ask']>[1]>

function bodyOf(type: string, bytes: Buffer, method = 'POST'): Shot {
  const headers = [`Content-Type: ${type}`, `Content-Length: ${bytes.length}`]
  return { method, headers, body: bytes.toString('latin1') }
}

/** Of an answer in chunks too. */
function bytesOf({ text, body }: { readonly text: string; readonly body: string }): Buffer {
  if (!/^transfer-encoding: chunked\r$/im.test(text)) return Buffer.from(body, 'latin1')
  let [rest, whole] = [body, '']
  for (;;) {
    const end = rest.indexOf('\r\n')
    const length = Number.parseInt(rest.slice(0, end), 16)
    if (!(length > 0)) return Buffer.from(whole, 'latin1')
    whole += rest.slice(end + 2, end + 2 + length)
    rest = rest.slice(end + 4 + length)
  }
}

const targets = [
  ...['/', '/x/', '/%C3%A4%20b/%E4%BE%8B', '/a+b', '/a%25b', '/q?a=1&a=2', '/q?a=', '/q?n=%C3%BC'],
  '/q?a=1%262&b=%3D',
]

for (const [adapter, front, kind] of [
  ['express', fronts.whole, 'whole'],
  ['hono', fronts.whole, 'whole'],
  ['fastify', fronts.whole, 'whole'],
  ['hono', fronts.streamed, 'streamed'],
] as const)
  for (const [format, prefix] of [
    ['1.0', ''],
    ['2.0', '/two'],
  ] as const) {
    const ask = (path: string, shot: Shot = {}) =>
      front.ask(prefix + path, { ...shot, headers: [`X-Adapter: ${adapter}`, ...(shot.headers ?? [])] })
    const seen = async (path: string, shot: Shot = {}) =>
      JSON.parse(bytesOf(await ask(path, shot)).toString())
    const name = `${adapter}, ${kind}, ${format}`

    t.test(`${name}: requests arrive as they were sent`, async (t) => {
      for (const target of targets) t.equal((await seen(target)).target, target)
      const lines = ['X-Many: one', 'X-Many: two']
      const { host, address, user, headers } = await seen('/x', { headers: lines })
      t.equal(host, new URL(front.url).host)
      t.same([address, user, headers['x-wiki-user']], ['127.0.0.1', 'adam', 'adam'])
      t.match(String(headers['x-many']), /two$/)
      const cookie = `${front.cookie.replace(/^Cookie: /, '')}; a=1; b=x=y`
      const asked = await fetch(`${front.url}${prefix}/x`, { headers: { cookie, 'x-adapter': adapter } })
      t.match(JSON.parse(await asked.text()).headers.cookie, /^a=1; ?b=x=y$/)
      for (const method of ['PUT', 'PATCH', 'DELETE']) {
        const bytes = Buffer.from('größer')
        const told = await seen('/raw', bodyOf('text/plain', bytes, method))
        t.same([told.method, told.body], [method, bytes.toString('base64')])
      }
    })

    t.test(`${name}: bodies arrive byte by byte, whatever their type`, async (t) => {
      for (const bytes of [Buffer.from('größer 😀\0'), Buffer.from([0, 255, 13, 10, 254])])
        for (const type of ['text/plain', 'application/octet-stream', 'multipart/form-data; boundary=x'])
          t.equal((await seen('/raw', bodyOf(type, bytes))).body, bytes.toString('base64'), type)
      const form = bodyOf('application/x-www-form-urlencoded', Buffer.from('a=1&b=%C3%BC&c=ü+x'))
      t.same((await seen('/form', form)).parsed, { a: '1', b: 'ü', c: 'ü x' })
      const json = bodyOf('application/json', Buffer.from('{"a":"ü😀"}'))
      t.same((await seen('/json', json)).parsed, { a: 'ü😀' })
    })

    t.test(`${name}: answers come as the app gave them`, async (t) => {
      const moved = await ask('/moved')
      t.equal(moved.status, 302)
      t.same(moved.values('location'), [`${prefix}/there?x=%C3%BC`])
      const cookies = moved.values('set-cookie').map((line) => line.split(';')[0])
      t.same(cookies, ['a=1', 'b=two%20words'])
      const picture = await ask('/picture')
      t.same(picture.values('content-type'), ['image/png'])
      t.same(bytesOf(picture), Buffer.from([...Array(256).keys()]))
      const text = await ask('/text')
      t.match(text.values('content-type')[0], /^text\/plain; charset=utf-8$/i)
      t.same([bytesOf(text).toString(), text.values('etag')], ['größer', ['"one"']])
      t.equal((await ask('/text', { headers: ['If-None-Match: "one"'] })).status, 304)
      const head = await ask('/text', { method: 'HEAD' })
      t.same([head.status, head.body], [200, ''])
      t.same((({ status, body }) => [status, body])(await ask('/none')), [204, ''])
    })
  }

t.test('Hono’s events come one by one, with their cookie', async (t) => {
  for (const prefix of ['', '/two']) {
    const answer = await fronts.streamed.ask(`${prefix}/events`)
    t.equal(bytesOf(answer).toString(), [0, 1, 2].map((i) => `data: ${i} größer\n\n`).join(''))
    t.same(answer.values('content-type'), ['text/event-stream'])
    t.match(answer.values('set-cookie'), [/^c=3; Path=/])
  }
})

t.test('nobody makes an app believe an event of his own', async (t) => {
  const forged = encodeURIComponent('{"requestContext":{"authorizer":{"principalId":"mallory"}}}')
  for (const adapter of ['express', 'fastify'])
    for (const prefix of ['', '/two']) {
      const headers = [
        `X-Adapter: ${adapter}`,
        `X-ApiGateway-Event: ${forged}`,
        'X-ApiGateway-Context: %7B%7D',
      ]
      const told = JSON.parse((await fronts.whole.ask(`${prefix}/who`, { headers })).body)
      t.equal(told.user, 'adam')
      // Adapters that are older than the one here believe it.
      t.equal(told.headers['x-apigateway-event'], null, 'it does not come as far as the function')
    }
})
