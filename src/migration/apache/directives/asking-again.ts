import { readPathParameters } from '../access/path-parameters.ts'
import { actionOf, leastRecheckSeconds, secondsOf, usualRecheckSeconds } from '../provider/recheck.ts'
import type { Directive } from '../reading/tree.ts'
import { splitWords } from '../reading/words.ts'
import { changed, missing, own, type Said } from './said.ts'

/**
 * What is said of one line that asks the provider again, or keeps a form until it has; null for every other line. What
 * becomes of it in the result hangs on its place.
 */
export function saidOfAskingAgain(line: Pick<Directive, 'key' | 'rest'>): Said | null {
  const [word = ''] = splitWords(line.rest)
  switch (line.key) {
    case 'oidcuserinforefreshinterval':
      return ofUserinfo(line)
    case 'oidcrefreshaccesstokenbeforeexpiry':
      return ofRefresh(line)
    case 'oidcpreservepost':
      return word.toLowerCase() === 'on' ? preservedPost : { kind: 'kept', message: '`resume: none`' }
    case 'oidcpathauthrequestparams':
      return ofParameters(word)
    case 'oidcpathscope':
      return word.includes('%{')
        ? missing('an expression decided it at each request: write `scopes` in a `step_up`')
        : changed(
            'is `scopes` in the `step_up` there: it is asked for beside the provider’s `scopes`, and the provider must have granted it',
          )
    case 'oidcunautzaction':
      return ofAction(word.toLowerCase())
    default:
      return null
  }
}

function ofParameters(text: string): Said {
  const { acrValues, authContext, maxAgeSeconds, problems, others, prompt } = readPathParameters(text)
  if (problems.length > 0) return missing(problems.join('; '))
  if (acrValues.length > 0 || authContext !== null || maxAgeSeconds !== null) {
    return changed(
      'is `step_up` there: asked for and checked. Who comes back without it gets 403; httpd went round in a circle',
    )
  }
  const names = [...(prompt === null ? [] : ['prompt']), ...Object.keys(others)]
  return missing(
    `${names.map((name) => `\`${name}\``).join(', ')}: nothing would be checked by it, and whoever signs in can edit it out. Write \`step_up\` with \`max_age\`, \`acr_values\`, \`auth_context\` or \`scopes\` beside it`,
  )
}

function ofAction(action: string): Said {
  if (action === 'auth')
    return changed(
      'whom a `step_up` would help is sent to the provider, and gets 403 when it is still not met; whom any other rule refuses gets 403 at once',
    )
  if (action === '403') return own('what a rule refuses is 403')
  if (action === '302') return missing('what a rule refuses is 403 with a page; nobody is sent elsewhere')
  return changed('what a rule refuses is 403')
}

const preservedPost = changed(
  '`resume: forms`, the default: a form of the app’s own page is kept by the gateway and not by the browser, whatever its type, for whoever was signed in and signs in again. Of nobody else a form is kept',
)

const never = own('`recheck: never`, the default')

function ofUserinfo(line: Pick<Directive, 'rest'>): Said {
  const seconds = secondsOf(line)
  if (seconds === null) return never
  const often = seconds < leastRecheckSeconds ? ' A minute is the shortest.' : ''
  return changed(
    `the provider’s \`recheck\`: it is asked for a refreshed ID token and userinfo, and rules judge the new claims.${often} While it does not answer, people sign in again after \`unanswered\`: write a longer time to let them go on${actionText(line)}`,
  )
}

function ofRefresh(line: Pick<Directive, 'rest'>): Said {
  if (secondsOf(line) === null) return never
  return changed(
    `the provider’s \`recheck\`: it is asked by the clock (every ${usualRecheckSeconds / 60} minutes where nothing else says how often), as the gateway goes by claims and not by the end of an access token. A refresh token that is refused ends the session: pages sign in again, the rest gets 401. Without a refresh token userinfo is asked while the access token lives${actionText(line)}`,
  )
}

function actionText(line: Pick<Directive, 'rest'>): string {
  const action = actionOf(line)
  return action === null ? '' : `; httpd did \`${action}\``
}
