import type { Gateway, Origin } from '../../core/gateway.ts'
import type { Clock } from '../../core/ports.ts'
import { markHeader } from '../../core/session/mark.ts'
import { certificateFinding } from '../certificate.ts'
import { type Finding, findingsOf } from '../finding.ts'
import { ask, takeMark } from './ask.ts'
import { judgeAddress, judgeBelieved, judgePlainHttp } from './judge.ts'
import { believedIn } from './reached.ts'

/** The origin of the file that an address belongs to; null: none. */
export function originOf(gateway: Gateway, url: string): Origin | null {
  const asked = URL.parse(url)
  if (asked === null) return null
  return [...gateway.hosts.values()].find(({ origin }) => origin === asked.origin) ?? null
}

/** An address for documentation (RFC 5737), which is nobody's: who is taken for it was believed what he wrote. */
const forgedClient = '192.0.2.77'

/**
 * Asks the public address as a stranger who has a mark: whether it reaches this deployment, and what the process that it
 * reaches believes of the request. What is forged changes nothing but that one answer.
 */
export async function publicAddressFindings(
  gateway: Gateway,
  { origin, scheme, host }: Origin,
  clock: Clock,
): Promise<readonly Finding[]> {
  const say = findingsOf(origin)
  const given = await takeMark(gateway)
  if (!given.ok)
    return [
      say.failed(
        'this gateway',
        `no gateway of this configuration runs here: ${given.reason}`,
        'Start it, and run doctor as its user, on its machine or in its container.',
      ),
    ]
  const health = new URL(`${gateway.authPrefix}/health`, origin)
  const answer = await ask(health, { [markHeader]: given.mark })
  const reached = believedIn(answer)
  const findings = [judgeAddress(say, health.href, answer, reached, given.instance)]
  if (answer.ok && answer.certificateEndsAt !== null)
    findings.push(
      certificateFinding(say, `the certificate of ${host}`, answer.certificateEndsAt, clock.now()),
    )
  if (reached !== null) {
    const forged = { [markHeader]: given.mark, 'x-forwarded-for': forgedClient, 'x-real-ip': forgedClient }
    const again = believedIn(await ask(health, forged))
    findings.push(...judgeBelieved(say, { origin, scheme }, reached, again && again.client === forgedClient))
  }
  if (scheme === 'https' && !host.includes(':'))
    findings.push(judgePlainHttp(say, origin, await ask(new URL(`http://${host}/`))))
  return findings
}
