import { type BaseBlock, Constructed, fromBER, ObjectIdentifier } from 'asn1js'

/** One element of a text in DER (X.690). */
export interface DerElement {
  readonly tagClass: 'universal' | 'context' | 'other'
  readonly tag: number
  readonly isConstructed: boolean
  /** Of a constructed one. */
  readonly children: readonly DerElement[]
  /** What stands behind tag and length. */
  readonly content: Uint8Array
  /** All of it. */
  readonly encoded: Uint8Array
  /** Of an object identifier: `2.5.4.3`. Null: of any other. */
  readonly oid: string | null
}

/** The numbers of universal tags that are read here (X.680 8.4). */
export const derTags = {
  integer: 2,
  octetString: 4,
  oid: 6,
  utf8String: 12,
  sequence: 16,
  set: 17,
  numericString: 18,
  printableString: 19,
  teletexString: 20,
  ia5String: 22,
  utcTime: 23,
  generalizedTime: 24,
  visibleString: 26,
  universalString: 28,
  bmpString: 30,
} as const

/**
 * The one element that these bytes are; null when they are none, or more than one, or are written as BER allows and DER
 * does not: what has one meaning has one form. The library bounds depth and number of elements. Never throws.
 */
export function readDer(bytes: Uint8Array): DerElement | null {
  const { offset, result } = fromBER(bytes)
  return offset === bytes.length ? toElement(result) : null
}

function toElement(block: BaseBlock): DerElement | null {
  const { idBlock, lenBlock, valueBlock } = block
  const { error, warnings, valueBeforeDecodeView: encoded } = block
  const isFaulty = error !== '' || warnings.length > 0 || lenBlock.warnings.length > 0
  if (isFaulty || lenBlock.isIndefiniteForm || idBlock.tagClass < 1) return null
  const children: DerElement[] = []
  for (const child of block instanceof Constructed ? block.valueBlock.value : []) {
    const element = toElement(child)
    if (element === null) return null
    children.push(element)
  }
  return {
    tagClass: classOf(idBlock.tagClass),
    tag: idBlock.tagNumber,
    isConstructed: idBlock.isConstructed,
    children,
    content: encoded.subarray(idBlock.blockLength + lenBlock.blockLength),
    encoded,
    oid: block instanceof ObjectIdentifier ? valueBlock.toString() : null,
  }
}

function classOf(tagClass: number): DerElement['tagClass'] {
  if (tagClass === 1) return 'universal'
  return tagClass === 3 ? 'context' : 'other'
}

/** The element, where it is of this universal type in its only form; null: it is not. */
export function ofType(element: DerElement | undefined, type: keyof typeof derTags): DerElement | null {
  if (element?.tagClass !== 'universal' || element.tag !== derTags[type]) return null
  const isConstructed = type === 'sequence' || type === 'set'
  return element.isConstructed === isConstructed ? element : null
}

/** Whether it has this number in brackets. */
export function isContext(element: DerElement | undefined, tag: number): element is DerElement {
  return element?.tagClass === 'context' && element.tag === tag
}
