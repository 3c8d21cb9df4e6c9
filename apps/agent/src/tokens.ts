export const AGENT_OPTIONS = Symbol('AGENT_OPTIONS');
export const AMBIENT = Symbol('AMBIENT');
export const AGENT_EVENTS = Symbol('AGENT_EVENTS');
