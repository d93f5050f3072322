import type { ConfigNode, ConfigPath } from '../config/node.ts'
import { nodeAt } from '../config/node.ts'
import { clientPlaceholders } from '../config/schema/provider.ts'
import { type Check, foundAt, foundAtKey } from './check.ts'
import { storePasswordPaths } from './stores.ts'
import { isWritten, type Subject, whereOfApp } from './subject.ts'

/** What `init` writes until somebody knows the secret: `check` warns of it, and it opens nothing. */
const placeholder = `:-${clientPlaceholders.secret}}`

/** Secrets that others can read, or that are not there. */
export const secretChecks: readonly Check[] = [
  {
    id: 'secret-in-file',
    severity: 'warning',
    finds: 'A secret in plain text',
    why: `The file is copied, committed, shown and backed up. A secret in it is known wherever the file went, and stays in the history after you remove it. A fallback (\`\${env:NAME:-…}\`) is one too.`,
    fix: `Write \`"\${env:NAME}"\` or \`"\${file:/run/secrets/name}"\`, and change the secret.`,
    example: `providers:
  main: { client_secret: 8dWn2kQx0Zp4 }`,
    find: (subject) =>
      secretPaths(subject).flatMap((path) =>
        textsBelow(nodeAt(subject.root, path), path).flatMap(({ node, at }) => {
          const source = node.source.replaceAll(placeholder, '}')
          if (node.interpolated && !/\$\{env:[^}]*:-/.test(source)) return []
          const what = node.interpolated ? 'the fallback of this secret stands' : 'this secret stands'
          return [foundAt(subject, at, `${what} in the file, for whoever reads it`)]
        }),
      ),
  },
  {
    id: 'shared-secret-missing',
    severity: 'warning',
    finds: 'An app without `shared_secret`',
    why: 'The app cannot tell requests of the gateway from others. Whoever reaches it directly can write the identity headers.',
    fix: `Write \`shared_secret: "\${env:NAME}"\`, and let the app compare \`X-Gateway-Secret\`. If the network lets nobody else through, say so in a comment.`,
    example: `apps:
  wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5:5000", require: signed_in }`,
    find: (subject) =>
      subject.gateway.apps.flatMap(({ name, sharedSecret, upstream, identityAssertion }) =>
        sharedSecret === null && upstream.aws === null && identityAssertion === null
          ? [foundAtKey(subject, ['apps', name], `"${name}" cannot tell requests of the gateway from others`)]
          : [],
      ),
  },
  {
    id: 'shared-secret-reused',
    severity: 'note',
    finds: 'Several apps with one shared secret',
    why: 'Each of them knows what opens the others. Whoever breaks into one reaches the rest around the gateway, as anybody.',
    fix: 'Give each app a `shared_secret` of its own. If they are one system, leave it as it is.',
    example: `defaults:
  shared_secret: "\${env:SHARED_SECRET}"`,
    find: (subject) => {
      const first = new Map<string, string>()
      const reused = subject.gateway.apps.flatMap(({ name, sharedSecret }) => {
        const value = sharedSecret?.value.reveal()
        if (value === undefined) return []
        const before = first.get(value)
        if (before === undefined) first.set(value, name)
        return before === undefined ? [] : [{ name, before }]
      })
      return Map.groupBy(reused, ({ before }) => before)
        .entries()
        .flatMap(([before, apps]) => {
          const names = apps.map(({ name }) => `"${name}"`).join(', ')
          const path = whereOfApp(subject, apps[0]?.name ?? before, 'shared_secret')
          return path === null ? [] : [foundAtKey(subject, path, `"${before}" and ${names} share one secret`)]
        })
        .toArray()
    },
  },
  {
    id: 'session-secret-missing',
    severity: 'note',
    finds: 'No `session.secret`',
    why: 'The gateway makes one and keeps it in the `data` folder, or with `session.store: memory` nowhere. A second instance cannot open the cookies of the first. Without a volume, or with `memory`, everybody is signed out at each restart.',
    fix: `Write \`session: { secret: "\${env:SESSION_SECRET}" }\`.`,
    example: 'session: { idle_timeout: 30m }',
    find: (subject) =>
      subject.gateway.session.secrets.length > 0
        ? []
        : [foundAtKey(subject, ['session'], `without \`session.secret\` ${withoutSecret(subject)}`)],
  },
]

