"""The test bed of the engine: a hostile remote in memory, a clock that tests move, histories, and what must hold."""
