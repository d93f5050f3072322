import type { CertificateEnd } from '../core/certificate.ts'
import type { Gateway, ProviderSettings } from '../core/gateway.ts'
import type { Clock, Provider } from '../core/ports.ts'
import type { ProviderObserver } from '../oidc/observer.ts'
import { createProvider, type ProviderEvent } from '../oidc/provider.ts'
import type { ProxyEnv } from '../oidc/transport.ts'
import { hostsOfProvider } from './certificates.ts'
import type { Runtime } from './runtime.ts'
import { sameSettings } from './same-settings.ts'

/** What of a process its providers need, and who hears of them. */
export interface ProviderDeps {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onProviderEvent: (event: ProviderEvent) => void
  /** Of certificates that providers and apps show, as connections are made. */
  readonly onCertificate?: (certificate: CertificateEnd) => void
  /** Of each answer of a provider that bears a date. */
  readonly onProviderClock?: (provider: string, aheadSeconds: number) => void
}

/**
 * The providers of an edition, by name. `base.gateway` and `base.providers` are those of the edition before, if there is
 * one: a provider whose settings are the same goes on, with what it has learnt. Asks nothing of any of them.
 */
export function openProviders(
  gateway: Gateway,
  deps: ProviderDeps,
  base: Pick<Runtime, 'clock' | 'random' | 'credentialFailures'> &
    Partial<Pick<Runtime, 'gateway' | 'providers'>>,
): ReadonlyMap<string, Provider> {
  const { clock, random, credentialFailures } = base
  const proxyEnv = proxyEnvOf(deps.env)
  const open = (name: string, settings: ProviderSettings): Provider => {
    const known = base.providers?.get(name)
    const before = base.gateway?.providers.get(name)
    if (known !== undefined && before !== undefined && sameSettings(before, settings)) return known
    return createProvider(settings, {
      ...{ clock, random, proxyEnv, log: deps.onProviderEvent },
      credentialFailures,
      observer: observerOf(settings, deps, clock),
    })
  }
  return new Map([...gateway.providers].map(([name, settings]) => [name, open(name, settings)]))
}

function observerOf(settings: ProviderSettings, deps: ProviderDeps, clock: Clock): ProviderObserver {
  const hosts = hostsOfProvider(settings)
  return {
    dated: (date) => deps.onProviderClock?.(settings.name, date - clock.now()),
    connected: (host, endsAt) => {
      if (hosts.has(host)) deps.onCertificate?.({ role: 'provider', host, endsAt })
    },
  }
}

/** The proxy that providers are asked by. */
export function proxyEnvOf(env: ProviderDeps['env']): ProxyEnv {
  return { httpsProxy: variable(env, 'HTTPS_PROXY'), noProxy: variable(env, 'NO_PROXY') }
}

/** Upper case as documented, or the lower case that other programs read; set but empty counts as unset. */
function variable(env: ProviderDeps['env'], name: string): string | null {
  return env[name] || env[name.toLowerCase()] || null
}