/** What is lost with a secret that the gateway makes itself. Redis and `cookie` demand one. */
function withoutSecret({ gateway }: Subject): string {
  return gateway.session.store.kind === 'memory'
    ? 'sign-ins that are under way end with the process, as sessions in `memory` do'
    : 'sessions serve one instance alone'
}

/** Headers of an upstream or a location that hold something secret. */
const secretHeader = /(?:authorization|secret|token|password|(?:api|access|function)s?-?key|credential)/i

function secretPaths(subject: Subject): readonly ConfigPath[] {
  const { root } = subject
  const apps = keysOf(nodeAt(root, ['apps'])).map((name) => ['apps', name])
  const providers = keysOf(nodeAt(root, ['providers'])).map((name) => ['providers', name])
  return [
    ['session', 'secret'],
    ['log', 'subject_key'],
    ...storePasswordPaths(subject),
    ...providers.map((path) => [...path, 'client_secret']),
    ...[['defaults'], ...apps].map((path) => {
      const at = [...path, 'shared_secret']
      return isWritten(subject, [...at, 'value']) ? [...at, 'value'] : at
    }),
    ...apps
      .flatMap((path) => headerPlaces(subject, path))
      .flatMap((at) => {
        return keysOf(nodeAt(root, at))
          .filter((name) => secretHeader.test(name))
          .map((name) => [...at, name])
      }),
    ...apps.flatMap((path) =>
      ['secret_access_key', 'session_token'].map((key) => [...path, 'upstream', 'aws', 'credentials', key]),
    ),
    ...keyPaths(subject, providers),
  ].filter((path) => isWritten(subject, path))
}

/** Where headers are set for an app's upstream: for all of it, and at locations. */
function headerPlaces({ root }: Subject, app: ConfigPath): readonly ConfigPath[] {
  const locations = nodeAt(root, [...app, 'locations'])
  const count = locations?.kind === 'list' ? locations.items.length : 0
  const ofLocations = Array.from({ length: count }, (_, index) => [...app, 'locations', index, 'headers'])
  return [[...app, 'upstream', 'headers'], ...ofLocations]
}

/** Private keys: a text that is none names a file. */
function keyPaths({ root }: Subject, providers: readonly ConfigPath[]): readonly ConfigPath[] {
  const listen = nodeAt(root, ['listen'])
  const listeners: readonly ConfigPath[] =
    listen?.kind === 'list' ? listen.items.map((_, index) => ['listen', index]) : [['listen']]
  const pairs = listeners.flatMap((listener) => {
    const tls = nodeAt(root, [...listener, 'tls'])
    return tls?.kind === 'list' ? tls.items.map((_, index) => [...listener, 'tls', index, 'key']) : []
  })
  const ofClients = providers.flatMap((path) => [
    [...path, 'client_key'],
    [...path, 'client_certificate', 'key'],
  ])
  const signing = nodeAt(root, ['signing_keys'])
  const ofAssertions: readonly ConfigPath[] =
    signing?.kind === 'list' ? signing.items.map((_, index) => ['signing_keys', index]) : [['signing_keys']]
  return [...pairs, ...ofClients, ...ofAssertions].filter((path) => {
    const node = nodeAt(root, path)
    return node?.kind === 'scalar' && /^\s*(?:-----BEGIN|\{)/.test(String(node.value))
  })
}

function keysOf(node: ConfigNode | undefined): readonly string[] {
  return node?.kind === 'map' ? node.entries.map(({ key }) => key) : []
}

function textsBelow(node: ConfigNode | undefined, at: ConfigPath) {
  if (node?.kind === 'scalar') return [{ node, at }]
  if (node?.kind !== 'list') return []
  return node.items.flatMap((item, index) => {
    return item.kind === 'scalar' ? [{ node: item, at: [...at, index] }] : []
  })
}
