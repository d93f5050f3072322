import { patternKey } from '../../path-pattern.ts'
import { lastOf, wordsOf } from '../reading/last.ts'
import type { Base } from './bases.ts'
import type { HostWork } from './host-work.ts'
import { sayHost } from './host-work.ts'
import type { ConvertedLocation } from './locations.ts'

/** A path that no section covers is open in httpd, which is easily forgotten. */
export function noteOpen(locations: readonly ConvertedLocation[], { prefix }: Base, work: HostWork): void {
  const root = locations.find(({ pattern }) => pattern.segments.length === prefix.length && !pattern.exact)
  if (root === undefined || root.sections.length > 0) return
  const path = patternKey({ segments: prefix, exact: false })
  sayHost(
    work,
    'open-by-default',
    'suspect',
    `no section covers ${path}: httpd opens what nothing is said of, and so does the result (\`require: anyone\`). Leave that location out, and what is not named is closed`,
  )
}

/** What clients may send that httpd passed on and the gateway refuses, as servers read it in different ways. */
export function notePaths({ report }: HostWork): void {
  report({
    id: 'paths-refused',
    kind: 'changed',
    at: null,
    what: 'paths with `//`, `;`, %2F, %23, %3F or %25',
    message:
      'httpd passed them on; here they get 400 unless the app says in `allow_encoded` that it needs them, and then each reading is judged',
    effect: null,
  })
}

/** How people are told no: the verdict is the same, the status is another. */
export function noteStatuses({ host, report }: HostWork): void {
  const directives = [...host.directives, ...host.sections.flatMap((section) => section.directives)]
  if (wordsOf(directives, 'AuthzSendForbiddenOnFailure')[0]?.toLowerCase() !== 'on') {
    report({
      id: 'forbidden',
      kind: 'changed',
      at: null,
      what: 'the default of AuthzSendForbiddenOnFailure',
      message:
        'whoever is signed in and may not pass gets 403; httpd answered 401, as if nobody were signed in',
      effect: null,
      announces: ({ claims }) => claims !== null,
    })
  }
  if (wordsOf(host.directives, 'OIDCRedirectURI').length === 0) return
  report({
    id: 'no-redirect',
    kind: 'changed',
    at: null,
    what: 'the default of OIDCUnAuthAction',
    message:
      'without a session only navigations by GET and HEAD are sent to sign in; everything else gets 401, where mod_auth_openidc redirected a POST and lost its body',
    effect: null,
    announces: ({ claims, method }) => claims === null && method !== 'GET' && method !== 'HEAD',
  })
}

/** `hd` in the request only preselects: without a rule every Google account passes. */
export function noteHostedDomain(ruleClaims: readonly string[], work: HostWork): void {
  const directive = lastOf(work.host.directives, 'OIDCAuthRequestParams')
  if (directive === null || !/(?:^|[&"'\s])hd=/.test(directive.rest)) return
  if (ruleClaims.some((claim) => claim === 'hd' || claim === 'email')) return
  work.report({
    id: 'hosted-domain',
    kind: 'suspect',
    at: directive.at,
    what: `OIDCAuthRequestParams ${directive.rest}`,
    message:
      '`hd` only preselects an account, and no rule asks for it: every Google account gets in, as before. Write `require: { hd: … }`',
    effect: null,
  })
}
