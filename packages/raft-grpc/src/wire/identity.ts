import type { PeerCertificate } from 'node:tls';
import type { PeerIdentity } from '@dkron/raft';
import { certificateNames } from '@dkron/runtime';

/** What certificate and socket say. */
export function identityOf(certificate: PeerCertificate | undefined, address: string): PeerIdentity {
  const names = certificateNames(certificate);
  return names.length === 0 ? { address } : { names, address };
}
