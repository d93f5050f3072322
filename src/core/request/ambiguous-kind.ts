/** What servers read in different ways in a path: see `allow_encoded`, and core/request/readings for the readings. */
export type AmbiguousKind = 'slash' | 'empty_segment' | 'semicolon' | 'hash' | 'question_mark' | 'percent'
