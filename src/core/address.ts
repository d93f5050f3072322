/** An IP network: `bits` of `value` count. IPv4 has 32 bits, IPv6 128; IPv4 mapped into IPv6 is read as IPv4. */
export interface AddressRange {
  readonly family: 4 | 6
  readonly value: bigint
  readonly bits: number
  /** As written in the file, for messages. */
  readonly text: string
}
