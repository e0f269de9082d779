"""How the system runs: settings, processes, ports."""
