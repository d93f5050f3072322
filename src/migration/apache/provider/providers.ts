import type { ApacheInput } from '../input.ts'
import { lastOf } from '../reading/last.ts'
import type { VirtualHost } from '../reading/site.ts'
import { splitWords } from '../reading/words.ts'
import { type ConvertedBearer, readBearer } from './bearer.ts'
import { readMetadataFolder } from './metadata-folder.ts'
import type { ProviderNotes } from './notes.ts'
import { type ConvertedProvider, readMetadataProvider, readProvider } from './provider.ts'

/** The providers of the result, and those of each host. */
export interface Providers {
  readonly all: readonly ConvertedProvider[]
  readonly of: ReadonlyMap<VirtualHost, readonly ConvertedProvider[]>
  /** Hosts at which access tokens open something. */
  readonly tokens: ReadonlyMap<VirtualHost, ConvertedBearer>
}

/** Each provider once, however many hosts name it. */
export function collectProviders(
  hosts: readonly VirtualHost[],
  input: ApacheInput,
  notes: ProviderNotes,
): Providers {
  const all = new Map<string, ConvertedProvider>()
  const of = new Map<VirtualHost, readonly ConvertedProvider[]>()
  const tokens = new Map<VirtualHost, ConvertedBearer>()
  const named = (provider: ConvertedProvider): ConvertedProvider => {
    const key = JSON.stringify(provider.keys)
    const known = all.get(key)
    if (known !== undefined) return known
    const taken = [...all.values()].map(({ name }) => name)
    const free = { ...provider, name: uniqueName(provider.name, taken) }
    all.set(key, free)
    return free
  }
  for (const host of hosts) {
    const several = readFolder(host, input, notes).map(named)
    const one = several.length > 0 ? null : readProvider(host, notes)
    // Whose of several providers the tokens are, no line says.
    const bearer = several.length > 0 ? null : readBearer(host, one, notes)
    if (bearer !== null) tokens.set(host, bearer)
    const used = bearer?.provider ?? one
    of.set(host, used === null ? several : [named(used)])
  }
  if (all.size === 0) {
    notes.report({
      id: 'provider',
      kind: 'not-convertible',
      at: null,
      what: 'the provider',
      message: 'no OIDCProviderMetadataURL and no OIDCMetadataDir: write the provider',
      effect: null,
    })
    const keys = {
      issuer: 'https://fill-in.invalid',
      client_id: 'fill-in',
      client_secret: `\${env:OIDC_CLIENT_SECRET}`,
    }
    notes.variable({ name: 'OIDC_CLIENT_SECRET', purpose: 'the client secret of the provider' })
    all.set('', { name: 'main', issuer: keys.issuer, keys, at: null })
    return { all: [...all.values()], of: new Map(hosts.map((host) => [host, [...all.values()]])), tokens }
  }
  return { all: withPrefixes([...all.values()], of, notes), of, tokens }
}

function readFolder(
  host: VirtualHost,
  input: ApacheInput,
  notes: ProviderNotes,
): readonly ConvertedProvider[] {
  const directive = lastOf(host.directives, 'OIDCMetadataDir')
  const [folder] = splitWords(directive?.rest ?? '')
  if (directive === null || folder === undefined) return []
  const place = { at: directive.at, what: `OIDCMetadataDir ${folder}`, effect: null }
  const found = readMetadataFolder(folder, input)
  if (found === null) {
    notes.report({
      ...place,
      id: 'metadata-folder',
      kind: 'not-convertible',
      message: 'no .provider file could be read there: write the providers',
    })
    return []
  }
  notes.report({
    ...place,
    id: 'metadata-folder',
    kind: 'kept',
    message: `${found.length} providers of its files`,
  })
  return found.map((one) => readMetadataProvider(one, host, notes))
}

/** User ids of several providers must not be taken for each other: all but the first get a prefix. */
function withPrefixes(
  providers: readonly ConvertedProvider[],
  of: Providers['of'],
  { report }: ProviderNotes,
): readonly ConvertedProvider[] {
  const second = new Set([...of.values()].flatMap((used) => used.slice(1).map(({ name }) => name)))
  return providers.map((provider) => {
    if (!second.has(provider.name)) return provider
    const prefix = `${provider.name}:`
    report({
      id: 'user-id-prefix',
      kind: 'changed',
      at: provider.at,
      what: provider.issuer,
      message: `user ids of this provider begin with \`${prefix}\`, so that nobody is taken for somebody of another provider`,
      effect: null,
    })
    return { ...provider, keys: { ...provider.keys, user_id_prefix: prefix } }
  })
}

/** The name, with a number behind it where it is taken. */
export function uniqueName(name: string, taken: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}-${number}`
    if (!taken.includes(candidate)) return candidate
  }
}
