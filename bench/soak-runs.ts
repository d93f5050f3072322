import { setTimeout } from 'node:timers/promises'
import { Browser } from '../test/support/browser.ts'
import { rawClient } from '../test/support/raw.ts'
import type { Measures, SoakSite } from './soak-site.ts'

/** One line of the table. */
export interface Outcome {
  readonly case: string
  readonly what: string
  readonly count: number
  readonly measured: string
  readonly bound: string
  readonly ok: boolean
}

const navigation = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

/** Runs `count` times, sixteen at once. */
async function inParallel(count: number, run: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) await run(i)
  }
  await Promise.all(Array.from({ length: 16 }, lane))
}

/** Measures when garbage has been collected, as far as that can be known from outside: the least of some looks. */
async function settled(site: SoakSite): Promise<Measures> {
  let least = site.measure()
  for (let look = 0; look < 10; look++) {
    await setTimeout(500)
    const { mebibytes, handles, cpuMicros } = site.measure()
    least = {
      mebibytes: Math.min(least.mebibytes, mebibytes),
      handles: Math.min(least.handles, handles),
      cpuMicros,
    }
  }
  return least
}

/** S-117: one browser that is sent to sign in again and again never carries much. */
export async function oneBrowser(site: SoakSite, count: number): Promise<Outcome> {
  const browser = new Browser()
  let most = 0
  let longest = 0
  let refused = 0
  for (let i = 0; i < count; i++) {
    const page = await browser.visit(`${site.url}/deep/${i}?${'q'.repeat(i % 1400)}`, { follow: false })
    if (page.status !== 302) refused += 1
    const cookies = [...browser.cookies('localhost')].map((pair) => pair.join('='))
    most = Math.max(most, cookies.length)
    longest = Math.max(longest, cookies.join('; ').length)
  }
  return {
    case: 'S-117',
    what: 'navigations of one browser',
    count,
    measured: `${most} cookies, ${longest} bytes, ${refused} refused`,
    bound: '5 cookies, 4096 bytes, 0 refused',
    ok: most <= 5 && longest < 4096 && refused === 0,
  }
}

/** S-118: strangers that never come back leave nothing behind. */
export async function navigations(site: SoakSite, count: number): Promise<Outcome> {
  let refused = 0
  const visit = async (i: number): Promise<void> => {
    const { status } = await site.ask(`/deep/${i}`, { headers: navigation })
    if (status !== 302) refused += 1
  }
  await inParallel(count / 2, visit)
  const before = await settled(site)
  await inParallel(count, visit)
  const grown = (await settled(site)).mebibytes - before.mebibytes
  return {
    case: 'S-118',
    what: 'navigations without a cookie jar, after half as many to warm up',
    count,
    measured: `${grown.toFixed(1)} MiB more, ${refused} refused`,
    bound: '20 MiB more, 0 refused',
    ok: grown < 20 && refused === 0,
  }
}

/** S-239: garbage costs little, and nobody else hears of it. */
export async function garbage(site: SoakSite, count: number): Promise<Outcome> {
  const asked = () => Object.values(site.op.counts).reduce((sum, one) => sum + one, 0)
  const before = { asked: asked(), cpu: site.measure().cpuMicros, seen: site.echo.received.length }
  const cookie = `claimgate-${site.port}`
  let odd = 0
  await inParallel(count, async (i) => {
    const text = `${i.toString(36)}${'A'.repeat(i % 300)}`
    const kinds = [
      { target: '/x', headers: { cookie: `${cookie}=${text}` } },
      { target: `/.auth/callback?code=${text}&state=${text}`, headers: {} },
      {
        target: `/.auth/callback?state=${text}`,
        headers: { cookie: `${cookie}-tx-${text}=${text}.${text}` },
      },
    ] as const
    const { target, headers } = kinds[i % 3] ?? kinds[0]
    const { status } = await site.ask(target, { headers })
    if (status !== 400 && status !== 401) odd += 1
  })
  const micros = (site.measure().cpuMicros - before.cpu) / count
  const heard = asked() - before.asked + site.echo.received.length - before.seen
  return {
    case: 'S-239',
    what: 'garbage cookies and callbacks',
    count,
    measured: `${micros.toFixed(0)} µs of CPU each, ${heard} heard of by others, ${odd} odd answers`,
    bound: '1000 µs, 0, 0',
    ok: micros < 1000 && heard === 0 && odd === 0,
  }
}

/** S-241: mixed traffic with clients that go away; afterwards everything is as it was. */
export async function mixedTraffic(site: SoakSite, seconds: number): Promise<readonly Outcome[]> {
  const cookie = await site.signIn()
  let odd = 0
  const one = async (i: number): Promise<void> => {
    const { status } = await mixed(site, cookie, i)
    if (status >= 500 && status !== 503) odd += 1
  }
  const round = async (until: number): Promise<number> => {
    let count = 0
    for (; Date.now() < until; count += 160) {
      await inParallel(160, (i) => one(count + i))
      // The app of the soak keeps what it saw.
      ;(site.echo.received as unknown[]).length = 0
    }
    return count
  }
  await round(Date.now() + (seconds * 1000) / 2)
  const before = await settled(site)
  const count = await round(Date.now() + seconds * 1000)
  const after = await settled(site)
  const grown = after.mebibytes - before.mebibytes
  const handles = after.handles - before.handles
  return [
    {
      case: 'S-241',
      what: `mixed traffic with aborts, ${seconds} s`,
      count,
      measured: `${grown.toFixed(1)} MiB and ${handles} handles more, ${odd} odd answers`,
      bound: '20 MiB, 40 handles, 0',
      ok: grown < 20 && handles <= 40 && odd === 0,
    },
  ]
}

const gone = { status: 0 }

async function mixed(site: SoakSite, cookie: string, i: number): Promise<{ readonly status: number }> {
  const headers = { cookie }
  const head = `Host: localhost:${site.port}\r\nCookie: ${cookie}\r\n`
  switch (i % 8) {
    case 0:
      return site.ask('/public/x')
    case 1:
      return site.ask('/x', { method: 'POST', headers, body: 'x'.repeat(10_000) })
    case 2:
      return site.ask('/x', { headers: navigation })
    case 3:
      return site.ask('/.auth/me', { headers })
    case 4: {
      const client = await rawClient(site.port, `POST /x HTTP/1.1\r\n${head}Content-Length: 1000\r\n\r\npart`)
      client.destroy()
      return gone
    }
    case 5: {
      const client = await rawClient(site.port, `GET /x HTTP/1.1\r\n${head}\r\n`)
      client.destroy()
      return gone
    }
    case 6: {
      const client = await rawClient(site.port, 'no HTTP\r\n\r\n')
      await client.closed()
      return gone
    }
    default:
      return site.ask('/x?page=2', { headers })
  }
}
