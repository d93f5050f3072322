/** By what a request may be somebody's at a location. There is one so far: the session that our cookie names. */
export type Credential = 'session'
