"""What goes on by itself, once for each data folder: whoever holds the role does it (`serve` answers)."""
