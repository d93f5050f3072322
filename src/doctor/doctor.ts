import { isFault } from '../core/fault.ts'
import type { Gateway, Origin } from '../core/gateway.ts'
import type { InspectionDeps } from '../oidc/inspection/inspection.ts'
import { certificateFindings } from './certificate.ts'
import { clientCertificateFindings } from './client-certificates.ts'
import { type Finding, findingsOf } from './finding.ts'
import { keyStoreFindings } from './key-store.ts'
import type { Patience } from './patience.ts'
import { type AskedProvider, askedProviders } from './providers/asked.ts'
import { providerFindings } from './providers/providers.ts'
import { publicAddressFindings } from './public-address/public-address.ts'
import { type SignInDeps, signInFindings } from './sign-in/sign-in.ts'
import { storeFindings } from './store.ts'
import { upstreamFindings } from './upstreams/upstreams.ts'

export interface DoctorDeps extends InspectionDeps {
  readonly patience: Patience
  /** A public address that is asked too; null: none. */
  readonly publicOrigin: Origin | null
  /** A provider that somebody signs in with, and how; null: nobody does. */
  readonly signIn: SignInWanted | null
}

export interface SignInWanted extends Pick<SignInDeps, 'port' | 'announce' | 'patience'> {
  readonly asked: AskedProvider
}

/** One part of what is looked at, begun when it is asked for. */
export type Inspection = () => Promise<readonly Finding[]>

/** All that a configuration stands on, in the order in which it is told. */
export function inspections(gateway: Gateway, deps: DoctorDeps): readonly Inspection[] {
  const { publicOrigin, signIn, clock, patience } = deps
  const work = { clock, patience, endsAtMs: performance.now() + patience.runMs }
  return [
    ...askedProviders(gateway).map(
      (asked) => () => orFault(`providers.${asked.settings.name}`, () => providerFindings(asked, deps)),
    ),
    ...gateway.apps.map(
      (app) => () => orFault(`apps.${app.name}`, () => upstreamFindings(gateway, app, work)),
    ),
    () => orFault('session.store', () => storeFindings(gateway, deps)),
    () => orFault('api_keys.store', () => keyStoreFindings(gateway, deps)),
    () => orFault('listen', async () => certificateFindings(gateway, deps.clock.now())),
    () => orFault('client_certificates', async () => clientCertificateFindings(gateway, deps.clock.now())),
    ...(publicOrigin === null
      ? []
      : [() => orFault(publicOrigin.origin, () => publicAddressFindings(gateway, publicOrigin, deps.clock))]),
    ...(signIn === null ? [] : [() => signInFindings(signIn.asked, { ...deps, ...signIn })]),
  ]
}

/** A fault that a part ends in is what was found of it. */
async function orFault(about: string, look: Inspection): Promise<readonly Finding[]> {
  try {
    return await look()
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return [findingsOf(about).failed('asking', thrown.message, 'Mend it, and ask again.')]
  }
}
