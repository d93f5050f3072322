import { randomBytes } from 'node:crypto'
import { Agent, get } from 'node:http'
import { formatKey, newKeyId, newKeySecret } from '../src/core/keys/key-form.ts'
import { encode } from '../test/support/hostile-op.ts'
import { startCredentialSite } from './credential-site.ts'
import { residentMebibytes } from './process.ts'
import { rounded } from './requests.ts'

export interface Flooded {
  /** How many answers of each status the flood got. */
  readonly answers: Readonly<Record<string, number>>
  /** Answers to a good key, a good token and a session meanwhile, by status. */
  readonly good: Readonly<Record<string, number>>
  readonly signIns: number
  readonly mebibytes: readonly number[]
  readonly askedProvider: Readonly<Record<string, number>>
}

/** Random keys and tokens, so many of each, while others go on as always. */
export async function flood(count: number): Promise<Flooded> {
  const site = await startCredentialSite({ count: 1, redis: null, limits: '[]' })
  const [gateway] = site.gateways
  if (gateway === undefined) throw new Error('no gateway')
  const agent = new Agent({ keepAlive: true, maxSockets: 50 })
  const own = new Agent({ keepAlive: true, maxSockets: 5 })
  const ask = (headers: Headers, from = own) => status(from, gateway.url, new URL(site.url).host, headers)
  try {
    const known: readonly Headers[] = [
      { 'x-api-key': await site.key('acme') },
      { authorization: `Bearer ${site.token()}` },
      { cookie: await site.signIn() },
    ]
    for (const headers of known) await ask(headers)
    const answers: Record<string, number> = {}
    const good: Record<string, number> = {}
    const mebibytes = [rounded(residentMebibytes(gateway.pid))]
    let signIns = 0
    for (const random of [randomKey, () => randomToken(site.op.issuer)]) {
      let begun = 0
      const lane = async (): Promise<void> => {
        while (begun < count) {
          begun += 1
          count1(answers, await ask({ authorization: `Bearer ${random()}` }, agent))
        }
      }
      const lanes = Promise.all(Array.from({ length: 50 }, lane))
      const others = async (): Promise<void> => {
        while (begun < count) {
          for (const headers of known) count1(good, await ask(headers))
          if (begun % 10 === 0) await site.signIn().then(() => (signIns += 1))
        }
      }
      await Promise.all([lanes, others()])
      mebibytes.push(rounded(residentMebibytes(gateway.pid)))
    }
    return { answers, good, signIns, mebibytes, askedProvider: { ...site.op.counts } }
  } finally {
    agent.destroy()
    own.destroy()
    await site.close()
  }
}

/** A quota of so many, drawn by two processes at once; how many requests were let in, of more that were sent. */
export async function drawQuota(
  quota: number,
  redis: string | null,
): Promise<Readonly<Record<string, number>>> {
  const limits = `[{ per: key, quota: ${quota}/1d }]`
  const site = await startCredentialSite({ count: 2, redis, limits })
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  try {
    const headers = { 'x-api-key': await site.key('acme') }
    const answers: Record<string, number> = {}
    let begun = 0
    const lane = async (url: string): Promise<void> => {
      while (begun < quota * 1.2) {
        begun += 1
        count1(answers, await status(agent, url, new URL(site.url).host, headers))
      }
    }
    await Promise.all(site.gateways.flatMap(({ url }) => Array.from({ length: 10 }, () => lane(url))))
    return answers
  } finally {
    agent.destroy()
    await site.close()
  }
}

type Headers = Readonly<Record<string, string>>

function count1(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}

function randomKey(): string {
  return formatKey({ prefix: 'cg', id: newKeyId(randomBytes), secret: newKeySecret(randomBytes) })
}

function randomToken(issuer: string): string {
  const payload = { iss: issuer, aud: 'https://api.example', sub: 'x', exp: 4_000_000_000 }
  const kid = randomBytes(4).toString('hex')
  return `${encode({ alg: 'RS256', kid })}.${encode(payload)}.${randomBytes(256).toString('base64url')}`
}

function status(agent: Agent, url: string, host: string, headers: Headers): Promise<string> {
  return new Promise((resolve) => {
    get(
      `${url}/admin/users`,
      { agent, headers: { host, accept: 'application/json', ...headers } },
      (response) => {
        response.resume().on('end', () => resolve(String(response.statusCode)))
        response.on('error', () => resolve('cut'))
      },
    ).on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
  })
}
