//! Shows events: bars on a terminal, plain lines elsewhere. Consumes events, and only that.
