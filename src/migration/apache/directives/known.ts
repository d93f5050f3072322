import type { Node } from '../reading/tree.ts'
import { splitWords } from '../reading/words.ts'
import { saidOf } from './families.ts'
import { readElsewhere } from './read-elsewhere.ts'

const sections =
  /^(?:location(?:match)?|directory(?:match)?|files(?:match)?|proxy(?:match)?|virtualhost|if|elseif|else|if(?:define|module|version|file|directive|section)|require(?:all|any|none)|limit|limitexcept|macro|auth[nz]provideralias|mdomainset)$/
const whileReading = /^(?:define|undefine|include|includeoptional|use|undefmacro)$/

/** Whether any part of the conversion knows what a line is, by its name and what it says. */
export function isKnown(node: Node): boolean {
  if (node.kind === 'section') return sections.test(node.key)
  const { key, rest } = node
  if (readElsewhere.has(key) || whileReading.test(key) || key === 'sethandler') return true
  if (key.startsWith('oidcoauth')) return true
  return /^redirect(?:match|permanent|temp)?$/.test(key) || saidOf(key, splitWords(rest)) !== null
}
