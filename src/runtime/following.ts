import type { Runtime } from './runtime.ts'

/** How something that outlives a request follows the configuration. */
export type Following =
  /** Made anew for each edition; what of it is unchanged may go on. */
  | 'replaced'
  /** Told of each edition: a subscriber of this name. */
  | 'subscribed'
  /** Nothing of the configuration is in it, or only what takes a restart. */
  | 'independent'

/**
 * Who is told of a new edition, in this order, each where it says `editions.subscribe(NAME, …)`: the log first, so that
 * it writes what the others say by its new settings; then who is asked for a session and who somebody is, before open
 * connections are judged again by it.
 */
export const subscriberNames = [
  'log',
  'renewals',
  'sessions',
  'keys',
  'providers',
  'upstreams',
  'metrics',
  'certificates',
  'admin',
  'webSockets',
  'eventStreams',
] as const

export type SubscriberName = (typeof subscriberNames)[number]

/** Everything in a runtime. A part that is not declared here does not compile. */
export const runtimeFollowing = {
  edition: 'replaced',
  instance: 'independent',
  gateway: 'replaced',
  clock: 'independent',
  random: 'independent',
  ring: 'replaced',
  store: 'independent',
  sessions: 'subscribed',
  renewals: 'subscribed',
  providers: 'replaced',
  credentials: 'replaced',
  shortTokens: 'replaced',
  providerTokens: 'replaced',
  exchangedPairs: 'replaced',
  credentialWatch: 'independent',
  upstreams: 'replaced',
  assertions: 'replaced',
  signingKeys: 'replaced',
  heldBytes: 'independent',
  spentStates: 'independent',
  signInFailures: 'independent',
  keys: 'subscribed',
  credentialFailures: 'independent',
  logoutChecks: 'independent',
  requestLimits: 'independent',
  logKey: 'replaced',
} as const satisfies { readonly [part in keyof Runtime]: Following }
