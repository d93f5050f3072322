import type { Location } from '../../core/gateway.ts'
import type { ConfigPath } from '../node.ts'

/** Where something of how requests are passed on holds: a location of the file; with a null path, all of the app that none covers. */
export interface Place {
  readonly path: ConfigPath | null
  readonly location: Location
}
