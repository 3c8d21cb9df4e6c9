/**
 * Settings of a Dkron node: one schema gives flags, variables, file keys and checks; `prepareNode` makes a node's facts
 * of what a process was given.
 */
export type { LocalAddress } from './address/interfaces.ts';
export { localAddresses } from './address/interfaces.ts';
export type { Addresses } from './address/resolve-addresses.ts';
export { resolveAddresses, resolveHttpAddress } from './address/resolve-addresses.ts';
export { resolveTemplate, TemplateError } from './address/template.ts';
export type { ConfigFile } from './config-file.ts';
export { loadConfigFile } from './config-file.ts';
export type { Flag, FlagType } from './flags/flag.ts';
export { flagLines } from './flags/flag-lines.ts';
export type { Words } from './flags/read-flags.ts';
export { FlagError, readFlags } from './flags/read-flags.ts';
export { similar } from './flags/suggest.ts';
export type { NodeFacts } from './node/node-facts.ts';
export { logLevelOf } from './node/node-facts.ts';
export type { NodeSurroundings, PreparedNode } from './node/prepare-node.ts';
export { prepareNode, readSettings } from './node/prepare-node.ts';
export type { NodeOptions } from './node/node-options.ts';
export { NODE_DEFAULTS, nodeOptions } from './node/node-options.ts';
export type { Problem, Warning } from './problem.ts';
export { ConfigError, describeProblem, describeWarning } from './problem.ts';
export type { Resolved } from './resolve.ts';
export { resolveConfig } from './resolve.ts';
export { AGENT_FLAGS, defaultText } from './schema/flags.ts';
export type { SettingKey, Value, Values } from './schema/index.ts';
export { flagNameOf, SECTIONS, SETTING_KEYS, SETTINGS, variableOf } from './schema/index.ts';
export type { Setting } from './schema/setting.ts';
export { AGE_MAX, DURATION_MAX } from './schema/setting.ts';
export { shownValue } from './shown.ts';
export type { Environment, GivenFlags, Sources } from './sources.ts';
export { misspeltVariables } from './unknown-keys.ts';
