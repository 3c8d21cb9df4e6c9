import type { PeerCertificate } from 'node:tls';
import type { PeerIdentity } from '@dkron/raft';

/** What certificate and socket say. Names: subject alternative names without their kind, then the common name. */
export function identityOf(certificate: PeerCertificate | undefined, address: string): PeerIdentity {
  const names = (certificate?.subjectaltname ?? '')
    .split(', ')
    .filter((name) => name !== '')
    .map((name) => name.slice(name.indexOf(':') + 1));
  const common: unknown = certificate?.subject?.CN;
  if (typeof common === 'string') names.push(common);
  return names.length === 0 ? { address } : { names, address };
}
