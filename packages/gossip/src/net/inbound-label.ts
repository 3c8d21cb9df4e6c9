import { WireError } from '../core/errors.ts';
import { splitLabel } from '../core/wire/label.ts';
import type { WireSettings } from './wire-options.ts';

/**
 * What follows the label, once it is known to be ours.
 * Throws {@link WireError}: `GOSSIP_WIRE_LABEL` if it is not ours, `GOSSIP_WIRE_TRUNCATED` if it is cut.
 */
export function takeLabel(bytes: Uint8Array, settings: WireSettings): Uint8Array {
  const { label, packet } = splitLabel(bytes);
  if (settings.skipInboundLabelCheck) {
    if (label.length === 0) return packet;
    throw new WireError('GOSSIP_WIRE_LABEL', 'carries a label, where labels are taken off on the way');
  }
  const own = settings.label;
  if (own.length === label.length && own.every((byte, i) => byte === label[i])) return packet;
  const found = label.length === 0 ? 'carries no label' : `carries the label ${JSON.stringify(textOf(label))}`;
  const wanted = own.length === 0 ? 'none' : JSON.stringify(textOf(own));
  throw new WireError('GOSSIP_WIRE_LABEL', `${found}, ours is ${wanted}`);
}

function textOf(label: Uint8Array): string {
  return new TextDecoder().decode(label);
}
