/** Simulator and checkers. */
export {};
