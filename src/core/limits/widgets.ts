import { type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about widgets: short tokens that are bound to the origin of a page. */
export const widgetLimits = {
  keyOrigins: of('person', 20, 'Origins that a key has for widgets; with more none is made.'),
  widgetTokenSeconds: of('request', 900, 'How long a token of a widget lives at most.'),
  endUserCharacters: of('request', 255, 'An `end_user`; with a longer one no token is given out.'),
} as const satisfies Readonly<Record<string, Limit>>
