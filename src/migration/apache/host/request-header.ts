import { foldHeaderName, isDroppedFromClients } from '../../../core/headers/names.ts'
import { isTokenName } from '../../../core/headers/token-headers.ts'
import type { Finding } from '../../finding.ts'
import type { Directive } from '../reading/tree.ts'
import { splitWords } from '../reading/words.ts'
import { told } from '../told.ts'
import { type HeaderNotes, type HeaderSet, headerName } from './header-set.ts'
import { tokenOf } from './tokens.ts'

/** No provider sends it: a header that is told of it is dropped from clients, and never set. */
const noClaim = 'no-such-claim'

/**
 * One `RequestHeader` line. What cannot be said is dropped from clients: nobody may write by themselves what httpd
 * wrote or took away. `inDoubt`: httpd does so for some requests alone.
 */
export function readRequestHeader(
  directive: Directive,
  headers: HeaderSet,
  prefix: string,
  notes: HeaderNotes,
  inDoubt = false,
): void {
  const words = splitWords(directive.rest).filter((word) => word !== 'early')
  const [action = '', name = '', value = '', condition] = words
  const say = (id: string, kind: Finding['kind'], message: string) =>
    notes.report({ id, kind, at: directive.at, what: told(directive), message, effect: null })
  const verb = action.toLowerCase()
  if (/^x[-_]forwarded[-_](?:for|proto|host|port)$|^host$|^destination$/i.test(name)) {
    say('header-forwarded', 'not-needed', 'the gateway writes the forwarding headers itself')
    return
  }
  if (!headers.takes(name)) {
    say(
      'header-reserved',
      'not-convertible',
      'HTTP or the gateway gives this header its meaning: it is left as it is',
    )
    return
  }
  if (verb === 'unset') {
    sayUnset(name, headers, say)
    return
  }
  const from = /^(?:set|setifempty|add|append|merge)$/.test(verb) ? sourceOf(value, prefix, name) : null
  const conditional = condition !== undefined && !/^env=(?:OIDC_|REMOTE_USER)/i.test(condition)
  if (from === null || conditional || inDoubt) {
    headers.tell(name, noClaim)
    const why = inDoubt
      ? 'for which requests it is written nobody knows here'
      : 'what it writes has no counterpart: `identity_headers` takes claims, `upstream.headers` fixed texts'
    const message = `${why}. Nobody else may write the header, so it is dropped from what clients send`
    say('header-value', 'not-convertible', message)
    return
  }
  const renamed = headerName(name) === name ? '' : `, spelled ${headerName(name)}`
  const alone = /^set/.test(verb) ? '' : '; it takes the place of what a client sends'
  const kind = renamed === '' && alone === '' ? 'kept' : 'changed'
  if (from.kind === 'claim') {
    headers.tell(name, from.path)
    say('header-claim', kind, `\`identity_headers\`: ${from.path}${renamed}${alone}`)
    return
  }
  const variable = headerName(name).toUpperCase().replaceAll('-', '_')
  const secret = /secret|token|key|auth|password/i.test(name)
  const written = secret
    ? variableFor(variable, `${directive.at.file}:${directive.at.line}`, headers, notes)
    : value
  headers.fix(name, written)
  say('header-fixed', kind, `\`headers\` of the upstream or location${renamed}${alone}`)
}

/** A name of its own for each line: two secrets in two sections are two. */
function variableFor(name: string, place: string, headers: HeaderSet, { variable }: HeaderNotes): string {
  const taken = Object.values(headers.all().fixed).includes(`\${env:${name}}`)
  const own = taken ? `${name}_${place.replaceAll(/\W+/g, '_').toUpperCase()}` : name
  variable({ name: own, purpose: `the value of the header that ${place} sets` })
  return `\${env:${own}}`
}

const ofTransfer = /^(?:accept-encoding|range|if-[a-z-]+|cache-control|pragma|connection|te|keep-alive)$/

function sayUnset(
  name: string,
  headers: HeaderSet,
  say: (id: string, kind: Finding['kind'], message: string) => void,
): void {
  const folded = foldHeaderName(headerName(name))
  if (isDroppedFromClients(folded)) {
    say('header-unset', 'kept', 'the gateway drops it from what clients send, in any spelling')
  } else if (ofTransfer.test(folded)) {
    say('header-unset', 'changed', 'is about how an answer is sent: the app gets it as the client sent it')
  } else {
    headers.tell(name, noClaim)
    const message = `dropped from what clients send, as an identity header of a claim that nobody has (\`${noClaim}\`)`
    say('header-unset', 'kept', message)
  }
}

type Source = { readonly kind: 'claim'; readonly path: string } | { readonly kind: 'text' }

/** What mod_headers puts in: a claim of the environment, the user, or a text. Null: something else. */
function sourceOf(value: string, prefix: string, header: string): Source | null {
  const variable = /^(?:expr=)?%\{(?:env:)?([\w.:-]+)\}[es]?$/.exec(value)?.[1]
  if (variable === undefined) {
    return /%\{|^expr=|%[tDs]/.test(value) || !/^[!-~](?:[\t -~]*[!-~])?$/.test(value)
      ? null
      : { kind: 'text' }
  }
  if (variable.toUpperCase() === 'REMOTE_USER') return { kind: 'claim', path: 'user' }
  const token = tokenOf(variable, header)
  if (token !== null) return { kind: 'claim', path: token }
  if (!variable.toUpperCase().startsWith(prefix.toUpperCase())) return null
  const claim = variable.slice(prefix.length)
  // By that name alone it would be the token.
  if (isTokenName(claim.toLowerCase())) return null
  // The environment's names have no case, so people write them in capitals.
  return { kind: 'claim', path: claim === claim.toUpperCase() ? claim.toLowerCase() : claim }
}
