import type { AwsCredentialEvent } from '../../core/aws-credential-event.ts'
import type { AwsCredentialSettings } from '../../core/aws-settings.ts'
import type { Timing } from '../timing.ts'
import type { CredentialSource } from './credential-source.ts'
import { createRenewedSource, type RenewedSource } from './renewed-credentials.ts'
import type { AwsCredentials } from './signature.ts'

export type { CredentialSource } from './credential-source.ts'

export interface CredentialDeps {
  readonly timing: Timing
  /** From 0 to below 1. */
  readonly random: () => number
  readonly note: (event: AwsCredentialEvent) => void
  /** Asks AWS once for each call. Absent: AWS's own package, which is loaded with the first call. */
  readonly fetch?: FetchCredentials
}

export type FetchCredentials = (settings: AwsCredentialSettings) => Promise<AwsCredentials>

/** The sources of one edition of the configuration. */
export interface CredentialSources {
  /** Equal settings have one source, in all editions. Cheap for settings that it has seen. */
  of(settings: AwsCredentialSettings): CredentialSource
  /** Those of the next edition. */
  renew(): CredentialSources
  /** Lets go of the sources of this edition: those that no other one has fetch nothing more. */
  close(): void
}

interface SharedSource {
  readonly settings: AwsCredentialSettings
  readonly source: RenewedSource
  /** How many editions have it. */
  holders: number
}

/** Fetches nothing before somebody asks. */
export function createCredentialSources(deps: CredentialDeps): CredentialSources {
  return openEdition([], deps)
}

function openEdition(shared: SharedSource[], deps: CredentialDeps): CredentialSources {
  const own = new Map<AwsCredentialSettings, SharedSource>()

  function hold(settings: AwsCredentialSettings): SharedSource {
    const found = shared.find((one) => isSame(one.settings, settings)) ?? share(settings)
    if (![...own.values()].includes(found)) found.holders++
    own.set(settings, found)
    return found
  }

  function share(settings: AwsCredentialSettings): SharedSource {
    const created = { settings, source: sourceOf(settings, deps), holders: 0 }
    shared.push(created)
    return created
  }

  return {
    of: (settings) => (own.get(settings) ?? hold(settings)).source,
    renew: () => openEdition(shared, deps),
    close() {
      for (const one of new Set(own.values())) {
        one.holders--
        if (one.holders > 0) continue
        one.source.close()
        shared.splice(shared.indexOf(one), 1)
        deps.note({ kind: 'dropped', whose: one.source.whose })
      }
      own.clear()
    },
  }
}

function sourceOf(settings: AwsCredentialSettings, deps: CredentialDeps): RenewedSource {
  const { given, role } = settings
  if (given !== null && role === null) return givenSource(given)
  const fetch = deps.fetch ?? fetchByPackage
  return createRenewedSource({ ...deps, whose: whoseAre(settings), fetch: () => fetch(settings) })
}

/** Nothing is fetched, and no package of AWS is loaded. */
function givenSource(given: NonNullable<AwsCredentialSettings['given']>): RenewedSource {
  const credentials: AwsCredentials = {
    accessKeyId: given.accessKeyId,
    secretAccessKey: given.secretAccessKey.reveal(),
    sessionToken: given.sessionToken?.reveal() ?? null,
    endsAtMs: null,
  }
  return {
    whose: `access key ${given.accessKeyId}`,
    current: () => credentials,
    load: () => Promise.resolve(credentials),
    refused() {},
    close() {},
  }
}

function whoseAre({ given, role }: AwsCredentialSettings): string {
  if (role !== null) return `role ${role.arn}`
  return given === null ? 'this process' : `access key ${given.accessKeyId}`
}

/** A process that signs nothing never loads it. */
const fetchByPackage: FetchCredentials = async (settings) => {
  const { fetchCredentials } = await import('./chain.ts')
  return fetchCredentials(settings)
}

function isSame(one: AwsCredentialSettings, other: AwsCredentialSettings): boolean {
  return (
    one.region === other.region &&
    one.given?.accessKeyId === other.given?.accessKeyId &&
    one.given?.secretAccessKey.reveal() === other.given?.secretAccessKey.reveal() &&
    one.given?.sessionToken?.reveal() === other.given?.sessionToken?.reveal() &&
    one.role?.arn === other.role?.arn &&
    one.role?.externalId === other.role?.externalId &&
    one.role?.sessionName === other.role?.sessionName
  )
}
