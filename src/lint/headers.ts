import { pathText } from '../config/node.ts'
import { foldHeaderName } from '../core/headers/names.ts'
import { asserting } from './assertions.ts'
import { type Check, foundAtKey } from './check.ts'
import { writtenHeaders } from './claim-reach.ts'
import { isWritten, type Subject } from './subject.ts'
import { tokenUses } from './tokens.ts'

/** What apps make of the headers that they get. */
export const headerChecks: readonly Check[] = [
  {
    id: 'header-special',
    severity: 'warning',
    finds: 'An identity header that apps and frameworks take for something else',
    why: 'Names such as `X-Client-IP`, `X-Original-URL`, `X-HTTP-Method-Override` or `Authorization` mean addresses, methods and credentials to frameworks. A claim would control what the app does.',
    fix: 'Choose a name that nothing else reads, such as `X-Forwarded-User` or `X-Wiki-Name`.',
    example: 'identity_headers: { X-Client-IP: user }',
    find: (subject) =>
      allWritten(subject)
        .filter(({ name }) => special.test(foldHeaderName(name)))
        .map(({ name, path }) => foundAtKey(subject, path, `${name} means something else to many apps`)),
  },
  {
    id: 'header-remote-user',
    severity: 'note',
    finds: 'A header of the REMOTE_USER family',
    why: 'WSGI, CGI and PHP make `HTTP_REMOTE_USER` of the header `Remote-User`. Code that reads `REMOTE_USER`, which the server itself sets, does not see it. They also fold `-`, `_` and case. So an app that is reached around the gateway believes `remote_user` from anybody.',
    fix: 'Read `HTTP_REMOTE_USER` in the app (Django: `header = "HTTP_REMOTE_USER"`), and compare the shared secret first.',
    example: 'identity_headers: { Remote-User: user }',
    find: (subject) =>
      allWritten(subject)
        .filter(({ name }) => /^(?:x-)?remote-/.test(foldHeaderName(name)))
        .map(({ name, path }) => {
          const variable = `HTTP_${foldHeaderName(name).replaceAll('-', '_').toUpperCase()}`
          return foundAtKey(subject, path, `apps behind WSGI see ${name} as ${variable}`)
        }),
  },
  {
    id: 'header-folds',
    severity: 'warning',
    finds: 'One header in two spellings that mean different claims',
    why: 'WSGI, CGI and PHP fold case, `-` and `_`. So under that name the app reads one claim at one location and another claim at another. Two spellings within one location are a fault of the file.',
    fix: 'Give each claim a name of its own.',
    example: `identity_headers: { X-User: user }
locations:
  - { path: /admin, require: signed_in, identity_headers: { X-USER: email } }`,
    find: (subject) => {
      const byPlace = new Map(allWritten(subject).map((header) => [pathText(header.path), header]))
      const headers = [...byPlace.values()]
      return headers.flatMap(({ app, name, from, path }, index) => {
        const before = headers.slice(0, index).find((other) => {
          const isOther = other.app === app && other.name !== name && other.from !== from
          return isOther && foldHeaderName(other.name) === foldHeaderName(name)
        })
        if (before === undefined) return []
        return [
          foundAtKey(subject, path, `${name} and ${before.name} are one header to apps, with two meanings`),
        ]
      })
    },
  },
  {
    id: 'provider-fills-header',
    severity: 'warning',
    finds: 'A header that any of several providers can fill',
    why: 'The app accepts several providers, and each of them can say what it likes in this claim. If a partner’s administrator names a group of yours, the app believes it.',
    fix: 'Send `provider` along (`X-Identity-Provider: provider`) and have the app look at both. Or remove the header.',
    example: `provider: [staff, partners]
identity_headers: { X-Forwarded-Groups: groups }`,
    find: (subject) =>
      writtenHeaders(subject)
        .filter(({ app, from }) => app.providers.length > 1 && from !== 'user' && from !== 'provider')
        .map(({ app, name, path }) => {
          const names = app.providers.map((provider) => `"${provider}"`).join(' and ')
          return foundAtKey(subject, path, `${names} can each fill ${name}`)
        }),
  },
]

/** Those with claims, those with tokens and those with assertions; what a mapping names is a claim, though it be called as a token is. */
function allWritten(subject: Subject) {
  const claims = writtenHeaders(subject).map((header) => ({ ...header, from: `claim ${header.from}` }))
  const tokens = tokenUses(subject).map(({ app, header, path }) => ({
    ...{ app, path, name: header.name, from: header.token as string },
  }))
  const assertions = asserting(subject)
    .map(({ app, settings, path }) => ({
      ...{ app, path: [...path, 'header'], name: settings.header, from: 'an assertion' },
    }))
    .filter(({ path }) => isWritten(subject, path))
  return [...claims, ...tokens, ...assertions]
}

/** Folded names that decide about addresses, paths, methods, hosts and credentials. */
const special =
  /^(?:authorization|accept|accept-.*|user-agent|origin|referer|range|if-.*|date|via|(?:x-|true-)?client-ip|x-cluster-client-ip|cf-connecting-ip|x-original-.*|x-rewrite-.*|x-(?:http-)?method(?:-override)?|x-http-method.*|x-forwarded-(?:scheme|ssl|server|path|uri|method|protocol)|x-(?:url-)?scheme|x-host|script-name|x-script-name|path-info|x-path-info|request-uri|request-method|query-string|front-end-https|x-requested-with|x-csrf-.*|x-middleware-.*)$/
