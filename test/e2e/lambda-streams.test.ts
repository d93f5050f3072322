// A function of Node's that streams, by Lambda's Runtime API, behind Lambda's event stream and a real gateway: what browsers
// get of it, and when. Format 1.0 at the root, 2.0 below /two.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startLambdaFront } from '../support/aws/lambda-front.ts'
import { type NodeFunction, startNodeFunction } from '../support/aws/node-function.ts'
import { signedIn } from '../support/front.ts'
import { rawClient } from '../support/raw.ts'
import { poll } from '../support/waiting.ts'

const functions: NodeFunction[] = []
const front = await startLambdaFront(t, {
  aws: { handler: 'runtime', timeoutSeconds: 120 },
  streaming: true,
  // Those that never end keep one process each.
  startFunction: (aws) => functions.push(startNodeFunction(t, aws, { count: 6 })),
  app: `
    require: signed_in
    identity_headers: { X-Wiki-User: user }
    locations:
      - { path: PREFIX/admin, require: { groups: nobody-has-it } }
`,
})
const { ask, aws, gateway } = front

interface Open {
  readonly answer: IncomingMessage
  close(): void
}

/** The head of an answer, as soon as it is there; nothing of its body is read. */
function open(path: string, method = 'GET'): Promise<Open> {
  const headers = { cookie: front.cookie.replace(/^Cookie: /, '') }
  return new Promise((resolve, reject) => {
    const asked = httpRequest(`${front.url}${path}`, { method, headers, agent: false }, (answer) => {
      answer.on('error', () => {})
      resolve({ answer, close: () => asked.destroy() })
    })
    asked.on('error', reject)
    asked.end()
  })
}

async function bodyOf({ answer }: Open): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const pieces: Buffer[] = []
  try {
    for await (const piece of answer) pieces.push(piece)
  } catch {
    return { text: Buffer.concat(pieces).toString(), isWhole: false }
  }
  return { text: Buffer.concat(pieces).toString(), isWhole: true }
}

/** The next piece of a body that goes on. */
async function next({ answer }: Open): Promise<string> {
  const piece: unknown = await new Promise((resolve) => answer.once('data', resolve))
  return String(piece)
}

/** Until Lambda sees that nobody takes the answer any more. */
async function leftAlone(t: Test, path: string): Promise<void> {
  const left = async () => {
    const seen = (await aws.requests('lambda')).filter(
      ({ event }) => (event?.rawPath ?? event?.path) === path,
    )
    return seen.at(-1)?.taken
  }
  t.equal(await poll('the invocation to be left', left, (taken) => taken === 'left'), 'left')
}

for (const [format, prefix] of [
  ['1.0', ''],
  ['2.0', '/two'],
]) {
  t.test(`${format}: events arrive as the function writes them`, async (t) => {
    const endless = await open(`${prefix}/endless`)
    t.equal(endless.answer.statusCode, 200)
    t.equal(endless.answer.headers['content-type'], 'text/event-stream')
    t.match(await next(endless), /^data: still here\n\n/, 'of an answer that never ends')
    t.match(await next(endless), /^data: still here\n\n/)
    endless.close()
    const five = await open(`${prefix}/events`)
    t.same(five.answer.headers['set-cookie'], ['a=1', 'b=2'])
    t.equal(five.answer.headers['cache-control'], 'no-store')
    const { text, isWhole } = await bodyOf(five)
    t.equal(isWhole, true)
    t.equal(text, Array.from({ length: 5 }, (_, i) => `id: ${i}\ndata: event ${i}\n\n`).join(''))
  })

  t.test(`${format}: it is told who asks, and status and bodies are its own`, async (t) => {
    const who = JSON.parse((await bodyOf(await open(`${prefix}/who?a=b`))).text)
    t.match(who, { version: format, requestContext: { authorizer: { principalId: /^adam/ } } })
    const teapot = await ask(`${prefix}/teapot`)
    t.equal(teapot.status, 418)
    t.match(teapot.body, 'short and stout')
    t.same(teapot.values('x-amzn-remapped-content-type'), [], 'nothing of Lambda’s own lines')
    t.same(teapot.values('x-amzn-requestid'), [])
    const empty = await open(`${prefix}/empty`)
    t.same([empty.answer.statusCode, await bodyOf(empty)], [200, { text: '', isWhole: true }])
    t.equal((await ask(`${prefix}/nowhere`)).status, 404)
  })
}

