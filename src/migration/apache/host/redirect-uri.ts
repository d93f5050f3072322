import type { Finding } from '../../finding.ts'
import type { ConvertedProvider } from '../provider/provider.ts'
import { lastOf, wordsOf } from '../reading/last.ts'
import type { PathSection } from '../reading/section.ts'
import { isBelow } from './bases.ts'
import type { HostWork } from './host-work.ts'

/** The path of `OIDCRedirectURI`, which is the gateway's own, and what `redirect_uri` says. */
export interface ConvertedRedirectUri {
  readonly path: string
  readonly key: string
}

/** As it is registered, unless several providers share it and do not say in their answers who they are. */
export function convertRedirectUri(work: HostWork): ConvertedRedirectUri | null {
  const directive = lastOf(work.host.directives, 'OIDCRedirectURI')
  if (directive === null) return null
  const [text = ''] = wordsOf(work.host.directives, 'OIDCRedirectURI')
  const [, path = ''] = /^(?:https?:\/\/[^/]+|\$\{\w+\})?(\/[^?#]*)?/.exec(text) ?? []
  const place = {
    at: directive.at,
    what: `OIDCRedirectURI ${directive.rest}`,
    effect: null,
    id: 'redirect-uri',
  }
  if (path === '' || path === '/') {
    const message =
      'has no path of its own: register `/.auth/callback` at the provider, or write `redirect_uri`'
    work.report({ ...place, kind: 'not-convertible', message })
    return null
  }
  if (saysWhoItIs(work.providers)) {
    work.report({
      ...place,
      kind: 'kept',
      message: `\`redirect_uri: ${path}\`, as it is registered. ${links}`,
    })
    return { path, key: path }
  }
  const each = work.providers.map(({ name }) => `\`${path}/${name}\` at ${name}`).join(', ')
  work.report({
    ...place,
    kind: 'changed',
    message: `\`redirect_uri: ${path}/{provider}\`: each provider has a redirect URI of its own, so that nobody brings the answer of one to another. Register ${each}; or write \`response_iss: required\` at all of them but one, where they send \`iss\` (RFC 9207), and keep \`${path}\`. ${links}`,
  })
  return { path, key: `${path}/{provider}` }
}

const links =
  'Its `?logout=` is `/.auth/logout` now, `?info=json` is `/.auth/me`: links in apps have to follow'

/** Whether of every answer it can be told whose it is: all providers but one put their issuer into it. */
function saysWhoItIs(providers: readonly ConvertedProvider[]): boolean {
  return providers.filter(({ keys }) => keys.response_iss !== 'required').length < 2
}

/** Whether a section covers what is below the redirect URI alone. */
export function isRedirect(
  { kind, pattern, at, text }: PathSection,
  redirect: ConvertedRedirectUri | null,
  report: (finding: Finding) => void,
): boolean {
  if (redirect === null || kind !== 'prefix' || !isBelow(pattern.replace(/(?<=.)\/$/, ''), redirect.path))
    return false
  report({
    id: 'redirect-section',
    kind: 'not-needed',
    at,
    what: text,
    message: 'the redirect URI is the gateway’s own, before any location',
    effect: null,
    leavesOut: true,
  })
  return true
}
