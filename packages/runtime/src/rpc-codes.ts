/** Names of gRPC's status codes as the original's texts have them. */
const CODE_NAMES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];

/** The name of a status of gRPC in messages: `NotFound`. */
export function rpcCodeName(code: number): string {
  return CODE_NAMES[code] ?? `Code(${code})`;
}
