"""How far the numbers can be trusted: runs, coverage, definitions and the verdicts of the suites."""
