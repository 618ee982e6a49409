"""How the server is: checks, recent troubles, and what became of a few numbers over a day."""
