import type { Finding } from '../../finding.ts'
import type { YamlValue } from '../../yaml.ts'
import { lastOf, wordsOf } from '../reading/last.ts'
import type { VirtualHost } from '../reading/site.ts'
import { told } from '../told.ts'

/** `timeouts.body` of `RequestReadTimeout`; null where it says nothing of bodies. */
export function readBodyPace(host: VirtualHost, report: (finding: Finding) => void): YamlValue | null {
  const directive = lastOf(host.directives, 'RequestReadTimeout')
  if (directive === null) return null
  const say = (kind: Finding['kind'], message: string): void =>
    report({ id: 'body-pace', kind, at: directive.at, what: told(directive), message, effect: null })
  const word = wordsOf(host.directives, 'RequestReadTimeout').find((one) => /^body=/i.test(one))
  if (word === undefined) {
    say('not-needed', 'heads have time limits of their own')
    return null
  }
  const [, grace, rate] = /^body=(\d{1,6})(?:-\d+)?(?:,MinRate=(\d{1,9}))?$/i.exec(word) ?? []
  if (grace === '0') {
    say('kept', '`timeouts.body: off`')
    return 'off'
  }
  if (grace === undefined) {
    say('not-convertible', 'is not read: write `timeouts.body`')
    return null
  }
  const whole = rate === undefined ? ': httpd gave the whole body that time, here its pace counts' : ''
  say(whole === '' ? 'kept' : 'changed', `\`timeouts.body\`${whole}`)
  return { grace: `${grace}s`, ...(rate === undefined ? {} : { min_rate: Number(rate) }) }
}
