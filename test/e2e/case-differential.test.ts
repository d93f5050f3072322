import { Agent, request } from 'node:http'
import t from 'tap'
import { shown } from '../corpus/lines.ts'
import { seeded } from '../corpus/targets.ts'
import { startTestGateway } from '../support/gateway.ts'
import { type IgnoringServer, isPromised, pages, startIgnoringServers } from '../support/ignoring-servers.ts'

const servers = await startIgnoringServers()
t.teardown(() => Promise.all(servers.map((server) => server.close())))

/** Every character that some mapping of case, or the search for a compatible one, makes this of. */
const mappings: readonly ((text: string) => string)[] = [
  (text) => text.toLowerCase(),
  (text) => text.toUpperCase(),
  (text) => text.toLocaleLowerCase('tr'),
  (text) => text.toLocaleUpperCase('tr'),
  (text) => text.toLowerCase().toUpperCase(),
  (text) => text.normalize('NFKC'),
]
const spellingsOf = new Map<string, Set<string>>()
for (let code = 1; code < 0x110000; code += 1) {
  const character = String.fromCodePoint(code)
  if (!/\p{Cased}|\p{CWCM}|\p{CWKCF}/u.test(character)) continue
  for (const map of mappings) {
    for (const made of [map(character), map(character).toLowerCase()]) {
      if (!/^\p{L}{1,3}$/u.test(made)) continue
      spellingsOf.set(made, (spellingsOf.get(made) ?? new Set()).add(character))
    }
  }
}

/** A page’s name, some of its letters written otherwise: in capitals, escaped, by what only some servers take for them. */
function spelled(word: string, random: () => number): string {
  let text = ''
  for (let at = 0; at < word.length; ) {
    const length = Math.min(word.length - at, random() < 0.25 ? 1 + Math.floor(random() * 3) : 1)
    const piece = word.slice(at, at + length)
    const others = [...(spellingsOf.get(piece) ?? [])]
    const chance = random()
    if (chance < 0.2) text += others[Math.floor(random() * others.length)] ?? piece
    else if (chance < 0.45) text += piece.toUpperCase()
    else if (chance < 0.5) text += `${piece}\u0307`
    else text += piece
    at += length
  }
  return [...text].map((one) => (random() < 0.1 ? escapedBytes(one) : encodeURIComponent(one))).join('')
}

function escapedBytes(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
}

function* targets(count: number, seed: number): Generator<string> {
  const random = seeded(seed)
  const behind = ['', '', '/', '/x', '/x/y', '%2Fx', ';x', '?q=1']
  for (let i = 0; i < count; i += 1) {
    const word = pages[Math.floor(random() * pages.length)] ?? ''
    yield `/${spelled(word, random)}${behind[Math.floor(random() * behind.length)]}`
  }
}

interface Fate {
  readonly status: number
  readonly body: string
}

function send(port: number, agent: Agent, path: string): Promise<Fate> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, agent, path, headers: { host: `localhost:${port}` } },
      async (response) => {
        let body = ''
        for await (const part of response) body += part
        resolve({ status: response.statusCode ?? 0, body })
      },
    )
    sent.on('error', reject)
    sent.end()
  })
}

/** Pages are what `inner` says, everything else what `outer` does. */
async function startGateway({ origin }: IgnoringServer, outer: string, inner: string, ignore = 'true') {
  const locations = pages.map((page) => `      - { path: "/${page}", require: ${inner} }`).join('\n')
  return startTestGateway({
    yaml: ({ url }) => `
providers:
  op: { issuer: "http://localhost:1", client_id: gateway, client_secret: s }
apps:
  wiki:
    url: ${url}
    upstream: ${origin}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    ignore_case: ${ignore}
    allow_encoded: [slash, semicolon, percent]
    require: ${outer}
    locations:
${locations}
`,
  })
}

const count = 400

for (const server of servers) {
  t.test(`S-019, S-036: a server that compares by ${server.name} serves what was judged`, async (t) => {
    // Closed pages in what is open: none is ever seen. Open pages in what is closed: nothing else is.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (const [outer, inner] of [
      ['anyone', 'nobody'],
      ['signed_in', 'anyone'],
    ] as const) {
      const gateway = await startGateway(server, outer, inner)
      const tally = new Map<string, number>()
      for (const target of targets(count, 20261128)) {
        const { status, body } = await send(gateway.port, agent, target)
        const isPage = (pages as readonly string[]).includes(body)
        const isWrong = inner === 'nobody' ? isPage : !isPage && !isPromised(target)
        if (status === 200 && isWrong) t.fail(`${shown(target)} is ${shown(body)}`)
        if (![200, 400, inner === 'nobody' ? 403 : 401].includes(status))
          t.fail(`${shown(target)} got ${status}`)
        tally.set(String(status), (tally.get(String(status)) ?? 0) + 1)
      }
      const counted = (status: number) => tally.get(String(status)) ?? 0
      t.comment(Object.fromEntries(tally))
      if (inner === 'nobody') t.ok(counted(403) > count / 5, 'many were judged by their page')
      else t.ok(counted(200) > count / 5, 'many were judged by their page')
      t.ok(counted(400) > count / 10, 'many are read in different ways')
      await gateway.close()
    }
    agent.destroy()
  })
}

t.test('without ignore_case such a server shows closed pages: that is what the key is for', async (t) => {
  const [server] = servers
  if (server === undefined) throw new Error('there are servers')
  const gateway = await startGateway(server, 'anyone', 'nobody', 'false')
  t.teardown(() => gateway.close())
  const agent = new Agent()
  t.same(await send(gateway.port, agent, '/ADMIN'), { status: 200, body: 'admin' })
  t.equal((await send(gateway.port, agent, '/admin')).status, 403)
  agent.destroy()
})