t.test('a rule holds before anything is invoked', async (t) => {
  await aws.forget()
  t.equal((await ask('/admin')).status, 403)
  t.same(await aws.requests('lambda'), [])
})

t.test('a download of many times what Lambda answers whole, and HEAD', async (t) => {
  const got = await open('/download?pieces=400')
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of got.answer) {
    hash.update(piece)
    bytes += piece.length
  }
  t.equal(bytes, 400 * 65_536)
  const piece = Buffer.alloc(65_536, 'claimgate ')
  t.equal(
    hash.digest('hex'),
    createHash('sha256')
      .update(Buffer.concat(Array(400).fill(piece)))
      .digest('hex'),
  )
  const head = await open('/endless', 'HEAD')
  t.same([head.answer.statusCode, await bodyOf(head)], [200, { text: '', isWhole: true }])
  await leftAlone(t, '/endless')
})

t.test('a client that does not read holds the function up', async (t) => {
  const made = (): number => Number(/.*made (\d+)/s.exec(functions[0]?.log() ?? '')?.[1] ?? 0)
  const got = await open('/download?pieces=3000')
  let before = -1
  const stands = async (): Promise<boolean> => {
    const now = made()
    const is = now === before && now > 0
    before = now
    await new Promise((resolve) => setTimeout(resolve, 500))
    return is
  }
  t.equal(await poll('the function to stand still', stands, (is) => is), true)
  t.ok(before < 2000, `${before} of 3000 pieces were made`)
  let bytes = 0
  for await (const piece of got.answer) bytes += piece.length
  t.equal(bytes, 3000 * 65_536)
})

t.test('who goes away ends the exchange', async (t) => {
  const endless = await open('/endless')
  await next(endless)
  endless.close()
  await leftAlone(t, '/endless')
})

t.test('a function that fails before its head is 502, with its kind in the log', async (t) => {
  const early = await ask('/early')
  t.equal(early.status, 502)
  t.notMatch(early.text, /TypeError|before the head/)
  const line = await gateway.logged(({ code }) => code === 'UPSTREAM_FUNCTION_FAILED')
  t.match(line.error, /the function ended in an error, TypeError \(AWS request id /)
  t.notMatch(line.error, /before the head/)
})

t.test('one that fails behind its head cuts the answer off', async (t) => {
  const file = join(t.testdir({}), 'read')
  const late = await open(`/late?until=${encodeURIComponent(file)}`)
  t.equal(await next(late), 'so far')
  writeFileSync(file, '')
  t.same(await bodyOf(late), { text: '', isWhole: false })
})

t.test('a head that no header could have is 502, and nothing of it passes', async (t) => {
  const crlf = await ask('/crlf')
  t.equal(crlf.status, 502)
  t.notMatch(crlf.text, /c=d|never seen/)
})

t.test('a stream without a head is 502 in format 1.0, and the log says how one is written', async (t) => {
  t.equal((await ask('/plain')).status, 502)
  await gateway.logged(({ error }) => /it does not begin with the head of a stream/.test(String(error)))
  const plain = await open('/two/plain')
  t.equal(plain.answer.statusCode, 200, 'unless format 2.0 has one for it')
  t.equal(plain.answer.headers['content-type'], 'text/plain')
  t.same(await bodyOf(plain), { text: 'no head at all', isWhole: true })
  t.equal((await ask('/unwritten')).status, 502)
  await gateway.logged(({ error }) => /the function has to write before it ends/.test(String(error)))
})

t.test('server-sent events of a function end with their session, and Lambda sees it', async (t) => {
  const another = await signedIn({ ...front, close: async () => {}, echo: null as never }, 'adam')
  const name = `claimgate-${gateway.port}`
  const cookie = `Cookie: ${name}=${another.cookies('localhost').get(name) ?? ''}`
  const host = `localhost:${gateway.port}`
  const events = await rawClient(
    gateway.port,
    `GET /two/endless HTTP/1.1\r\nHost: ${host}\r\n${cookie}\r\n\r\n`,
  )
  t.teardown(() => events.destroy())
  await events.until(/data: still here/)
  await another.visit(`${front.url}/.auth/logout`, {
    form: {},
    headers: { origin: front.url, 'sec-fetch-site': 'same-origin' },
    follow: false,
  })
  t.match(await events.until('\r\n0\r\n\r\n'), /^HTTP\/1\.1 200 OK/, 'as an answer that is whole')
  await leftAlone(t, '/endless')
})
