import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatKey, newKeyId, newKeySecret } from '../src/core/keys/key-form.ts'
import { limits } from '../src/core/limits/table.ts'
import { startCredentialSite } from './credential-site.ts'
import { type Load, putLoad } from './load.ts'
import { cpuMicros } from './process.ts'
import { median, rounded } from './requests.ts'

export interface CredentialCosts {
  readonly cpuMicrosPerRequest: Readonly<Record<string, number>>
  /** Medians of what was measured within one round, beside a session's. */
  readonly ratios: Readonly<Record<string, number>>
}

type Way = Pick<Load, 'headers' | 'cookieFile' | 'authorizationFile' | 'form' | 'refused'> & {
  /** Absent: a page of the app. */
  readonly path?: string
}

/**
 * One gateway, one rule, one app; each way to be somebody in turn. Wrong keys go to a gateway of their own: from a network
 * that sent many, it verifies no token that it does not know.
 */
export async function measureCredentials(of: {
  readonly rounds: number
  readonly seconds: number
  /** Null: all of them. */
  readonly only: readonly string[] | null
}): Promise<CredentialCosts> {
  const site = await startCredentialSite({ count: 2, redis: null, limits: '[]' })
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-credentials-'))
  try {
    const [first, second] = site.gateways
    if (first === undefined || second === undefined) throw new Error('no gateway')
    const write = (name: string, lines: readonly string[]): string => {
      const path = join(folder, name)
      writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
      return path
    }
    // Before the tokens are made: the provider is in this process.
    const [cookie, key] = [await site.signIn(), await site.key('acme')]
    // More than are remembered, so that each is new whenever its turn comes.
    const many = Array.from({ length: limits.rememberedTokens + 2000 }, () => `Bearer ${site.token()}`)
    const unknown = () =>
      formatKey({ prefix: 'cg', id: newKeyId(randomBytes), secret: newKeySecret(randomBytes) })
    const strangers = Array.from({ length: 20_000 }, () => `Bearer ${unknown()}`)
    const pair = basicOf(key)
    const asking: Way = { path: '/.auth/token', headers: { Authorization: pair }, form: tokenForm }
    const all: Readonly<Record<string, Way>> = {
      session: { headers: {}, cookieFile: write('cookies', [cookie]) },
      'api key': { headers: { 'X-Api-Key': key } },
      'short token': { headers: { Authorization: `Bearer ${await shortToken(first.url, site.url, pair)}` } },
      'token request': asking,
      'remembered token': { headers: { Authorization: `Bearer ${site.token()}` } },
      'never seen token': { headers: {}, authorizationFile: write('tokens', many) },
      'unknown key': { headers: {}, authorizationFile: write('keys', strangers), refused: true },
      'mistyped key': { headers: { 'X-Api-Key': 'cg_mistyped' }, refused: true },
    }
    const isWanted = (name: string): boolean =>
      of.only === null || name === 'session' || of.only.includes(name)
    const ways = Object.fromEntries(Object.entries(all).filter(([name]) => isWanted(name)))
    const costs: Record<string, number>[] = []
    for (let round = 0; round <= of.rounds; round++) {
      const cost: Record<string, number> = {}
      const inTurn = Object.entries(ways)
      for (const [name, way] of round % 2 === 0 ? inTurn : inTurn.toReversed()) {
        const gateway = way.refused === true ? second : first
        const before = cpuMicros(gateway.pid)
        const load = {
          url: `${gateway.url}${way.path ?? '/admin/users?page=2'}`,
          seconds: of.seconds,
          connections: 20,
        }
        const host = { Host: new URL(site.url).host }
        const requests = await putLoad({ ...load, ...way, headers: { ...host, ...way.headers } })
        cost[name] = (cpuMicros(gateway.pid) - before) / requests
      }
      if (round > 0) costs.push(cost)
    }
    const medianOf = (read: (cost: Readonly<Record<string, number>>) => number) =>
      rounded(median(costs.map(read)))
    const names = Object.keys(ways)
    return {
      cpuMicrosPerRequest: Object.fromEntries(
        names.map((name) => [name, medianOf((cost) => cost[name] ?? 0)]),
      ),
      ratios: Object.fromEntries(
        names.slice(1).map((name) => [name, medianOf((cost) => (cost[name] ?? 0) / (cost.session ?? 1))]),
      ),
    }
  } finally {
    await site.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const tokenForm = 'grant_type=client_credentials'

/** Id and secret of a whole key, as `Basic` (RFC 7617). */
function basicOf(key: string): string {
  const [prefix, id, secret] = key.split('_')
  return `Basic ${Buffer.from(`${prefix}_${id}:${secret}`).toString('base64')}`
}

async function shortToken(gateway: string, site: string, pair: string): Promise<string> {
  const answer = await sent(`${gateway}/.auth/token`, new URL(site).host, pair)
  const { access_token: token }: { access_token?: unknown } = JSON.parse(answer)
  if (typeof token !== 'string') throw new Error(`no token was given: ${answer}`)
  return token
}

/** `fetch` sends no Host of its own. */
function sent(url: string, host: string, authorization: string): Promise<string> {
  const headers = { host, authorization, 'content-type': 'application/x-www-form-urlencoded' }
  return new Promise((resolve, reject) => {
    const asking = request(url, { method: 'POST', headers }, (answer) => {
      answer.setEncoding('utf8')
      let text = ''
      answer.on('data', (part) => (text += part)).on('end', () => resolve(text))
    })
    asking.on('error', reject).end(tokenForm)
  })
}
