import {
  Composer,
  type CST,
  type Document,
  isMap,
  isSeq,
  Lexer,
  type LineCounter,
  type ParsedNode,
  Parser,
  type YAMLSeq,
} from 'yaml'
import type { Steps } from './steps.ts'

type BlockList = CST.BlockSequence

const lexemesAPiece = 50
/** A list that is longer is composed apart from the rest, so many items at once. */
const itemsAPiece = 20

/**
 * YAML text to the documents in it, with their faults, in pieces: lexer, parser and composer are run here, where
 * `parseAllDocuments` runs all of them at once. Null when the text is nested deeper than the parser can follow.
 */
export function* parseSteps(
  text: string,
  lineCounter: LineCounter,
): Steps<readonly Document.Parsed[] | null> {
  const options = {
    version: '1.2',
    schema: 'core',
    strict: true,
    merge: false,
    // Told by readMap, with the key's path.
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter,
    logLevel: 'silent',
  } as const
  try {
    const tokens = yield* tokensOf(text, lineCounter)
    const newComposer = () => new Composer(options)
    const apart = tokens.flatMap((token) => (token.type === 'document' ? longLists(token.value) : []))
    const documents = [...newComposer().compose(tokens)]
    if (documents.some(({ errors }) => errors.length > 0)) {
      // Where such a fault is told to be may hang on what is in the lists.
      for (const { token, items } of apart) token.items.push(...items)
      return [...newComposer().compose(tokens)]
    }
    for (const list of apart) yield* composeItems(list, documents, newComposer)
    return documents
  } catch {
    return null
  }
}

function* tokensOf(text: string, lineCounter: LineCounter): Steps<readonly CST.Token[]> {
  const parser = new Parser(lineCounter.addNewLine)
  const tokens: CST.Token[] = []
  lineCounter.addNewLine(0)
  let lexemes = 0
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme))
    lexemes += 1
    if (lexemes % lexemesAPiece === 0) yield
  }
  tokens.push(...parser.end())
  return tokens
}

/** A list whose items were taken out of the document, which is composed without them. */
interface ListApart {
  readonly token: BlockList
  readonly items: BlockList['items']
}

/** Takes the items out of long lists, those within mappings; long lists within long lists stay whole. */
function longLists(token: CST.Token | undefined): readonly ListApart[] {
  if (token?.type === 'block-map') return token.items.flatMap(({ value }) => longLists(value))
  if (token?.type !== 'block-seq' || token.items.length <= itemsAPiece) return []
  return [{ token, items: token.items.splice(0) }]
}

/** Composes the items as lists of their own, and puts them where they were. */
function* composeItems(
  { token, items }: ListApart,
  documents: readonly Document.Parsed[],
  newComposer: () => Composer,
): Steps<void> {
  for (const document of documents) {
    const list = listAt(document.contents, token.offset)
    if (list === null) continue
    for (let first = 0; first < items.length; first += itemsAPiece) {
      const value = { ...token, items: items.slice(first, first + itemsAPiece) }
      const composer = newComposer()
      const parts = [
        ...composer.next({ type: 'document', offset: token.offset, start: [], value }),
        ...composer.end(),
      ]
      for (const part of parts) {
        if (isSeq(part.contents)) list.items.push(...(part.contents as YAMLSeq.Parsed).items)
        document.errors.push(...part.errors)
      }
      yield
    }
    document.errors.sort((one, other) => one.pos[0] - other.pos[0])
  }
}

/** No two lists begin at one place. */
function listAt(node: ParsedNode | null, offset: number): YAMLSeq.Parsed | null {
  if (isSeq(node)) return node.range[0] === offset ? node : null
  if (!isMap(node)) return null
  for (const { value } of node.items) {
    const found = listAt(value, offset)
    if (found !== null) return found
  }
  return null
}
