"""Ground floor: plain values and rules, without Django and without input or output."""
