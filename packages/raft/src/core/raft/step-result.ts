/**
 * What became of an input. `ok`: taken, or rightly ignored by the rules. `proposalDropped`: nothing was appended; try
 * again later or elsewhere. `localMsg`: a kind that must not come from the network. `peerNotFound`: an answer of a
 * server that is no member. `malformed`: fields contradict the kind; nothing was changed.
 */
export type StepResult = 'ok' | 'proposalDropped' | 'localMsg' | 'peerNotFound' | 'malformed';
