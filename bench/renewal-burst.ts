import { setTimeout } from 'node:timers/promises'
import { type RenewalSetup, startRenewalSite } from './renewal-site.ts'

export interface BurstOutcome {
  readonly requests: number
  readonly answers: Readonly<Record<string, number>>
  readonly refreshes: number
  /** Times that a spent refresh token came to the provider. */
  readonly alarms: number
  readonly seconds: number
}

/** So many connections to each gateway, each with its next request as soon as it was answered. */
const connections = 1000
/** The provider takes its time, so that the requests gather. */
const answersAfterMs = 1000

/**
 * Requests of one session, whose access token has just ended, at two gateways at once: every one of them is in need of
 * a new token at the same moment.
 */
export async function burst(requests: number, redis: string | null): Promise<BurstOutcome> {
  const setup: RenewalSetup = { redis, recheck: 'never', expiresIn: 1, connections }
  const site = await startRenewalSite(setup)
  try {
    site.op.bends.claims = (claims) => ({ ...claims, groups: ['staff'] })
    const cookie = await site.signIn('alice')
    site.op.bends.token = (answer) => ({ ...answer, expires_in: 3600 })
    site.op.bends.late = { token: () => setTimeout(answersAfterMs) }
    const before = site.op.refreshTokens.came.length
    const answers: Record<string, number> = {}
    const begun = performance.now()
    const asked = Array.from({ length: requests }, async (_, index) => {
      const { status, reason } = await site.ask(site.ports[index % 2] ?? 0, '/api/x', cookie)
      const name = `${status} ${reason}`.trim()
      answers[name] = (answers[name] ?? 0) + 1
    })
    await Promise.all(asked)
    const seconds = Math.round(performance.now() - begun) / 1000
    const { came, alarms } = site.op.refreshTokens
    return { requests, answers, refreshes: came.length - before, alarms, seconds }
  } finally {
    await site.close()
  }
}
