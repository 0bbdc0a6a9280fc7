"""`stand_in_host` and `inside_host` are for another process, whose path has the host's folder first."""

collect_ignore = ["inside_host", "stand_in_host"]
