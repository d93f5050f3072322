import type { Report } from './issue.ts'
import type { ConfigNode, ConfigPath } from './node.ts'

/** A mapping of the file and where it stands. */
export interface Place {
  readonly root: ConfigNode
  readonly path: ConfigPath
  readonly report: Report
}
