/**
 * For tests of what speaks the wire: packets and streams taken apart into every layer and put together again byte for
 * byte, and damaged copies of good ones.
 */
export type { DissectedMessage, DissectedPacket, DissectedSerf, DissectedStream, DissectModules } from './dissect.ts';
export { dissectMessage, dissectPacket, dissectSerf, dissectStream } from './dissect.ts';
export { assembleMessage, assemblePacket, assembleSerf, assembleStream } from './assemble.ts';
export { mutateBytes } from './mutate.ts';
export type { SwimNetworkOptions } from './swim-network.ts';
export { SwimNetwork } from './swim-network.ts';
export type { SeenEvent } from './virtual-member.ts';
export { VirtualMember } from './virtual-member.ts';
export type { MemoryFate, MemoryNetworkOptions } from './memory-network.ts';
export { MemoryNetwork } from './memory-network.ts';
export type { MakeTransport, SuiteFunctions } from './transport-suite.ts';
export { gossipTransportSuite } from './transport-suite.ts';
export type { SerfNetworkOptions, VirtualSerfOptions } from './serf-network.ts';
export { SerfNetwork } from './serf-network.ts';
export type { SeenSerfEvent } from './virtual-serf.ts';
export { VirtualSerf } from './virtual-serf.ts';
