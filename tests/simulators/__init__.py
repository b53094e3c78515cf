"""Outside systems, simulated on real sockets."""
