import type { Host } from './host.ts';

/**
 * Dials the other voters. Followers have nothing to say to each other until the leader is gone, and a vote that has to
 * dial first crosses with the other's, so that neither wins.
 */
export function warmLinks(host: Host): void {
  const { voters, votersOutgoing } = host.members.conf;
  for (const id of new Set([...voters, ...votersOutgoing])) {
    const address = host.address(id);
    if (id !== host.options.id && address !== '') host.modules.transport.send(id, address, []);
  }
}
