/** What is asked of a peer's certificate; that of `node:tls` has it. */
export interface NamedCertificate {
  /** `DNS:a.example, IP Address:10.0.0.1` */
  readonly subjectaltname?: string | undefined;
  readonly subject?: { readonly CN?: unknown } | undefined;
}

/** Names that a certificate vouches for: subject alternative names without their kind, then the common name. */
export function certificateNames(certificate: NamedCertificate | undefined): string[] {
  const names = (certificate?.subjectaltname ?? '')
    .split(', ')
    .filter((name) => name !== '')
    .map((name) => name.slice(name.indexOf(':') + 1));
  const common = certificate?.subject?.CN;
  if (typeof common === 'string') names.push(common);
  return names;
}
