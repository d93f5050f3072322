import { isCertificateCode } from '../../core/error-code.ts'
import type { Origin } from '../../core/gateway.ts'
import { showOwn } from '../../core/show.ts'
import type { Finding, FindingsOf } from '../finding.ts'
import type { Answer } from './ask.ts'
import type { Reached } from './reached.ts'

const proxyCure = 'See where its name leads, and what the proxy in front passes on.'

/** Whether the address leads to a process of this deployment. */
export function judgeAddress(
  say: FindingsOf,
  address: string,
  answer: Answer,
  reached: Reached | null,
  ownInstance: string,
): Finding {
  const check = 'this gateway'
  if (!answer.ok)
    return say.failed(
      check,
      `${address}: ${answer.code}`,
      isCertificateCode(answer.code)
        ? 'Browsers refuse this certificate too; an authority of your own is named to doctor by NODE_EXTRA_CA_CERTS.'
        : proxyCure,
    )
  if (reached !== null) {
    const which =
      reached.instance === ownInstance ? 'this very gateway' : 'another process of this deployment'
    return say.ok(check, `${address} reaches ${which}, edition ${reached.edition}`)
  }
  if (answer.status === 200 && answer.body.trim() === 'ok')
    return say.failed(
      check,
      `${address} reaches a gateway that does not open this one's mark`,
      'It has another `session.secret`, or a clock more than 10 s off, or a proxy takes the header off.',
    )
  const to = answer.location === null ? '' : ` to ${showOwn(answer.location)}`
  return say.failed(check, `${address} answers ${answer.status}${to}, which is not the gateway`, proxyCure)
}

/** What the process that was reached takes the request for. */
export function judgeBelieved(
  say: FindingsOf,
  { origin, scheme }: Pick<Origin, 'origin' | 'scheme'>,
  reached: Reached,
  /** Null: that could not be asked. */
  believesForged: boolean | null,
): readonly Finding[] {
  return [
    reached.origin === origin
      ? say.ok('Host', 'arrives as it was asked for')
      : say.failed(
          'Host',
          reached.origin === null
            ? 'arrives as one that no `url` of the file names'
            : `arrives as that of ${showOwn(reached.origin)}`,
          'The proxy in front must pass Host on as browsers send it.',
        ),
    clientFinding(say, reached, believesForged),
    ...(scheme === 'https' ? [schemeFinding(say, reached)] : []),
  ]
}

function clientFinding(say: FindingsOf, { client }: Reached, believesForged: boolean | null): Finding {
  if (believesForged)
    return say.failed(
      'client address',
      'X-Forwarded-For from outside is believed: whoever asks says where they come from',
      'The proxy in front must replace that header or add to it, and `trusted_proxies` must name proxies alone. (It is believed from this machine too, where that is one of them.)',
    )
  if (client === null)
    return say.failed(
      'client address',
      'nobody who is believed says one',
      'The proxy in front must send X-Forwarded-For; `trusted_proxies` is too wide where it names clients.',
    )
  const taken = `this machine is taken for ${showOwn(client)}`
  return believesForged === null
    ? say.note('client address', `${taken}; a request that forges another was not answered`)
    : say.ok('client address', `${taken}, and X-Forwarded-For from outside is not believed`)
}

function schemeFinding(say: FindingsOf, { scheme }: Reached): Finding {
  if (scheme === 'http')
    return say.failed(
      'scheme',
      'the proxy in front says `X-Forwarded-Proto: http` of a request by https',
      'Have it say https: as it is, browsers are redirected or refused.',
    )
  return say.ok(
    'scheme',
    scheme === null ? 'no proxy says otherwise than the file: https' : 'https, as the proxy in front says',
  )
}

/** Somebody who types the name without a scheme: to https, or nobody there. */
export function judgePlainHttp(say: FindingsOf, origin: string, answer: Answer): Finding {
  if (!answer.ok) return say.ok('http', `nobody answers by http (${answer.code})`)
  const target = answer.location === null ? null : URL.parse(answer.location, origin)
  if (answer.status >= 300 && answer.status < 400 && target?.origin === origin)
    return say.ok('http', `${answer.status} to https`)
  return say.warning(
    'http',
    `answers ${answer.status} by http${answer.location === null ? '' : ` to ${showOwn(answer.location)}`}`,
    `Have the proxy in front send people to ${origin}.`,
  )
}
