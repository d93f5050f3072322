import { isReservedInAnswers } from '../../../core/headers/response.ts'
import type { Finding } from '../../finding.ts'
import type { YamlValue } from '../../yaml.ts'
import type { Directive } from '../reading/tree.ts'
import { splitWords } from '../reading/words.ts'
import { told } from '../told.ts'

/** `response_headers`: what `Header` lines set and remove on answers. */
export interface ResponseHeaders {
  readonly set: Readonly<Record<string, string>>
  readonly remove: readonly string[]
}

export const noResponseHeaders: ResponseHeaders = { set: {}, remove: [] }

/** `Header` lines in their order, on top of what holds around them; what httpd does for some requests alone is not done. */
export function readResponseHeaders(
  directives: readonly Directive[],
  around: ResponseHeaders,
  report: (finding: Finding) => void,
  inDoubt = false,
): ResponseHeaders {
  const set = new Map(Object.entries(around.set))
  const remove = new Set(around.remove)
  for (const directive of directives.filter(({ key }) => key === 'header')) {
    const words = splitWords(directive.rest).filter((word) => !/^(?:always|onsuccess|early)$/i.test(word))
    const [verb = '', name = '', value = '', condition] = words
    const say = (id: string, kind: Finding['kind'], message: string): void =>
      report({ id, kind, at: directive.at, what: told(directive), message, effect: null })
    const known =
      !inDoubt &&
      /^[A-Za-z0-9-]+$/.test(name) &&
      !isReservedInAnswers(name.toLowerCase()) &&
      !ofCaches.test(name)
    const doesSet =
      verb.toLowerCase() === 'set' && condition === undefined && plain.test(value) && !value.includes('%')
    if (known && doesSet) {
      drop(set, name)
      remove.delete(name)
      set.set(name, value)
      say('answer-header', 'kept', '`response_headers: { set: … }`, on every answer')
    } else if (known && verb.toLowerCase() === 'unset' && value === '') {
      drop(set, name)
      remove.add(name)
      say('answer-header', 'kept', '`response_headers: { remove: … }`')
    } else {
      const message =
        'headers of answers are set to fixed texts and removed by `response_headers`; this line is not, and the app’s own stay'
      say('answer-header', 'not-convertible', message)
    }
  }
  return { set: Object.fromEntries(set), remove: [...remove] }
}

/** Nothing that httpd fills in. */
const plain = /^(?!expr=)[!-~](?:[\t -~]*[!-~])?$/
/** Allowed only where an answer is the same for everybody. */
const ofCaches = /^(?:cache-control|expires|vary)$/i

function drop(set: Map<string, string>, name: string): void {
  for (const key of set.keys()) if (key.toLowerCase() === name.toLowerCase()) set.delete(key)
}

/** As a value of `response_headers`; null where there is nothing to say. */
export function responseHeadersValue({ set, remove }: ResponseHeaders): YamlValue | null {
  if (Object.keys(set).length + remove.length === 0) return null
  return {
    ...(Object.keys(set).length === 0 ? {} : { set }),
    ...(remove.length === 0 ? {} : { remove }),
  }
}
