import { never, type Rule } from '../../rule.ts'
import type { Context, RemoteUser } from '../context.ts'
import { type RequireNode, rulesOf } from '../reading/require.ts'
import type { Say } from './findings.ts'

/** Who may pass, and by what; absent: by a session. */
export interface ByCredentials {
  readonly require: Rule
  readonly credentials?: Credentials
}

type Credentials = readonly ('session' | 'bearer')[]

/** Who `Require user` means at a place: of a place that takes tokens alone, whom the token says. */
export function userAt(authType: string, { remoteUser, tokenUser }: Context): RemoteUser {
  return authType === 'oauth20' && tokenUser !== null ? tokenUser : remoteUser
}

/** By what somebody comes at a place whose rule asks who it is; null: by a session, as everywhere. */
export function convertTokens(
  authType: string,
  rule: Rule,
  requires: RequireNode,
  context: Context,
  say: Say,
): ByCredentials | null {
  if (authType === 'oauth20') return ofTokensAlone(rule, context, say)
  return authType === 'auth-openidc' ? besideSessions(rule, requires, context, say) : null
}

function ofTokensAlone(rule: Rule, { tokenUser }: Context, say: Say): ByCredentials {
  if (tokenUser === null) {
    const message =
      'took bearer tokens, and which ones no line says that means something here: nobody gets in until `bearer` is written at the provider, and `credentials: [bearer]` here'
    say('bearer', 'not-convertible', message, 'stricter', () => true)
    return { require: never }
  }
  say('bearer', 'changed', `\`credentials: [bearer]\`: a session opens nothing here, as before. ${untold}`)
  noteOptions(say)
  return { credentials: ['bearer'], require: rule }
}

const untold =
  'The app does not get the token (`upstream_authorization: strip`); if it reads it, write `forward`'

/** mod_auth_openidc let such a request through as nobody, past every `Require claim` and `valid-user`. */
function noteOptions(say: Say): void {
  const message =
    'OPTIONS without a token was let through to the app as nobody; here it gets 401. For requests of other sites write `cors`'
  say(
    'bearer-options',
    'changed',
    message,
    'stricter',
    ({ method, byToken }) => method === 'OPTIONS' && !byToken,
  )
}

function besideSessions(
  rule: Rule,
  requires: RequireNode,
  { tokenUser, remoteUser }: Context,
  say: Say,
): ByCredentials | null {
  const byToken = (message: string): null => {
    say('bearer', 'not-convertible', message, 'stricter', ({ byToken }) => byToken === true)
    return null
  }
  if (tokenUser === null)
    return byToken(
      'took bearer tokens beside a session: here it takes a session alone, until `bearer` is written at the provider, and `credentials: [session, bearer]` here',
    )
  const namesUsers = rulesOf(requires).some(({ test }) => test.kind === 'user')
  if (namesUsers && JSON.stringify(tokenUser) !== JSON.stringify(remoteUser))
    return byToken(
      '`Require user` means another claim of a token than of a session: here it takes a session alone',
    )
  say('bearer', 'changed', `\`credentials: [session, bearer]\`. ${untold}`)
  return { credentials: ['session', 'bearer'], require: rule }
}

/** Of several possibilities: by what somebody may come in each of them. Null: by nothing. */
export function credentialsOfEach(
  accesses: readonly { readonly require: Rule | 'maybe_signed_in'; readonly credentials?: Credentials }[],
): Pick<ByCredentials, 'credentials'> | null {
  const asking = accesses.filter(({ require }) => require === 'maybe_signed_in' || require.kind !== 'open')
  const [first, ...others] = asking.map(({ credentials }) => credentials ?? (['session'] as const))
  const common = (first ?? ['session']).filter((one) => others.every((other) => other.includes(one)))
  if (common.length === 0) return null
  return common.length === 1 && common[0] === 'session' ? {} : { credentials: common }
}
