import type { App, Gateway, ProviderSettings } from '../../core/gateway.ts'

/** The one provider of an app that takes customers' pairs; null: none does. Two are a fault of the configuration. */
export function pairProviderOf(
  { providers }: Pick<Gateway, 'providers'>,
  app: Pick<App, 'providers'>,
): ProviderSettings | null {
  for (const name of app.providers) {
    const settings = providers.get(name)
    if (settings !== undefined && (settings.exchange?.pair ?? null) !== null) return settings
  }
  return null
}
