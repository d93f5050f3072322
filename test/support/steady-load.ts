// Requests at a steady pace to some gateways, each with one of the sessions, and what became of them: which were not
// answered as the session is worth. An end of a session is told to it, so that it knows what is right from then on.
import { Agent, get } from 'node:http'
import type { HeldSession } from './shared-gateways.ts'

export interface LoadReport {
  readonly requests: number
  /** That failed in flight on what was killed. */
  readonly inFlight: number
  /** Of sessions that live, not answered by the app: the status or the error of each kind, and how often. */
  readonly failed: Readonly<Record<string, number>>
  /** Sessions that live and were sent to sign in. */
  readonly lost: number
  /** Ended sessions that a gateway let in a second after it had refused them, or after `everyEndHolds`. */
  readonly cameBack: number
  /** The longest time between an end and the sending of a request that was let in for it all the same. */
  readonly heldMs: number
}

export interface SteadyLoad {
  /** It is being ended: from now on it may be refused. */
  ending(session: HeldSession): void
  /** From now on this session has to be refused. */
  ended(session: HeldSession): void
  /** Until each gateway has refused each ended session, and answered each other one, in a request sent from now on. */
  settled(): Promise<void>
  /** Every gateway has to know by now of every end so far: whoever is let in from now on came back. */
  everyEndHolds(): void
  /** Something is killed now: what was sent before may have been in flight on it, and may fail. */
  killing(): void
  /** Which gateways are asked no more, or again: requests to a process that was killed say nothing of the others. */
  leave(port: number): void
  enter(port: number): void
  report(): LoadReport
  stop(): Promise<LoadReport>
}

interface Told {
  readonly session: HeldSession
  /** Whoever ends it may be told so later than a gateway. */
  isEnding: boolean
  endedAt: number | null
  /** When a gateway refused it first; another worker of the same one may take a second to hear of it. */
  readonly refusedAt: Map<number, number>
}

/** Between two requests to one gateway. */
const paceMs = 10

const navigation = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

export function startSteadyLoad(
  host: string,
  ports: readonly number[],
  sessions: readonly HeldSession[],
): SteadyLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
  const told: readonly Told[] = sessions.map((session) => ({
    session,
    isEnding: false,
    endedAt: null,
    refusedAt: new Map<number, number>(),
  }))
  const asked = new Set(ports)
  const failed: Record<string, number> = {}
  const lost = new Set<Told>()
  const cameBack = new Set<Told>()
  const pending = new Set<Promise<void>>()
  let [requests, heldMs, turn, inFlight] = [0, 0, 0, 0]
  let holds = false
  let killedAt = 0
  /** Of `settled`: what has still to be seen, as `port user`. */
  let missing: Set<string> | null = null

  async function send(port: number, one: Told): Promise<void> {
    requests += 1
    const sentAt = performance.now()
    const mark = missing
    const outcome = await status(agent, { host, port, cookie: one.session.cookie })
    // One that was killed or left meanwhile was in flight on it.
    if (!asked.has(port)) return
    const endedFor = one.endedAt === null ? null : sentAt - one.endedAt
    // While the store is away, a gateway does not know whether one that it does not remember has ended: 503.
    if (outcome !== 200 && (one.isEnding || one.endedAt !== null)) {
      if (!one.refusedAt.has(port)) one.refusedAt.set(port, performance.now())
      mark?.delete(`${port} ${one.session.user}`)
    } else if (outcome === 302) lost.add(one)
    else if (outcome !== 200 && sentAt < killedAt) inFlight += 1
    else if (outcome !== 200) failed[outcome] = (failed[outcome] ?? 0) + 1
    else if (endedFor === null) mark?.delete(`${port} ${one.session.user}`)
    else if (endedFor > 0) {
      heldMs = Math.max(heldMs, endedFor)
      const refusedAt = one.refusedAt.get(port) ?? Number.POSITIVE_INFINITY
      if (holds || sentAt > refusedAt + 1000) cameBack.add(one)
    }
  }

  const timer = setInterval(() => {
    turn += 1
    for (const port of asked) {
      const one = told[turn % told.length]
      if (one === undefined) continue
      const sent: Promise<void> = send(port, one).finally(() => pending.delete(sent))
      pending.add(sent)
    }
  }, paceMs)

  const report = (): LoadReport => ({
    requests,
    inFlight,
    failed: { ...failed },
    lost: lost.size,
    cameBack: cameBack.size,
    heldMs: Math.round(heldMs),
  })
  return {
    ending(session) {
      for (const one of told) if (one.session === session) one.isEnding = true
    },
    ended(session) {
      holds = false
      for (const one of told) if (one.session === session) one.endedAt = performance.now()
    },
    async settled() {
      const all = new Set([...asked].flatMap((port) => told.map((one) => `${port} ${one.session.user}`)))
      missing = all
      while (all.size > 0) await new Promise((resolve) => setTimeout(resolve, paceMs))
      missing = null
    },
    everyEndHolds() {
      holds = true
    },
    killing() {
      killedAt = performance.now()
    },
    leave: (port) => void asked.delete(port),
    enter: (port) => void asked.add(port),
    report,
    async stop() {
      clearInterval(timer)
      await Promise.all(pending)
      agent.destroy()
      return report()
    },
  }
}

interface Asked {
  readonly host: string
  readonly port: number
  readonly cookie: string
}

/**
 * The status, or the code of what went wrong. On a kept connection that the other end has just closed it is asked once
 * more on one of its own, as browsers do (RFC 9112 9.3.1).
 */
function status(agent: Agent | false, asked: Asked): Promise<number | string> {
  const { host, port, cookie } = asked
  return new Promise((resolve) => {
    const headers = { host, cookie, ...navigation }
    const request = get({ host: '127.0.0.1', port, path: '/page', headers, agent }, (response) => {
      response.on('error', () => resolve('cut'))
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isRetried = request.reusedSocket && error.code === 'ECONNRESET'
      resolve(isRetried ? status(false, asked) : (error.code ?? 'error'))
    })
  })
}
