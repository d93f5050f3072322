/** The events of the log: constant words, so that a query written today works next year. Facts are in fields. */
export const events = {
  request: 'One request, at its end: the access line.',
  'request.unreadable': 'Bytes that are no HTTP request; the connection was closed.',
  'gateway.started': 'The gateway listens.',
  'gateway.stopping': 'A signal came; no new connections, requests in flight may finish.',
  'gateway.stopped': 'Everything is closed.',
  'config.warning': 'The configuration works, with something an operator should know.',
  'login.started': 'A browser was sent to a provider.',
  'login.completed': 'A session began.',
  'login.failed': 'A sign-in ended without a session.',
  'session.ended': 'Someone signed out, or a session was replaced by a new sign-in.',
  'provider.ready': 'The metadata of a provider was read.',
  'provider.failed': 'A provider could not be reached or answered nonsense.',
  'upstream.failed': 'An app could not be reached or broke off.',
  'upstream.secret-reflected': 'An app sent the shared secret back in a header; it was taken off. Find out why it echoes headers.',
  'store.failed': 'The session store could not be read or written.',
  'websocket.opened': 'A WebSocket was passed through.',
  'websocket.closed': 'It ended.',
  'internal.failed': 'A fault of the gateway itself; please report it.',
} as const

export type EventName = keyof typeof events
