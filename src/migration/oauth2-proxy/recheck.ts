import { durationText } from '../duration-text.ts'
import type { YamlValue } from '../yaml.ts'
import type { OauthProxy } from './proxy.ts'
import { secondsOf } from './session.ts'

const leastSeconds = 60

/** `cookie_refresh` as the provider’s `recheck`. */
export function recheckOf(proxy: OauthProxy): Readonly<Record<string, YamlValue>> {
  const seconds = secondsOf(proxy.text('cookie_refresh') ?? '0')
  if (seconds === 0) {
    proxy.say('cookie_refresh', 'kept', '`recheck: never`, the default')
    return {}
  }
  if (seconds === null) {
    proxy.say('cookie_refresh', 'not-convertible', 'is no time: write `recheck` in the provider')
    return {}
  }
  const often = seconds < leastSeconds ? '. A minute is the shortest' : ''
  proxy.say(
    'cookie_refresh',
    'changed',
    `the provider’s \`recheck\`: it is asked again, and rules judge the new claims${often}. A session that it refuses ends, and none outlives \`max_lifetime\`, which a refresh put off before. While it does not answer, a session goes on: \`unanswered\` bounds that`,
  )
  return { recheck: durationText(Math.max(leastSeconds, seconds)) }
}
