import type { App } from '../../core/gateway.ts'
import type { Finding, FindingsOf } from '../finding.ts'
import type { UpstreamAnswer } from './answer.ts'
import type { AskedPath } from './ask.ts'
import { isOfAws } from './aws-hosts.ts'
import { lockOf } from './lock.ts'

/** What an app says to whoever may not: what everything else is more than, for a stranger. */
export const refusals: ReadonlySet<number> = new Set([401, 403])

/**
 * The app itself refuses the gateway, which it may where it wants to know who asks: doctor names nobody. `saw`: where, and
 * with which status. At a place that is open to anyone the gateway names nobody either.
 */
export function refusedFinding(
  say: FindingsOf,
  { app, location }: AskedPath,
  check: string,
  saw: string,
): Finding {
  const look = lookFor(app)
  if (location.access.kind === 'anyone')
    return say.warning(
      check,
      `${saw}, though the file opens it to anyone`,
      `Whoever opens it gets this: ${look}.`,
    )
  const why = app.sharedSecret === null ? 'knows nothing of the gateway' : 'expects another secret'
  return say.note(
    check,
    `${saw}: it wants to know who asks, or ${why}`,
    `If signed-in people are refused as well, ${look}.`,
  )
}

/** What makes an app refuse a gateway that is right. */
function lookFor(app: App): string {
  const { sharedSecret } = app
  const address = `whether it compares REMOTE_ADDR: ${seenAddress(app)}`
  return sharedSecret === null
    ? `see ${address}`
    : `see whether the app reads the secret from \`${sharedSecret.header}\` and has the same one, and ${address}`
}

function seenAddress(app: App): string {
  if (app.upstream.lambda !== null)
    return 'it is the address of the client there, and of no proxy. Take that check out'
  return isOfAws(app)
    ? 'it is the address from which AWS was asked. Take that check out'
    : 'it is the address of this machine now'
}

/** Why a refusal of a stranger does not show that the app looks at the secret; `none` where it does. */
export type SameRefusal = 'none' | 'same-words' | 'words-change'

/**
 * Whether a stranger is refused in the very words that the gateway gets: nothing shows then that the app looks at the
 * secret. An app that refuses whoever it does not know may let in whoever writes a name into an identity header. Where the
 * words are others, a stranger asks once more: an app that never says the same twice tells nobody apart by that.
 */
export async function compareRefusals(
  { app }: AskedPath,
  asGateway: UpstreamAnswer | null,
  asStranger: UpstreamAnswer | null,
  askAgain: () => Promise<UpstreamAnswer>,
): Promise<SameRefusal> {
  if (lockOf(app) !== 'secret' || !isRefusal(asGateway) || !isRefusal(asStranger)) return 'none'
  if (asGateway.status !== asStranger.status) return 'none'
  if (isSameRefusal(asGateway, asStranger)) return 'same-words'
  const again = await askAgain()
  return isRefusal(again) && isSameRefusal(asStranger, again) ? 'none' : 'words-change'
}

type Answered = Extract<UpstreamAnswer, { kind: 'answered' }>

function isRefusal(answer: UpstreamAnswer | null): answer is Answered {
  return answer?.kind === 'answered' && refusals.has(answer.status)
}

function isSameRefusal(one: Answered, other: Answered): boolean {
  return (
    one.status === other.status &&
    one.errorType === other.errorType &&
    withoutIds(one.refusal ?? '') === withoutIds(other.refusal ?? '')
  )
}

/** Ids, times and the like differ from answer to answer: words with a digit in them, those of base64 too. */
function withoutIds(text: string): string {
  return text.replaceAll(/[\w+/=-]+/g, (word) => (/\d/.test(word) ? '…' : word))
}

export function sameRefusalFinding(
  say: FindingsOf,
  asked: AskedPath,
  check: string,
  { saw, same }: { readonly saw: string; readonly same: Exclude<SameRefusal, 'none'> },
): Finding {
  const { app, path, location } = asked
  const { socketPath, origin } = app.upstream
  const header =
    location.forwarding.identityHeaders[0]?.name ?? app.fallback.forwarding.identityHeaders[0]?.name
  const socket = socketPath === null ? '' : `--unix-socket ${socketPath} `
  const named = header === undefined ? '' : `-H '${header}: x' `
  return say.warning(
    check,
    `${saw}, in ${inWords[same]}: whether it looks at that cannot be told`,
    `A request that names somebody must not get in without the secret. Try it: \`curl -i ${socket}${named}${origin}${path}\`.`,
  )
}

const inWords = {
  'same-words': 'the words that it has for the secret',
  'words-change': 'words that change from answer to answer, as those for the secret may',
} as const
