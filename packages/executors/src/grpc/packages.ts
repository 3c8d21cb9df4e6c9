import { peerPackage } from '../kit/peer-package.ts';

/* What the executor needs that is not part of this package. */

export const grpcJs = peerPackage('grpc', '@grpc/grpc-js', () => import('@grpc/grpc-js'));
export const protobuf = peerPackage('grpc', '@bufbuild/protobuf', () => import('@bufbuild/protobuf'));
export const wellKnown = peerPackage('grpc', '@bufbuild/protobuf', () => import('@bufbuild/protobuf/wkt'));
export const wire = peerPackage('grpc', '@bufbuild/protobuf', () => import('@bufbuild/protobuf/wire'));
