/** The original's gRPC services in both roles. */
export {};
