import { transportSuite } from '@dkron/raft/testing';
import { describe, it } from 'vitest';
import { makePlace } from '../test/place.ts';

transportSuite('GrpcRaftTransport', { describe, it }, makePlace);
